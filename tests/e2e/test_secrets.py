"""Where secrets are while the real program is used: in the keyring and in the header that needs them, nowhere else."""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from tests.e2e import walking
from tests.support import clipboard
from tests.support.bus_monitor import BusMonitor, TextChange
from tests.support.recording_server import MODEL, recording, tell_tale
from tests.support.secret_scan import SecretScan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

BULLET = "\N{BULLET}"
BEHIND_THE_PROXY = "http://llm.example.internal/v1"
"""Reached by a proxy alone, which answers in its place: requests to this machine take none."""
FIELD = "wizard.key.field.edit"


def replayed(changes: Iterable[TextChange]) -> dict[tuple[str, str], str]:
    """Return what stands in each control after these changes, as a listener knows it."""
    texts: dict[tuple[str, str], str] = {}
    for change in changes:
        text, at = texts.get(change.place, ""), change.position
        if change.kind == "insert":
            texts[change.place] = text[:at] + change.text + text[at:]
        else:
            assert text[at : at + len(change.text)] == change.text, "what went is not what had come"
            texts[change.place] = text[:at] + text[at + len(change.text) :]
    return texts


def test_a_listener_on_the_accessibility_bus_hears_bullets_until_the_key_is_shown(
    start: Start, session: DesktopSession
) -> None:
    typed, pasted = f"sk-or-v1-{secrets.token_hex(32)}", f"sk-or-v1-{secrets.token_hex(32)}"
    # Not to their ends: nothing is sent.
    scan, typed, pasted = SecretScan({"typed": typed, "pasted": pasted}), typed[:-1], pasted[:-1]

    def find(texts: Iterable[str]) -> set[str]:
        return {found for text in texts for found in scan.find(text)}

    def shown() -> list[str]:
        return [text for control in program.controls() for text in (control.name, control.about, control.text)]

    with BusMonitor.of_accessibility(session) as bus, start() as program:
        walking.to_key(program)
        program.type(typed)
        program.press("BackSpace", "BackSpace")
        program.wait_for(FIELD, text=BULLET * (len(typed) - 2))
        program.press("ctrl+a", "Delete")
        with clipboard.holding(session, pasted):
            program.press("ctrl+v")
            program.wait_for(FIELD, text=BULLET * len(pasted))
        bus.wait_for(lambda: [len(t) for t in replayed(bus.text_changes()).values()] == [len(pasted)], "the field")
        assert find(bus.texts()) == set()
        assert [*replayed(bus.text_changes()).values()] == [BULLET * len(pasted)]
        assert find(shown()) == set()

        # Showing it says nothing by itself. From then on it can be read, and what is typed is heard.
        announced = len(bus.text_changes())
        program.choose("wizard.key.field.show")
        program.wait_for(FIELD, text=pasted)
        assert find(shown()) == {"pasted"}
        program.press("shift+Tab", "End")
        program.type("heard")
        program.wait_for(FIELD, text=f"{pasted}heard")
        bus.wait_for(lambda: len(bus.text_changes()) >= announced + len("heard"), "what is typed")
        assert "".join(change.text for change in bus.text_changes()[announced:]) == "heard"
        program.choose("wizard.key.field.show")
        program.wait_for(FIELD, text=BULLET * len(f"{pasted}heard"))
        program.close_window()
        program.assert_ended_well()


# --- one walk with four secrets ---------------------------------------------------------------------------------------


