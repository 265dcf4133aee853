"""What is stored is killed at many points: it is whole, what is old enough is there, and the next start goes on.

Each series has a profile of its own, and kills what works on it several times; each start finds what the kill before
has left. When it is killed comes from a seed, and what it has reached by then is up to the machine.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.paths import AppPaths
from tests.endurance.storing import OLD, draft_text, title_text
from tests.support.profiles import quick_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 20261126
KEPT_AFTER_S = 0.5
"""Seconds after which what was said or written has to be on the disk."""
SETTLED_AFTER_S = 1.0
"""The same for settings, titles and deletions, which are no loss of text."""
KILLS = 4
"""Of one series."""
OLD_CONVERSATIONS = 12
IMPORTED_MESSAGES = 3000


# --- the processes


class Works:
    """Has tasks worked on by processes that can be killed.

    Args:
        environment: of the processes.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.endurance.storing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "QT_QPA_PLATFORM": "offscreen"},
            cwd=ROOT,
        )

    def start(self, task: dict[str, Any]) -> int:
        """Begin with a task, and return the number of its process."""
        return int(self._ask(json.dumps(task)))

    def wait(self) -> int:
        """Wait until the process that was started last has ended, and return its status."""
        return int(self._ask("wait"))

    def close(self) -> None:
        """End."""
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()
        self._process.wait(10)

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@pytest.fixture(scope="module")
def works() -> Iterator[Works]:
    """Processes without a keyring."""
    made = Works(dict(os.environ))
    yield made
    made.close()


