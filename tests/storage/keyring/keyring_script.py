"""Does to a real keyring what it is told, one command after the other; a child process of the keyring tests.

keyring chooses its backend once per process, so each test needs a process of its own. Reads commands from standard
input, one JSON list a line, and answers each with one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.keyring.backend import TRUSTED_BACKENDS
from caal_desktop.storage.keyring.secrets import Deadlines, SecretStore
from caal_desktop.storage.settings.choices import KeyStore

started: list[asyncio.Task[None]] = []


async def answer(store: SecretStore, command: list[Any]) -> Any:
    match command:
        case ["probe"]:
            status = await store.probe()
            error = None if status.error is None else type(status.error).__name__
            return {"state": status.state, "name": status.name, "error": error}
        case ["get", provider]:
            return await store.get(provider)
        case ["peek", provider]:
            return await store.get(provider, interactive=False)
        case ["put", provider, key]:
            return await store.put(provider, key)
        case ["keep", provider, key]:
            return await store.put(provider, key, KeyStore.SESSION)
        case ["remove", provider]:
            return await store.remove(provider)
        case ["start put", provider, key]:
            started.append(asyncio.create_task(store.put(provider, key)))
            return None
        case ["cancel"]:
            task = started.pop()
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()
        case _:
            raise ValueError(command)


async def main() -> None:
    trusted = dict(TRUSTED_BACKENDS) | {"broken_backends": "Broken Store"}
    deadlines = Deadlines(**json.loads(sys.argv[1]))
    store = SecretStore(trusted_backends=trusted if "--broken" in sys.argv else TRUSTED_BACKENDS, deadlines=deadlines)
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            reply: Any = {"result": await answer(store, json.loads(line))}
        except KeyringError as error:
            text = error.describe()
            reply = {"error": type(error).__name__, "what": text.what, "why": text.why, "advice": text.advice}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    print("ended", flush=True)