# No part of a secret, nor of anything that is taken out of a text.
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that was looked at.

    Attributes:
        kind: of which kind it is.
        name: which one.
        content: what is there.
    """

    kind: str
    name: str
    content: bytes | str


class Walk:
    """What the walk can look at.

    Args:
        session: where it happens.
        monitors: the buses, by their names.
        recorded: what came to servers, by their names: without what may be sent there.
        home: the profile.
    """

    def __init__(
        self,
        session: DesktopSession,
        monitors: dict[str, BusMonitor],
        recorded: dict[str, Callable[[], bytes]],
        home: Path,
    ) -> None:
        self._session, self._monitors, self._recorded, self._home = session, monitors, recorded, home

    def places(self, program: Program) -> Iterator[Place]:
        """Yield everything that there is now, wherever it is."""
        yield from self._files(program)
        yield from self._processes()
        yield from self._windows()
        for name, sent in self._recorded.items():
            yield Place("sent", name, sent())
        for name, monitor in self._monitors.items():
            yield Place(name, "messages", _SEPARATOR.join(monitor.texts()))
        if program.process.poll() is None:
            yield Place("shown", "texts", _SEPARATOR.join(program.texts()))
        for mode, formats in clipboard.contents(self._session).items():
            for form, content in formats.items():
                yield Place(mode, form, content)

    def _files(self, program: Program) -> Iterator[Place]:
        # The session's folder has home, runtime and temporary folder, and what its own programs have printed.
        for folder in (self._home, self._session.folder):
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    with contextlib.suppress(FileNotFoundError):
                        yield Place("file", str(path.relative_to(folder.parent)), path.read_bytes())
                yield Place("file", "a name", str(path.relative_to(folder)))
        yield Place("output", program.output.name, program.output.read_bytes())
        for number in Path(f"/proc/{program.process.pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                # What has been deleted and is still open, too.
                target = str(number.readlink())
                if "(deleted)" in target:
                    yield Place("file", target, number.read_bytes())

    def _processes(self) -> Iterator[Place]:
        token = self._session.token.encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                if token in environment:
                    yield Place("arguments", process.name, arguments)
                    yield Place("environment", process.name, environment)

    def _windows(self) -> Iterator[Place]:
        tree = self._session.run(["xwininfo", "-root", "-tree"]).stdout
        for window in dict.fromkeys(re.findall(r"0x[0-9a-f]+", tree)):
            yield Place("window", window, self._session.run(["xprop", "-id", window]).stdout)


def secrets_in(places: Iterable[Place], scan: SecretScan) -> dict[str, set[str]]:
    """Return where there is what."""
    found: dict[str, set[str]] = {}
    for place in places:
        for name in scan.find(place.content):
            found.setdefault(name, set()).add(f"{place.kind}: {place.name}")
    return found


def paste(program: Program, session: DesktopSession, text: str) -> None:
    """Paste a text that another program has copied, and which is gone with it."""
    with clipboard.holding(session, text):
        program.press("ctrl+v")
        program.wait_for(FIELD, text=BULLET * len(text))


def ask(program: Program, text: str) -> None:
    """Ask in the chat."""
    walking.in_chat(program)
    program.type(text)
    program.wait_for("chat.send", "enabled")
    program.press("Return")


def turn_on_browser(session: DesktopSession) -> tuple[dict[str, str], Path]:
    """Return the variables with which a program finds a browser, and the file with the page that it has opened."""
    folder = session.folder / "bin"
    folder.mkdir(exist_ok=True)
    opened = session.folder / "opened"
    opened.unlink(missing_ok=True)
    browser = folder / "xdg-open"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part\nmv {opened}.part {opened}\n', "ascii")
    browser.chmod(0o700)
    return {"PATH": f"{folder}:{session.env['PATH']}"}, opened


def sign_in(program: Program, demo: DemoControl, opened: Path) -> None:
    """Replace OpenRouter's key in the settings by one that a sign-in gives."""
    program.press_by_reader("keycard.openrouter.replace")
    program.press_by_reader("keycard.openrouter.signin.begin")
    program.wait_until(opened.exists, "the browser has been opened")
    back = demo.decide_sign_in(opened.read_text("ascii"))
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(back, timeout=20) as page:
        page.read()
    program.wait_for("keycard.openrouter.message.title", name="The new key is in use")


def give_proxy_password(program: Program, password: str) -> None:
    """Type the proxy's password in the settings."""
    program.press("ctrl+f")
    program.wait_for("settings.search", "focused")
    program.type("user name at the proxy")
    program.press("Return")
    program.wait_for("settings.proxy_user", "focused")
    program.tab_to("settings.proxy_password.edit")
    program.type(password)
    program.wait_for("settings.proxy_password.edit", text=BULLET * len(password))
    program.press_by_reader("settings.proxy_password.save")
    program.wait_for("settings.proxy_password.message.title")


def header(name: str, secret: str) -> str:
    """Return the header that may have a secret."""
    return f"{name}: Bearer {secret}"


