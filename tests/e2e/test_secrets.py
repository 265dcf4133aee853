"""Where secrets are while the real program is used: in the keyring and in the header that needs them, nowhere else."""

from __future__ import annotations

import base64
import contextlib
import secrets
import sys
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from caal_desktop.demo.accounts.keys import demo_key
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from tests.e2e import walking
from tests.e2e.places import Places
from tests.support import clipboard
from tests.support.bus_monitor import BusMonitor, TextChange
from tests.support.recording_server import MODEL, Betrayal, recording, tell_tale
from tests.support.secret_scan import SecretScan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.recording_server import Recorded, TellTale

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
        program.press_by_reader("wizard.key.field.show")
        program.wait_for(FIELD, "focused", text=pasted)
        assert find(shown()) == {"pasted"}
        program.press("End")
        program.type("heard")
        program.wait_for(FIELD, text=f"{pasted}heard")
        bus.wait_for(lambda: len(bus.text_changes()) >= announced + len("heard"), "what is typed")
        assert "".join(change.text for change in bus.text_changes()[announced:]) == "heard"
        program.press_by_reader("wizard.key.field.show")
        program.wait_for(FIELD, text=BULLET * len(f"{pasted}heard"))
        program.close_window()
        program.assert_ended_well()
        # Qt would complain where it is about to tell of a text and finds none.
        assert "text event" not in program.output.read_text("utf-8")


@pytest.mark.long
def test_what_the_mouse_selects_of_a_key_can_be_pasted_elsewhere_only_while_it_is_shown(
    start: Start, session: DesktopSession
) -> None:
    """Whatever is selected, any window can paste with the middle button, and any program can read."""
    key = f"sk-or-v1-{secrets.token_hex(32)}"[:-1]

    def selected() -> set[str]:
        return set(clipboard.contents(session)["Selection"].values())

    with start() as program:
        walking.to_key(program)
        program.type(key)
        program.wait_for(FIELD, text=BULLET * len(key))
        program.click(FIELD, times=3)
        assert selected() == set()
        program.press_by_reader("wizard.key.field.show")
        program.wait_for(FIELD, text=key)
        program.click(FIELD, times=3)
        program.wait_until(lambda: key in selected(), "it is selected")
        program.press_by_reader("wizard.key.field.show")
        program.wait_for(FIELD, text=BULLET * len(key))
        assert selected() == set()
        program.close_window()
        program.assert_ended_well()


# --- one walk with four secrets ---------------------------------------------------------------------------------------


