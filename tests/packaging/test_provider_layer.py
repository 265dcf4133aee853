"""The provider layer's own package, as the voice agent installs it: what is in it, what comes with it, and a turn."""

from __future__ import annotations

import asyncio
import base64
import email
import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import caal_desktop
from caal_desktop import llm
from tests.support.builds import ROOT, build
from tests.support.scripted_server import json_reply, scripted_server, text_stream

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "caal-provider-layer"
VERSION = caal_desktop.__version__
# Everything of the desktop that is installed beside these tests.
DESKTOP = {"pyside6-essentials", "shiboken6", "qasync", "keyring", "platformdirs", "rapidfuzz", "markdown-it-py"}


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def requirements(lines: Iterable[str]) -> list[Requirement]:
    """Return what is asked for here, without any extra."""
    found = map(Requirement, lines)
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": ""})]


def metadata(wheel: Path) -> email.message.Message:
    (content,) = (content for name, content in contents(wheel).items() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(content)


# --- what is in it ----------------------------------------------------------------------------------------------------


def test_it_holds_the_layer_and_nothing_else_just_as_the_programs_own_wheel(wheel: Path, layer_wheel: Path) -> None:
    inside = {name: content for name, content in contents(layer_wheel).items() if ".dist-info/" not in name}
    assert {name.split("/")[1] for name in inside} == {"__init__.py", "py.typed", "llm"}
    everything = contents(wheel)
    assert inside == {name: everything[name] for name in inside}
    assert {name for name in everything if name.startswith("caal_desktop/llm/")} <= inside.keys()


def test_its_metadata_says_what_it_is(layer_wheel: Path) -> None:
    about = metadata(layer_wheel)
    assert (about["Name"], about["Version"], about["License-Expression"]) == (NAME, VERSION, "MIT")
    licence = contents(layer_wheel)[f"caal_provider_layer-{VERSION}.dist-info/licenses/LICENSE"]
    assert licence == (ROOT / "LICENSE").read_bytes()
    asked = {one.name: one for one in requirements(about.get_all("Requires-Dist", []))}
    assert asked.keys() == {"openai", "idna", "truststore", "typing-extensions"}
    for version in ("2.8.1", "3.54.0"):
        assert asked["openai"].specifier.contains(version)


def test_the_source_archive_gives_the_same_wheel(layer_wheel: Path, layer_sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(layer_sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path / "wheel", tmp_path / f"caal_provider_layer-{VERSION}")
    assert contents(again) == contents(layer_wheel)
    assert again.name == layer_wheel.name


# --- installed --------------------------------------------------------------------------------------------------------


def repacked(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    """Make the wheel again from which a distribution was installed here, so that pip can install it without network."""
    tags = email.message_from_string(distribution.read_text("WHEEL") or "").get_all("Tag", [])
    pythons, abis, platforms = (sorted({tag.split("-")[part] for tag in tags}) for part in range(3))
    stem = f"{canonicalize_name(distribution.name).replace('-', '_')}-{distribution.version}"
    wheel = folder / f"{stem}-{'.'.join(pythons)}-{'.'.join(abis)}-{'.'.join(platforms)}.whl"
    record = []
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in distribution.files or []:
            made_here = path.suffix == ".pyc" or path.name in ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
            if made_here or ".." in path.parts:
                continue
            content = Path(str(path.locate())).read_bytes()
            place = path.as_posix()
            if path.parent.name.endswith(".dist-info"):
                place = f"{stem}.dist-info/{path.name}"
            archive.writestr(place, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{place},sha256={digest},{len(content)}\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "".join(record) + f"{stem}.dist-info/RECORD,,\n")


def needed_by(lines: Iterable[str], known: dict[str, importlib.metadata.Distribution]) -> None:
    """Collect, with what they need themselves, the distributions here that are asked for."""
    for requirement in requirements(lines):
        name = canonicalize_name(requirement.name)
        if name not in known:
            known[name] = importlib.metadata.distribution(name)
            needed_by(known[name].requires or [], known)


@pytest.fixture(scope="module")
def python(layer_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment into which pip installed the wheel, and what it asks for, and nothing else."""
    known: dict[str, importlib.metadata.Distribution] = {}
    needed_by(metadata(layer_wheel).get_all("Requires-Dist", []), known)
    index = tmp_path_factory.mktemp("index")
    for distribution in known.values():
        repacked(distribution, index)
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    pip = [sys.executable, "-I", "-m", "pip", "--python", environment / "bin" / "python", "--isolated", "install"]
    offline = ["--no-index", "--find-links", index, "--no-compile", "--no-cache-dir", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, *offline, layer_wheel], capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    return environment / "bin" / "python"


def test_nothing_of_the_desktop_comes_with_it(python: Path) -> None:
    program = "import importlib.metadata, json; print(json.dumps([d.name for d in importlib.metadata.distributions()]))"
    listed = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True)
    came = {canonicalize_name(name) for name in json.loads(listed.stdout)}
    assert {NAME, "openai", "idna", "truststore", "typing-extensions"} <= came
    assert not {name for name in came if name in DESKTOP or name.startswith(("pyside", "shiboken", "jaraco"))}
    assert {name for name in DESKTOP if importlib.metadata.version(name)} == DESKTOP, "it could have come from here"


TURN = """
import asyncio, json, sys
from caal_desktop import llm

for name in llm.__all__:
    getattr(llm, name)
assert llm.__file__.startswith(sys.prefix), llm.__file__
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}

async def main():
    settings = {"llm_provider": "openai_compatible", "openai_model": "m", "openai_base_url": sys.argv[1]}
    async with llm.create_provider_from_settings(settings) as provider:
        messages = [{"role": "user", "content": "Is it warm?"}]
        response = await provider.chat(messages, [WEATHER])
        (call,) = response.tool_calls
        messages.append(llm.format_tool_call_message(response.content, response.tool_calls))
        messages.append(llm.format_tool_result("20 degrees", call.id, call.name))
        print(json.dumps([piece async for piece in provider.chat_stream(messages)]))

asyncio.run(main())
"""


def test_it_runs_a_turn(python: Path, tmp_path: Path) -> None:
    async def test() -> tuple[str, str, list[str]]:
        call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        asks = json_reply({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})
        async with scripted_server(asks, text_stream("It ", "is.")) as server:
            process = await asyncio.create_subprocess_exec(
                *(python, "-I", "-W", "error", "-c", TURN, server.base_url),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=tmp_path,
            )
            out, err = await process.communicate()
            roles = [message["role"] for request in server.requests for message in request.body["messages"]]
            return out.decode(), err.decode(), roles

    out, err, roles = asyncio.run(test())
    assert err == ""
    assert json.loads(out) == ["It ", "is."]
    assert roles == ["user", "user", "assistant", "tool"]


STRANGERS_IMPORTS = "import asyncio\nfrom collections.abc import AsyncIterator\nfrom typing import Any\n"
STRANGER = """
async def ask(provider: LLMProvider) -> tuple[str | None, list[ToolCall]]:
    response = await provider.chat([{"role": "user", "content": "Hi"}])
    async for text in provider.chat_stream([{"role": "user", "content": "Hi"}]):
        text.upper()
    return response.content, response.tool_calls


class Own(LLMProvider):
    provider_name = "own"
    model = "own-1"

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        return LLMResponse("Hi", [ToolCall("c1", "f", {})], TokenUsage(1, 2))

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        yield "Hi"


class OwnWithProperties(LLMProvider):
    @property
    def provider_name(self) -> str:
        return "own"

    @property
    def model(self) -> str:
        return "own-1"

    @property
    def supports_think(self) -> bool:
        return True

    def prepare_tools(self, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [dict(tool) for tool in tools]

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        return LLMResponse(content=None, tool_calls=[])

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        yield "Hi"


asyncio.run(ask(Own()))
asyncio.run(ask(create_provider("ollama", model="m")))
asyncio.run(ask(OwnWithProperties()))
"""


def test_a_type_checker_knows_it(layer_wheel: Path, tmp_path: Path) -> None:
    # Without what it needs: reading the SDK's types would take half a minute and say nothing of ours.
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    shutil.unpack_archive(layer_wheel, packages, "zip")
    public = f"from caal_desktop.llm import {', '.join(llm.__all__)}\n"
    (tmp_path / "stranger.py").write_text(f"{STRANGERS_IMPORTS}{public}{STRANGER}", "utf-8")
    checker = [sys.executable, "-P", "-m", "mypy", "--strict", "--python-executable", environment / "bin" / "python"]
    checked = subprocess.run([*checker, "stranger.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