@pytest.mark.long
def test_four_secrets_are_in_the_keyring_and_in_their_headers_and_nowhere_else(
    start: Start, session: DesktopSession, demo: DemoControl, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    pasted, signed_in = demo.key, demo.key_for("signed_in")
    typed, password = secrets.token_urlsafe(33), secrets.token_urlsafe(15)
    scan = SecretScan({"pasted": pasted, "signed in": signed_in, "typed": typed, "password": password})
    credentials = base64.b64encode(f"ann:{password}".encode()).decode()
    canary = secrets.token_hex(16)
    home = tmp_path / "profile"
    store = SettingsStore(AppPaths.below(home).settings_file)
    browser, opened = turn_on_browser(session)
    temporary = session.folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {**browser, "TMPDIR": str(temporary), "OPENAI_LOG": "debug"}
    with (
        tell_tale() as server,
        recording(int(demo.root.rpartition(":")[2])) as openrouter,
        recording(server.port) as proxy,
        BusMonitor.of_session(session) as session_bus,
        BusMonitor.of_accessibility(session) as accessibility_bus,
    ):
        monitors = {"session bus": session_bus, "accessibility bus": accessibility_bus}
        recorded: dict[str, Callable[[], bytes]] = {
            "openrouter": lambda: openrouter.without(*(header("Authorization", key) for key in (pasted, signed_in))),
            "proxy": lambda: proxy.without(header("Authorization", typed), f"Proxy-Authorization: Basic {credentials}"),
        }
        walk = Walk(session, monitors, recorded, home)
        store.save(
            Settings().replace(
                proxy_mode="manual",
                proxy_url=f"http://127.0.0.1:{proxy.port}",
                proxy_user="ann",
                openai_compatible_base_url=BEHIND_THE_PROXY,
                openai_compatible_model=MODEL,
            )
        )
        url = f"http://127.0.0.1:{openrouter.port}/api/v1"
        with start(url=url, home=home, arguments=["--verbose"], environment=environment) as program:
            walking.to_key(program)
            paste(program, session, pasted)
            program.wait_for("wizard.key.message.title", name="This key works")
            assert secrets_in(walk.places(program), scan) == {}
            program.wait_for("wizard.next", "focused", "enabled")
            program.press("Return")
            program.wait_for("wizard.model")
            walking.to_trial(program)
            walking.to_done(program)
            walking.to_chat(program)
            program.press("ctrl+comma")
            program.wait_for("settings.pages", "focused")
            sign_in(program, demo, opened)
            assert secrets_in(walk.places(program), scan) == {}
            give_proxy_password(program, password)
            assert secrets_in(walk.places(program), scan) == {}
            program.press_by_reader("settings.cancel")
            ask(program, "Hello")
            demo.wait_for_open_streams(0)
            program.press("ctrl+q")
            program.assert_ended_well()
        assert secrets_in(walk.places(program), scan) == {}
        store.save(store.load().settings.replace(provider="openai_compatible", max_retries=0))
        with start(url=url, home=home, arguments=["--verbose"], environment=environment) as program:
            walking.in_chat(program)
            program.press("ctrl+comma")
            program.wait_for("settings.pages", "focused")
            program.press_by_reader("keycard.openai_compatible.replace")
            program.wait_for("keycard.openai_compatible.field.edit", "focused")
            program.type(typed)
            for echoes in ("error", "header"):
                server.echoes = echoes
                server.told.clear()
                program.press_by_reader("keycard.openai_compatible.save")
                program.wait_until(lambda: server.told, "the key has been given back")
                program.wait_for("keycard.openai_compatible.message.title")
                assert secrets_in(walk.places(program), scan) == {}
            server.echoes = ""
            program.press_by_reader("keycard.openai_compatible.save")
            program.wait_for("keycard.openai_compatible.message.title", name="The new key is in use")
            program.press_by_reader("settings.cancel")
            ask(program, "Hello again")
            program.wait_for_text("Hi")
            for echoes in ("error", "header"):
                server.echoes = echoes
                server.told.clear()
                ask(program, f"Another question: {canary}")
                program.wait_until(lambda: server.told, "the key has been given back")
                program.wait_for("chat.send")
                assert secrets_in(walk.places(program), scan) == {}
            program.press("ctrl+q")
            program.assert_ended_well()
        assert secrets_in(walk.places(program), scan) == {}