@dataclass
class Kill:
    """What is known of a process that was killed.

    Attributes:
        when: by the monotonic clock.
        facts: what it had noted, in its order.
    """

    when: float
    facts: list[dict[str, Any]]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the facts that have a name."""
        return [fact for fact in self.facts if name in fact]

    def last_old(self, name: str, seconds: float) -> dict[str, Any] | None:
        """Return the last fact with a name that was old enough when the process was killed."""
        old = [fact for fact in self.of(name) if fact["t"] <= self.when - seconds]
        return old[-1] if old else None


class Profile:
    """A profile that is worked on and killed again and again.

    Args:
        home: its folder.
        works: has the processes.
    """

    def __init__(self, home: Path, works: Works) -> None:
        home.mkdir(parents=True)
        self.home, self._works = home, works
        self.paths = AppPaths.below(home)

    def kill(self, work: str, seed: int, least_s: float, most_s: float, **task: object) -> Kill:
        """Let it work for a random time, counted from the moment on at which it has begun, and kill it."""
        chance = random.Random(seed)  # noqa: S311 - the same moments every time
        self._facts.unlink(missing_ok=True)
        number = self._works.start({"home": str(self.home), "work": work, "seed": seed, **task})
        first = {"stream": "answer", "end": "ending", "keep_keys": "keeping", "delete": "deleted"}.get(work, "begun")
        deadline = time.monotonic() + 30
        while not any(first in fact for fact in self._read()):
            assert time.monotonic() < deadline
            assert self.errors() == ""
            time.sleep(0.002)
        time.sleep(chance.uniform(least_s, most_s))
        when = time.monotonic()
        os.kill(number, signal.SIGKILL)
        status = self._works.wait()
        # An end may have come before the kill.
        assert status == -signal.SIGKILL or (work == "end" and status == 0), self.errors()
        return Kill(when, self._read())

    def let_end(self, work: str, seed: int, **task: object) -> list[dict[str, Any]]:
        """Let it work to its end, and return what it has noted."""
        self._facts.unlink(missing_ok=True)
        self._works.start({"home": str(self.home), "work": work, "seed": seed, **task})
        assert self._works.wait() == 0, self.errors()
        return self._read()

    def next_start(self, **task: object) -> dict[str, Any]:
        """Start and end, and return what was found; nothing of it may have been complained about."""
        (found,) = (fact for fact in self.let_end("look", 0, **task) if "found" in fact)
        assert (found["failures"], found["notice"], found["open_answers"]) == ([], None, []), found
        assert self.errors() == ""
        aside = [path for word in ("damaged", "unreadable", "invalid") for path in self.home.rglob(f"*.{word}-*")]
        assert aside == []
        return found

    def errors(self) -> str:
        """Return what the processes have written to standard error."""
        file = self.home / "stderr"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    def messages(self) -> dict[str, tuple[str, str, int]]:
        """Return conversation, text and row of each message, by id; checks that the database is whole."""
        file, copy = self.paths.history_file, self.home / "copy"
        if not file.exists():
            return {}
        # Looking at a database brings its log in, which is the next start's business.
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(file.parent, copy)
        with closing(sqlite3.connect(copy / file.name)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            if database.execute("PRAGMA user_version").fetchone() == (0,):
                return {}
            rows = database.execute(
                "SELECT id, conversation, text || ifnull((SELECT group_concat(text, '') FROM (SELECT text FROM piece"
                " WHERE piece.message = message.id AND kind = 'text' ORDER BY seq)), ''), row FROM message ORDER BY row"
            ).fetchall()
        shutil.rmtree(copy)
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def fill(self) -> list[str]:
        """Keep some conversations, and return their ids."""
        database = HistoryDatabase(self.paths.history_file)
        names = [f"{OLD}{number}" for number in range(OLD_CONVERSATIONS)]
        for number, name in enumerate(names):
            now = time.time() + number
            database.save_all(ConversationRecord(name, name, now, now, {}, old_messages(name)))
        database.close()
        return names

    @property
    def _facts(self) -> Path:
        return self.home / "facts"

    def _read(self) -> list[dict[str, Any]]:
        text = self._facts.read_text("utf-8") if self._facts.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def old_messages(name: str) -> list[MessageRecord]:
    """Return the messages of a conversation that was there before; its words are in no other one."""
    return [
        MessageRecord(
            f"{name}-{number}",
            f"{name}-{number - 1}" if number else None,
            "user" if number % 2 == 0 else "assistant",
            "done",
            0.0,
            f"marker{name}marker {number} " + "and more of it, " * 30,
        )
        for number in range(6)
    ]


@pytest.fixture
def profile(tmp_path: Path, works: Works) -> Profile:
    return Profile(tmp_path / "home", works)


def series(count: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("series", range(count))


# --- points


@series(2)
@pytest.mark.parametrize(
    ("fault", "arg"), [("slow_trickle", 40), ("fast_flood", 20_000), ("huge_answer", 50_000), (None, None)]
)
def test_what_was_said_is_there(
    profile: Profile,
    demo: DemoControl,
    record_property: Callable[[str, object], None],
    fault: str | None,
    arg: object,
    series: int,
) -> None:
    model, checked = quick_model(demo), 0
    if fault is not None:
        demo.fault(fault, arg, path="/chat/completions")
    for number in range(KILLS):
        seed = SEED + 100 * series + number
        killed = profile.kill("stream", seed, 0.1, 1.6, url=demo.base_url, key=demo.key, model=model)
        demo.wait_for_open_streams(0)
        kept = profile.messages()
        for message in {fact["message"] for fact in killed.of("message")}:
            said = [fact for fact in killed.of("message") if fact["message"] == message]
            old = [fact for fact in said if fact["t"] <= killed.when - KEPT_AFTER_S]
            text = kept[message][1] if message in kept else ""
            checked += sum("answer" in fact for fact in old)
            assert len(text) >= max((fact["length"] for fact in old), default=0), "what is old enough is there"
            for fact in said:
                if fact["length"] <= len(text):
                    assert zlib.crc32(text[: fact["length"]].encode()) == fact["checksum"], "and is what was said"
        profile.next_start()
        after = profile.messages()
        assert {name: row[:2] for name, row in after.items()} == {name: row[:2] for name, row in kept.items()}
    assert checked, "positive control: there was something to be kept"
    record_property("kills", KILLS)
    record_property("moments_of_answers_checked", checked)


@series(7)
def test_what_was_being_written_is_there(
    profile: Profile, record_property: Callable[[str, object], None], series: int
) -> None:
    lost = []
    for number in range(KILLS):
        killed = profile.kill("type_on", SEED + 100 * series + number, 0.6, 1.6)
        old = killed.last_old("draft", KEPT_AFTER_S)
        last = killed.of("draft")[-1]["draft"]
        found = profile.next_start()["draft"]
        possible = range(old["draft"] if old is not None else 0, last + 1)
        fitting = [change for change in possible if draft_text(change) == found]
        assert fitting, f"{found[:20]!r} is older than {possible}"
        lost.append(last - fitting[-1])
        assert list(profile.paths.data_dir.glob(".draft*")) == [], "nothing half is left"
    record_property("kills", KILLS)
    record_property("changes_lost_at_the_end", max(lost))


@series(6)
def test_what_was_deleted_stays_so_and_the_rest_is_whole(
    profile: Profile, record_property: Callable[[str, object], None], series: int
) -> None:
    names = profile.fill()
    gone_in_all = checked = 0
    for number in range(KILLS):
        killed = profile.kill("delete", SEED + 100 * series + number, 0.1, 2.2, conversations=names)
        found = profile.next_start()["found"]
        kept = profile.messages()
        for name in names:
            about = [fact for fact in killed.facts if name in (fact.get("deleted"), fact.get("restored"))]
            settled = [fact for fact in about if fact["t"] <= killed.when - SETTLED_AFTER_S]
            is_sure = about == settled
            if is_sure and about and "deleted" in about[-1]:
                checked += 1
                assert name not in found, "deleted stays deleted"
            if is_sure and (not about or "restored" in about[-1]):
                assert name in found, "what was not deleted, or was restored, is there"
            texts = [text for conversation, text, _row in kept.values() if conversation == name]
            expected = [message.text for message in old_messages(name)]
            assert texts == (expected if name in found else []), "it is whole, or gone altogether"
            _check_title(found, name, killed)
        gone = [name for name in names if name not in found]
        content = b"".join(path.read_bytes() for path in profile.paths.data_dir.rglob("*") if path.is_file())
        assert [name for name in gone if f"marker{name}marker".encode() in content] == [], "and in no file"
        assert [name for name in found if f"marker{name}marker".encode() not in content] == [], "positive control"
        gone_in_all += len(gone)
        names = [name for name in names if name in found]
    assert checked, "positive control: something had been deleted long enough before"
    record_property("kills", KILLS)
    record_property("conversations_deleted", gone_in_all)
    record_property("of_these_long_enough_before", checked)


def _check_title(found: dict[str, str], name: str, killed: Kill) -> None:
    renamed = [fact for fact in killed.of("renamed") if fact["renamed"] == name]
    if name in found and renamed:
        old = [fact for fact in renamed if fact["t"] <= killed.when - SETTLED_AFTER_S]
        possible = [title_text(name, fact["number"]) for fact in renamed[max(0, len(old) - 1) :]]
        assert found[name] in possible or not old, "it has its last title"


@series(4)
def test_an_import_is_there_as_a_whole_or_not_at_all(
    profile: Profile, record_property: Callable[[str, object], None], series: int
) -> None:
    names = profile.fill()
    file = profile.home / "exported.json"
    messages = [
        {"id": str(row), "parent": str(row - 1) if row else None, "role": "user", "status": "done", "text": "a " * 300}
        for row in range(IMPORTED_MESSAGES)
    ]
    head = {"format": "caal-desktop-conversation", "version": 1, "title": "Imported", "messages": messages}
    file.write_text(json.dumps(head))
    whole = 0
    for number in range(KILLS):
        killed = profile.kill("import_again", SEED + 100 * series + number, 0.0, 1.5, file=str(file))
        found = profile.next_start()["found"]
        counts: dict[str, int] = {}
        for conversation, _text, _row in profile.messages().values():
            counts[conversation] = counts.get(conversation, 0) + 1
        assert counts.keys() == found.keys()
        imported = {name: count for name, count in counts.items() if name not in names}
        assert set(imported.values()) <= {IMPORTED_MESSAGES}
        assert {fact["imported"] for fact in killed.of("imported")} <= imported.keys(), "what was told is there"
        assert {counts[name] for name in names} == {6}
        whole = len(imported)
    record_property("kills", KILLS)
    record_property("conversations_imported", whole)


@series(4)
def test_settings_and_the_model_are_kept(
    profile: Profile, record_property: Callable[[str, object], None], series: int
) -> None:
    for number in range(KILLS):
        killed = profile.kill("apply", SEED + 100 * series + number, 0.1, 2.0)
        old, made = killed.last_old("applied", SETTLED_AFTER_S), killed.of("applied")
        found = profile.next_start()
        if old is not None:
            reached = int(found["model"].rpartition("-")[2])
            assert old["applied"] <= reached <= made[-1]["applied"]
            assert found["days"] in (reached % 300 + 1, (reached + 1) % 300 + 1)
    record_property("kills", KILLS)


@series(5)
def test_a_kill_while_it_ends(profile: Profile, record_property: Callable[[str, object], None], series: int) -> None:
    names = profile.fill()
    ended = 0
    for number in range(KILLS):
        profile.paths.settings_file.unlink(missing_ok=True)
        profile.paths.draft_file.unlink(missing_ok=True)
        # From the moment on at which the end begins.
        killed = profile.kill("end", SEED + 100 * series + number, 0.0, 0.12, conversations=names)
        found = profile.next_start()
        old = killed.last_old("draft", KEPT_AFTER_S)
        assert found["draft"] == draft_text(1) or old is None
        assert found["model"] in ("maker/model-1", "")
        assert sorted(found["found"]) == sorted(names)
        assert len(profile.messages()) == 6 * len(names)
        ended += found["model"] != "" and found["draft"] != ""
    profile.paths.settings_file.unlink(missing_ok=True)
    profile.paths.draft_file.unlink(missing_ok=True)
    noted = profile.let_end("end", SEED + 100 * series + KILLS, conversations=names)
    (renamed,) = (fact["renamed"] for fact in noted if "renamed" in fact)
    found = profile.next_start()
    written = (found["draft"], found["model"], found["found"][renamed])
    assert written == (draft_text(1), "maker/model-1", title_text(renamed, 1)), (
        "positive control: an end that is let be"
    )
    record_property("kills", KILLS)
    record_property("all_written_by_then", ended)


@series(4)
def test_a_key_is_in_one_place_at_the_most(
    tmp_path: Path,
    keyring_session: DesktopSession,
    demo: DemoControl,
    record_property: Callable[[str, object], None],
    series: int,
) -> None:
    works = Works({**os.environ, **keyring_session.env})
    profile = Profile(tmp_path / "home", works)
    kept = 0
    try:
        for number in range(KILLS):
            profile.kill("keep_keys", SEED + 100 * series + number, 0.0, 0.12, url=demo.base_url, key=demo.key)
            secrets = [item.secret for item in keyring_session.secret_items()]
            assert secrets in ([], [demo.key])
            file = profile.paths.settings_file
            row = json.loads(file.read_text()).get("providers", {}).get("openrouter", {}) if file.exists() else {}
            assert row.get("key_store") == "keyring" or not secrets, "the settings know of it"
            found = profile.next_start(url=demo.base_url)
            assert found["has_key"] == bool(secrets), f"it is found at the next start: {found['key_state']}"
            needle = demo.key.encode()
            assert [path for path in profile.home.rglob("*") if path.is_file() and needle in path.read_bytes()] == []
            kept += len(secrets)
        record_property("kills", KILLS)
        record_property("killed_with_a_key_in_the_keyring", kept)
    finally:
        works.close()