@dataclass
class FourSecrets:
    """A profile with two providers and a proxy, the servers, and what is to be kept from everybody.

    The first key is pasted, the second comes by a sign-in and takes its place; the third, that of a server of the
    user's own, is typed, and given back by that server in every way; the fourth secret is the proxy's password.
    """

    session: DesktopSession
    demo: DemoControl
    home: Path
    server: TellTale
    openrouter: Recorded
    proxy: Recorded
    monitors: dict[str, BusMonitor]
    pasted: str = field(default_factory=lambda: demo_key())
    signed_in: str = field(default_factory=lambda: demo_key("signed_in"))
    typed: str = field(default_factory=lambda: secrets.token_urlsafe(33))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(15))
    canary: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.server.request_id = self.canary
        self.settings = SettingsStore(AppPaths.below(self.home).settings_file)
        sent = {"OpenRouter": self._sent_to_openrouter, "the proxy": self._sent_to_proxy}
        self.places = Places(self.session, self.home, self.monitors, sent)
        self.scan = SecretScan(
            {"pasted": self.pasted, "signed in": self.signed_in, "typed": self.typed, "password": self.password}
        )
        self.opened = self.session.folder / "opened"
        self.environment = {"OPENAI_LOG": "debug", "CANARY": self.canary, **self._folders()}

    @property
    def url(self) -> str:
        """The server in OpenRouter's place."""
        return f"http://127.0.0.1:{self.openrouter.port}/api/v1"

    def assert_kept(self, program: Program) -> None:
        """No secret is where it must not be, just now."""
        assert self.places.find(program, self.scan) == {}

    def sign_in(self, program: Program) -> None:
        """Replace OpenRouter's key in the settings by one that a sign-in gives."""
        program.press_by_reader("keycard.openrouter.replace")
        program.press_by_reader("keycard.openrouter.signin.begin")
        program.wait_until(self.opened.exists, "the browser has been opened")
        back = self.demo.decide_sign_in(self.opened.read_text("ascii"))
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(back, timeout=20) as page:
            page.read()
        program.wait_for("keycard.openrouter.message.title", name="The new key is in use")

    def give_password(self, program: Program) -> None:
        """Type the proxy's password in the settings."""
        program.press("ctrl+f")
        program.wait_for("settings.search", "focused")
        program.type("user name at the proxy")
        program.press("Return")
        program.wait_for("settings.proxy_user", "focused")
        program.tab_to("settings.proxy_password.edit")
        program.type(self.password)
        program.wait_for("settings.proxy_password.edit", text=BULLET * len(self.password))
        program.press_by_reader("settings.proxy_password.save")
        program.wait_for("settings.proxy_password.message.title", name="Kept in")

    def ask(self, program: Program, question: str) -> None:
        """Ask in the chat."""
        walking.in_chat(program)
        program.type(question)
        program.wait_for("chat.send", "enabled")
        program.press("Return")

    def _folders(self) -> dict[str, str]:
        """Make folders for temporary files and for a browser, which notes where it was sent."""
        tools, temporary = self.session.folder / "bin", self.session.folder / "tmp"
        for folder in (tools, temporary):
            folder.mkdir(exist_ok=True)
        self.opened.unlink(missing_ok=True)
        browser = tools / "xdg-open"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{self.opened}.part\nmv {self.opened}.part {self.opened}\n')
        browser.chmod(0o700)
        return {"PATH": f"{tools}:{self.session.env['PATH']}", "TMPDIR": str(temporary)}

    def _sent_to_openrouter(self) -> bytes:
        return self.openrouter.without(*(f"Authorization: Bearer {key}" for key in (self.pasted, self.signed_in)))

    def _sent_to_proxy(self) -> bytes:
        credentials = base64.b64encode(f"ann:{self.password}".encode()).decode()
        return self.proxy.without(f"Authorization: Bearer {self.typed}", f"Proxy-Authorization: Basic {credentials}")


@pytest.fixture
def four(session: DesktopSession, demo: DemoControl, tmp_path: Path) -> Iterator[FourSecrets]:
    """Everything that the walk needs, with everything that is said recorded."""
    with (
        tell_tale() as server,
        recording(int(demo.root.rpartition(":")[2])) as openrouter,
        recording(server.port) as proxy,
        BusMonitor.of_session(session) as session_bus,
        BusMonitor.of_accessibility(session) as accessibility_bus,
    ):
        monitors = {"the session's bus": session_bus, "the accessibility bus": accessibility_bus}
        yield FourSecrets(session, demo, tmp_path / "profile", server, openrouter, proxy, monitors)


