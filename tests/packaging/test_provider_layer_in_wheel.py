"""The voice agent's view: the provider layer out of the wheel, with nothing of the desktop installed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.support.scripted_server import json_reply, scripted_server, text_stream

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys

BLOCKED = {"PySide6", "shiboken6", "qasync", "keyring", "platformdirs", "rapidfuzz"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)
        return None

sys.meta_path.insert(0, Blocker())
installed, base_url = sys.argv[1:]
sys.path.insert(0, installed)

import asyncio, json
import caal_desktop.llm as llm

assert llm.__file__.startswith(installed), llm.__file__
for name in llm.__all__:
    getattr(llm, name)

async def main():
    async with llm.OpenRouterProvider("vendor/model", "sk-or-v1-" + "ab" * 32, base_url=base_url) as provider:
        response = await provider.chat([{"role": "user", "content": "Hi"}])
        spoken = [text async for text in provider.chat_stream([{"role": "user", "content": "Hi"}])]
        settings = {"llm_provider": "ollama", "ollama_model": "m"}
        other = llm.create_provider_from_settings(settings).provider_name
        print(json.dumps([response.content, spoken, other]))

asyncio.run(main())
assert not BLOCKED & {name.partition(".")[0] for name in sys.modules}
"""


def test_it_works_without_anything_of_the_desktop(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)

    async def test() -> tuple[str, str]:
        answer = json_reply({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
        async with scripted_server(answer, text_stream("Good ", "day")) as server:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-W",
                "error",
                "-c",
                PROGRAM,
                str(installed),
                server.base_url,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=tmp_path,
            )
            out, err = await process.communicate()
            return out.decode(), err.decode()

    out, err = asyncio.run(test())
    assert err == ""
    assert json.loads(out) == ["Hello", ["Good ", "day"], "ollama"]
