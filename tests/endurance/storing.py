"""What the program stores, by its own services and without a window: a process to be killed in the middle of it.

``python -m tests.endurance.storing`` reads a task in each line of standard input, forks a process for it and writes its
number to standard output; the line ``wait`` has it wait for that process, and write its status. Starting anew for each
of a hundred kills would take longer than all that is done between them.

A task is JSON: ``home``, ``work`` (one of ``WORKS``), ``seed``, and what that work needs. The process notes facts below
``home``, in ``facts``: a line of JSON each, with the time of the machine's monotonic clock and what was done by then.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from qasync import QEventLoop

from caal_desktop.app.chat_services import ChatServices
from caal_desktop.services.chat.chat_request import ChatRequest
from caal_desktop.services.history.draft_keeper import DraftKeeper
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.keys.key_service import KeyService
from caal_desktop.services.keys.key_state import Proof
from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.storage.history.draft_file import Draft
from caal_desktop.storage.keyring.secrets import SecretStore
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.store import SettingsStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Imported here, or each of the processes would import them anew.
IMPORTED = (DraftKeeper, HistoryService)

KEYRING_SERVICE = "caal-desktop-test"
OLD = "old-"
"""How the ids of the conversations begin that were there before."""


def draft_text(number: int) -> str:
    """Return the draft after so many of its changes; every fiftieth is sent, and leaves none."""
    return f"{number}: " + "words and " * (number % 50) if number % 50 else ""


def title_text(conversation: str, number: int) -> str:
    """Return the title that a conversation was given with a change."""
    return f"{conversation} renamed {number}"


class Storing:
    """The services that store, as the program puts them together.

    Args:
        task: see the module.
    """

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.chance = random.Random(task["seed"])  # noqa: S311 - the same work every time
        paths = AppPaths.below(Path(task["home"]))
        store = SettingsStore(paths.settings_file)
        self.loaded = store.load()
        self.settings = SettingsService(store, self.loaded)
        self.pool = ProviderPool(self._stand_in)
        self.keys = KeyService(SecretStore(service=KEYRING_SERVICE), self.pool, self.settings)
        self.services = ChatServices(self.pool, self.settings, paths, lambda _turn: None)
        self.chat, self.history, self.drafts = self.services.chat, self.services.history, self.services.drafts
        self._facts = os.open(Path(task["home"]) / "facts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.failures: list[str] = []
        self.history.damageFound.connect(lambda error: self.failures.append(repr(error)))
        self.history.troubleChanged.connect(lambda trouble: self.failures.append(repr(trouble)))
        self.settings.saveFailed.connect(lambda error: self.failures.append(repr(error)))

    async def _stand_in(self, _provider: str) -> str | None:
        url: str | None = self.task.get("url")
        return url

    def note(self, **fact: object) -> None:
        """Note what has been done by now."""
        line = json.dumps({"t": time.monotonic(), **fact}) + "\n"
        os.write(self._facts, line.encode())

    async def pause(self, longest_s: float) -> None:
        """Let a random time pass."""
        await asyncio.sleep(self.chance.uniform(0, longest_s))

    async def begin(self) -> list[Any]:
        """Begin as the main window does, and return the first list of conversations."""
        lists: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.history.listChanged.connect(lists.put_nowait)
        self.history.begin()
        self.drafts.begin()
        return await lists.get()

    async def close(self) -> None:
        """End as the program does."""
        await self.services.close()
        await self.keys.wait_for_store()
        await self.keys.close()
        await self.pool.close()
        await self.settings.close()


# --- works


async def stream(it: Storing) -> None:
    """Ask one question after another, and note how much of each answer was delivered."""
    request = ChatRequest(Connection("openrouter", it.task["key"]), it.task["model"], reasoning={"enabled": False})
    noted = 0.0

    def note(index: int) -> None:
        nonlocal noted
        # A flood is noted now and then: joining its text takes longer than receiving it.
        if time.monotonic() - noted > 0.05:
            message = it.chat.messages[index]
            text = message.text
            it.note(message=message.id, length=len(text), checksum=zlib.crc32(text.encode()), answer=True)
            noted = time.monotonic()

    it.chat.textArrived.connect(lambda index, _text: note(index))
    number = 0
    while True:
        number += 1
        question = f"Question {number} of {it.task['seed']}"
        it.chat.send(question, request)
        message = it.chat.messages[-2]
        it.note(message=message.id, length=len(question), checksum=zlib.crc32(question.encode()))
        while it.chat.is_busy:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)


async def type_on(it: Storing) -> None:
    """Write a message, with no pause that is longer than between two letters."""
    number = 0
    while True:
        number += 1
        it.note(draft=number)
        it.drafts.keep(Draft(draft_text(number)))
        await it.pause(0.03)


async def delete(it: Storing) -> None:
    """Delete, restore and rename conversations."""
    names: list[str] = it.task["conversations"]
    number, last = 0, ""
    while True:
        number += 1
        choices = ["delete", "undo", "rename", "rename", "forget", "pause", "pause"]
        match it.chance.choice(choices) if number > 1 else "delete":
            case "delete" if names:
                last = names.pop(it.chance.randrange(len(names)))
                it.note(deleted=last)
                it.history.delete(last, "")
            case "undo" if last:
                it.note(restored=last)
                it.history.undo_delete(last)
                names.append(last)
                last = ""
            case "forget":
                it.history.forget_deleted()
                last = ""
            case "rename" if names:
                name = it.chance.choice(names)
                it.note(renamed=name, number=number)
                it.history.rename(name, title_text(name, number))
            case _:
                await it.pause(0.5)
        await it.pause(0.1)


async def import_again(it: Storing) -> None:
    """Import a long conversation, again and again."""
    ended = asyncio.Event()
    it.history.transfer.imported.connect(lambda conversation: it.note(imported=conversation))
    it.history.transfer.ended.connect(ended.set)
    while True:
        ended.clear()
        it.history.transfer.import_file(Path(it.task["file"]))
        await ended.wait()


async def apply(it: Storing) -> None:
    """Change settings and the model."""
    number = 0
    while True:
        number += 1
        it.note(applied=number)
        it.settings.update(
            history_days=number % 300 + 1,
            favourite_models=tuple(f"maker/model-{number}-{other}" for other in range(number % 60)),
        )
        it.settings.use_model(f"maker/model-{number}")
        await it.pause(0.1)


async def keep_keys(it: Storing) -> None:
    """Store and remove a key, which the kill before may have left."""
    while True:
        await it.keys.remove("openrouter")
        await it.pause(0.2)
        it.note(keeping=True)
        await it.keys.keep("openrouter", it.task["key"], KeyStore.KEYRING, "", Proof(KeyStatus.VERIFIED))
        await it.pause(0.2)


async def end(it: Storing) -> None:
    """Store a little of everything, and end."""
    name = it.chance.choice(it.task["conversations"])
    it.note(draft=1)
    it.drafts.keep(Draft(draft_text(1)))
    it.note(renamed=name, number=1)
    it.history.rename(name, title_text(name, 1))
    it.note(applied=1)
    it.settings.update(history_days=2, favourite_models=())
    it.settings.use_model("maker/model-1")
    await it.pause(0.4)
    it.note(ending=True)


async def look(it: Storing) -> None:
    """Start as any time, note what is there, and end."""
    drafts: list[Draft] = []
    it.drafts.found.connect(drafts.append)
    listing = await it.begin()
    state = await it.keys.read("openrouter")
    # What is found is told before the list is, or within the same turns.
    await asyncio.sleep(0.05)
    it.note(
        found={entry.id: entry.title for entry in listing},
        shown=[message.text for message in it.chat.messages],
        open_answers=[str(message.status) for message in it.chat.messages if message.status.is_open],
        draft=drafts[0].text if drafts else "",
        model=it.settings.current.of().model,
        days=it.settings.current.history_days,
        notice=None if it.loaded.notice is None else str(it.loaded.notice),
        has_key=it.keys.secret_for("openrouter") is not None,
        key_state=repr(state),
        failures=it.failures,
    )


WORKS: dict[str, Callable[[Storing], Awaitable[None]]] = {
    work.__name__: work for work in (stream, type_on, delete, import_again, apply, keep_keys, end, look)
}


async def _run(task: dict[str, Any]) -> None:
    it = Storing(task)
    if task["work"] not in ("look", "keep_keys"):
        await it.begin()
        it.note(begun=True)
    await WORKS[task["work"]](it)
    await it.close()


def work_on(task: dict[str, Any]) -> None:
    """Do a task, in a process of its own."""
    with open(Path(task["home"]) / "stderr", "ab", buffering=0) as errors:  # noqa: PTH123 - as a descriptor
        os.dup2(errors.fileno(), 2)
    app = QCoreApplication([])
    loop = QEventLoop(app, set_running_loop=False)
    loop.run_until_complete(_run(task))
    loop.close()


def main() -> None:
    """Fork for each task."""
    child = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work_on(json.loads(line))
                status = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)
        print(child, flush=True)


if __name__ == "__main__":
    main()