BETRAYALS = {
    Betrayal.ERROR: "did not accept the request",
    Betrayal.BROKEN_HEADER: "closed the connection without an answer",
}
"""What is said of the ways to give a key back that are failures."""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_four_secrets_are_in_the_keyring_and_in_their_headers_and_nowhere_else(
    start: Start, session: DesktopSession, four: FourSecrets, record_property: Callable[[str, float], None]
) -> None:
    four.settings.save(
        Settings().replace(
            proxy_mode="manual",
            proxy_url=f"http://127.0.0.1:{four.proxy.port}",
            proxy_user="ann",
            openai_compatible_base_url=BEHIND_THE_PROXY,
            openai_compatible_model=MODEL,
            max_retries=0,
        )
    )
    with start(url=four.url, home=four.home, arguments=["--verbose"], environment=four.environment) as program:
        walking.to_key(program)
        with clipboard.holding(session, four.pasted):
            program.press("ctrl+v")
            program.wait_for("wizard.key.message.title", name="This key works")
        four.assert_kept(program)
        program.wait_for("wizard.next", "focused", "enabled")
        program.press("Return")
        program.wait_for("wizard.model")
        walking.to_trial(program)
        walking.to_done(program)
        walking.to_chat(program)
        program.press("ctrl+comma")
        program.wait_for("settings.pages", "focused")
        four.sign_in(program)
        four.give_password(program)
        four.assert_kept(program)
        program.press_by_reader("settings.cancel")
        four.ask(program, f"Who are you, {four.canary}?")
        four.demo.wait_for(lambda: len(four.demo.requests("/chat/completions")) == 2, "the question")
        four.demo.wait_for_open_streams(0)
        program.press("ctrl+q")
        program.assert_ended_well()
    four.assert_kept(program)

    four.settings.save(four.settings.load().settings.replace(provider="openai_compatible"))
    with start(url=four.url, home=four.home, arguments=["--verbose"], environment=four.environment) as program:
        walking.in_chat(program)
        program.press("ctrl+comma")
        program.wait_for("settings.pages", "focused")
        program.press_by_reader("keycard.openai_compatible.replace")
        program.wait_for("keycard.openai_compatible.field.edit", "focused")
        program.type(four.typed)
        for betrayal, words in BETRAYALS.items():
            four.server.betrayal = betrayal
            program.press_by_reader("keycard.openai_compatible.save")
            program.wait_for("keycard.openai_compatible.message.title", name=words)
            four.assert_kept(program)
        four.server.betrayal = None
        program.press_by_reader("keycard.openai_compatible.save")
        program.wait_for("keycard.openai_compatible.message.title", name="The new key is in use")
        program.press_by_reader("settings.cancel")
        four.ask(program, "Hello?")
        program.wait_for_text("Hi")
        for betrayal, words in BETRAYALS.items():
            four.server.betrayal = betrayal
            four.ask(program, f"What is this, {four.canary}?")
            program.wait_for_text(words)
            four.assert_kept(program)
        four.server.betrayal = Betrayal.FACTS
        four.ask(program, "And this?")
        program.wait_for_text("Well")
        four.assert_kept(program)
        four.server.betrayal = Betrayal.PIECES
        four.ask(program, "And that?")
        program.wait_for_text("It was [hidden], I think")
        four.assert_kept(program)
        assert set(four.server.told) == {four.typed}

        with contextlib.ExitStack() as planted:
            plant(program, four, planted)
            found = four.places.find(program, SecretScan({"canary": four.canary}))["canary"]
        assert {place.partition(":")[0] for place in found} == set(four.places.looked_at)
        assert {f"file: profile/{name}" for name in ("log/caal-desktop.log", "data/conversations.db-wal")} <= found
        program.press("ctrl+q")
        program.assert_ended_well()
    four.assert_kept(program)

    kept = {item.user: item.secret for item in session.secret_items()}
    assert sorted(kept.values()) == sorted([four.signed_in, four.typed, four.password])
    for kind, count in four.places.looked_at.items():
        record_property(kind.replace(" ", "_"), count)
    record_property("megabytes", four.places.size / 1e6)


def plant(program: Program, four: FourSecrets, planted: contextlib.ExitStack) -> None:
    """Have the canary, which the walk has asked about already, in all the other places, too."""
    session, canary = four.session, four.canary
    planted.enter_context(clipboard.holding(session, canary))
    planted.enter_context(clipboard.holding(session, canary, selection=True))
    child = session.popen([sys.executable, "-c", "import time; time.sleep(60)", canary])
    planted.callback(child.wait)
    planted.callback(child.kill)
    window = session.run(["xdotool", "getactivewindow"]).stdout.strip()
    assert session.run(["xprop", "-id", window, "-f", "CANARY", "8s", "-set", "CANARY", canary]).returncode == 0
    session.run(
        ["dbus-send", "--session", "--dest=org.freedesktop.DBus", f"/{canary}", "org.freedesktop.DBus.Peer.Ping"]
    )
    with program.output.open("a", encoding="ascii") as output:
        output.write(f"qt.qpa.canary: {canary}\n")
