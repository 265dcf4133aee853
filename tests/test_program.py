"""The program as a process: it starts, is asked to end at some moment, and ends well.

The window is real and not shown (Qt's offscreen platform). What the program did is read from what it leaves: its
exit status, its error output, its log, its settings; and from what the demo server was asked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from caal_desktop import exit_status
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.listeners import listening
from tests.support.profiles import finish_setup, kept_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")

# The program itself, with one thing added: at a named moment it does to itself what the test wants to happen then.
_HARNESS = """
import os, signal, sys
from caal_desktop.qt_import import import_qt
import_qt()  # as the command line does, before anything else imports Qt
from caal_desktop import cli
from caal_desktop.app import application
from caal_desktop.storage.settings.choices import SetupStep

moment, action = sys.argv[1], sys.argv[2]

def break_main_window():
    from caal_desktop.widgets.main import main_window
    def broken(self, *args, **kwargs):
        raise RuntimeError("no such window")
    main_window.MainWindow.__init__ = broken

def answer_message():
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QPushButton
    dialogs = [window for window in QApplication.topLevelWidgets() if window.objectName() == "failure"]
    for dialog in dialogs:
        print(dialog.accessibleName())
        dialog.findChild(QPushButton, "failure." + os.environ.get("CAAL_TEST_ANSWER", "leave")).click()
    if not dialogs:
        QTimer.singleShot(50, answer_message)

def act():
    if action == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    elif action == "quit":
        running.quit()

class Watched(application.Application):
    def __init__(self, *args, **kwargs):
        global running
        super().__init__(*args, **kwargs)
        running = self
        if moment == "built":
            act()
        elif moment == "broken":
            from PySide6.QtCore import QTimer
            break_main_window()
            QTimer.singleShot(300, answer_message)
        self.first_paint.happened.connect(self.on_painted)

    def on_painted(self):
        from PySide6.QtCore import QTimer
        if moment == "painted":
            act()
        elif moment == "idle":
            QTimer.singleShot(700, self, act)
        elif moment in ("told", "broken"):
            QTimer.singleShot(0, self, self.tell)
        elif moment == "abandoned":
            self.leave_generators()
        elif moment in ("busy", "busy, unheeded"):
            self.leave_threads()
        elif moment == "storing":
            self.windows.wizard.begin(SetupStep.KEY)
            self.windows.setup.keyChanged.connect(self.on_key)
            self.windows.setup.entry.submit(os.environ["CAAL_TEST_KEY"])
        elif moment == "broken later":
            break_main_window()
            self.services.settings.update(setup_completed=True)
            QTimer.singleShot(0, self, self.windows.wizard.close)
            QTimer.singleShot(300, answer_message)
        elif moment == "listed":
            self.services.catalogue.changed.connect(self.on_list)
        elif moment == "settled":
            self.services.catalogue.changed.connect(self.on_settled)
            self.services.keys.stateChanged.connect(self.on_settled)
        elif moment == "closed":
            QTimer.singleShot(300, self, (self.windows.wizard or self.windows.main).close)
        elif moment == "streaming":
            self.services.chat_services.chat.textArrived.connect(lambda *_args: act())
            self.services.keys.stateChanged.connect(self.ask)

    def tell(self):
        from PySide6.QtWidgets import QApplication, QMessageBox
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                said = window.text() + " " + window.informativeText() if isinstance(window, QMessageBox) else ""
                print(window.objectName() + ":", said)
        act()

    def leave_threads(self):
        import threading
        from caal_desktop.services.own_thread import in_own_thread
        self.busy = in_own_thread("busy", lambda: threading.Event().wait() and None)
        act()

    def leave_generators(self):
        import asyncio, gc
        async def generate(name):
            try:
                yield
            finally:
                await asyncio.sleep(0)  # fails where no loop closes it
                print(name, "closed by", "the loop" if asyncio.current_task() else "nobody", flush=True)
                if name == "abandoned":
                    act()
        async def begin():
            self.kept = generate("kept")
            await anext(self.kept)
            abandoned = generate("abandoned")
            await anext(abandoned)
            del abandoned
            gc.collect()
        self.beginning = asyncio.get_running_loop().create_task(begin())

    def on_key(self, state):
        from PySide6.QtCore import QTimer
        if state.activity == "storing":
            QTimer.singleShot(0, self, self.windows.wizard.close)
        elif state.status == "verified" and not state.is_kept:
            QTimer.singleShot(0, self, self.windows.setup.advance)

    def on_list(self, catalogue):
        if catalogue.provider == "groq" and catalogue.state == "failed":
            act()

    def on_settled(self, *_what):
        state = self.services.keys.state("openrouter")
        if self.services.catalogue.current.state == "ready" and (state.status == "verified" or state.wants_consent):
            act()

    def ask(self, secret, state):
        is_ready = secret == "openrouter" and state.is_loaded and not state.is_busy
        if is_ready and not self.services.chat_services.chat.messages:
            self.windows.main.page.composer.submitted.emit("Tell me a story")

application.Application = Watched
import caal_desktop.program
if moment == "unclaimed":
    def made(make=caal_desktop.program._qt_application):
        app = make()
        answer_message()
        return app
    def broken(*args):
        raise RuntimeError("no such socket")
    caal_desktop.program._qt_application = made
    caal_desktop.program.SingleInstance = broken
if moment.startswith("busy"):
    import atexit
    atexit.register(print, "Python's own end")
if moment == "busy, unheeded":
    caal_desktop.program._end_now_if_a_thread_goes_on = lambda status: None
caal_desktop.program.Application = Watched
sys.exit(cli.run(sys.argv[3:]))
"""


class Run:
    """One run of the program in a profile."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.paths = AppPaths.below(home)
        self.environment = environment | {"CAAL_DESKTOP_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self.status: int | None = None
        self.output = self.errors = ""

    @property
    def settings(self) -> Settings:
        return SettingsStore(self.paths.settings_file).load().settings

    @property
    def log(self) -> str:
        return self.paths.log_file.read_text(encoding="utf-8") if self.paths.log_file.exists() else ""

    def until(self, moment: str, action: str = "term") -> Run:
        """Start the program, let it come to a moment, do something to it, wait for its end."""
        done = subprocess.run(
            [sys.executable, "-W", "default", "-c", _HARNESS, moment, action],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        self.status, self.output, self.errors = done.returncode, done.stdout, done.stderr
        return self

    def assert_ended_well(self) -> None:
        assert (self.status, self.errors) == (0, "")
        assert "Traceback" not in self.log
        assert "ERROR" not in self.log
        assert "WARNING" not in self.log
        assert not self.paths.crash_file.exists() or not self.paths.crash_file.read_text(encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path, demo: DemoControl) -> Run:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_RUNTIME_DIR")
        if name in os.environ
    }
    return Run(tmp_path / "home", kept | {"CAAL_DESKTOP_OPENROUTER_URL": demo.base_url, "LANG": "C.UTF-8"})


def set_up(run: Run, session: DesktopSession, demo: DemoControl) -> None:
    """Make a profile in which the setup is done, with the key in the session's keyring."""
    run.environment |= {name: value for name, value in session.env.items() if name.startswith(("DBUS", "XDG", "HOME"))}
    finish_setup(run.home, session, demo)


@pytest.mark.parametrize("moment", ["built", "painted", "idle"])
@pytest.mark.parametrize("action", ["term", "quit"])
def test_the_wizard_ends_when_it_is_asked_to(run: Run, moment: str, action: str) -> None:
    run.until(moment, action).assert_ended_well()
    if moment != "built":
        assert run.settings.wizard_geometry, "size and place are remembered"
    assert not run.settings.setup_completed
    assert run.settings.setup_step is SetupStep.WELCOME


def test_generators_that_nobody_reads_to_their_end_are_closed_by_the_loop(run: Run) -> None:
    """One that is dropped is closed at once, one that is held before the program ends."""
    run.until("abandoned", "quit").assert_ended_well()
    assert run.output.splitlines() == ["abandoned closed by the loop", "kept closed by the loop"]


def test_no_thread_lives_to_see_pythons_own_end(run: Run) -> None:
    """It would be ended wherever it is, as one that waits for the keyring may be: in Qt's code that crashes."""
    run.until("busy").assert_ended_well()
    assert "Python's own end" not in run.output
    run.until("busy, unheeded").assert_ended_well()
    assert "Python's own end" in run.output, "the control"


def test_closing_the_first_wizard_ends_the_program(run: Run) -> None:
    run.until("closed").assert_ended_well()
    assert run.settings.wizard_geometry


@pytest.mark.parametrize("moment", ["broken", "broken later"])
def test_a_main_window_that_cannot_be_opened_is_told_and_ends_the_program(run: Run, moment: str) -> None:
    """At the start, and when the wizard has closed: a program without a window could not be ended any more."""
    if moment == "broken":
        SettingsStore(run.paths.settings_file).save(Settings().replace(setup_completed=True))
    run.until(moment)
    assert run.status == exit_status.NO_WINDOW
    assert run.output.strip() == "CAAL Desktop cannot show its window"
    assert "RuntimeError: no such window" in run.log
    assert run.settings.setup_completed, "what was set is kept"


def test_what_fails_before_any_service_is_made_is_told_by_a_window_too(run: Run) -> None:
    run.until("unclaimed")
    assert run.status == exit_status.CANNOT_START
    assert run.output.strip() == "CAAL Desktop cannot show its window"
    assert "RuntimeError: no such socket" in run.log


def test_fresh_settings_start_where_the_former_ones_did_not(run: Run) -> None:
    SettingsStore(run.paths.settings_file).save(Settings().replace(setup_completed=True))
    run.environment["CAAL_TEST_ANSWER"] = "fresh"
    run.until("broken", "quit")
    assert run.status == 0
    shown = run.output.splitlines()
    assert shown[0] == "CAAL Desktop cannot show its window"
    assert "wizard: " in shown
    (kept,) = run.paths.config_dir.glob("settings.fresh-*.json")
    assert f"Your former settings are kept as {kept}" in run.output
    assert SettingsStore(kept).load().settings.setup_completed
    assert not run.settings.setup_completed


@pytest.mark.parametrize("home", ["/dev/null/x", "~no-such-user/caal", "read-only", "pipes"])
def test_a_home_that_cannot_be_used_is_told_in_one_message_beside_the_window(
    run: Run, tmp_path: Path, home: str
) -> None:
    """As the superuser nothing is read-only but what cannot exist, and what a pipe stands in the place of."""
    lost = "your settings, your conversations, the lists of models, and the log"
    if home == "read-only":
        (tmp_path / "home").write_text("a file in the place of the folder")
        home = str(tmp_path / "home")
    elif home == "pipes":
        (tmp_path / "home" / "log").mkdir(parents=True)
        os.mkfifo(tmp_path / "home" / "log" / "caal-desktop.log")
        os.mkfifo(tmp_path / "home" / "log" / "crash.log")
        home, lost = str(tmp_path / "home"), "the log"
    run.environment["CAAL_DESKTOP_HOME"] = home
    run.until("told")
    assert run.status == 0
    assert "Traceback" not in run.errors
    wizard, box = sorted(run.output.splitlines(), reverse=True)
    assert wizard == "wizard: "
    assert box.startswith(f"message: CAAL Desktop cannot save this: {lost}. ")
    assert "CAAL_DESKTOP_HOME" in box
    assert "CAAL Desktop cannot save this" in run.errors, "terminals are told, too"


def test_a_key_on_its_way_into_the_keyring_arrives_when_the_wizard_is_closed(
    run: Run, keyring_session: DesktopSession, demo: DemoControl
) -> None:
    run.environment |= {n: v for n, v in keyring_session.env.items() if n.startswith(("DBUS", "XDG", "HOME"))}
    run.environment["CAAL_TEST_KEY"] = demo.key
    run.until("storing").assert_ended_well()
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key]
    assert run.settings.of("openrouter").key_store is KeyStore.KEYRING
    assert run.settings.of("openrouter").key_status is KeyStatus.VERIFIED


def test_a_list_that_is_shown_to_nobody_without_a_key_is_asked_for_once_the_keyring_has_given_it(
    run: Run, keyring_session: DesktopSession, demo: DemoControl
) -> None:
    set_up(run, keyring_session, demo)
    key = "gsk_" + "a1B2" * 13
    code = "import keyring, sys; keyring.set_password('caal-desktop', 'groq', sys.argv[1])"
    assert keyring_session.run_python(code, key).returncode == 0
    # Nothing listens there, and no request leaves this machine.
    proxy = {"proxy_mode": ProxyMode.MANUAL, "proxy_url": "http://127.0.0.1:1", "max_retries": 0}
    settings = run.settings.replace(provider="groq", groq_model="m", **proxy)
    settings = settings.with_provider("groq", **kept_for("https://api.groq.com/openai/v1"))
    SettingsStore(run.paths.settings_file).save(settings)
    run.until("listed").assert_ended_well()


@pytest.mark.parametrize("moment", ["built", "painted", "idle", "streaming"])
def test_the_chat_ends_when_it_is_asked_to(
    run: Run, keyring_session: DesktopSession, demo: DemoControl, moment: str
) -> None:
    set_up(run, keyring_session, demo)
    if moment == "streaming":
        demo.fault("slow_trickle", "5")
    run.until(moment).assert_ended_well()
    assert run.settings.setup_completed
    if moment != "built":
        assert run.settings.window_geometry
    if moment == "streaming":
        assert len(demo.requests("/chat/completions")) == 1
        demo.wait_for_open_streams(0)
    assert demo.key not in run.log
    assert all(demo.key.encode() not in file.read_bytes() for file in run.home.rglob("*") if file.is_file())


@pytest.mark.parametrize("own", [True, False])
def test_a_key_is_sent_to_no_address_of_the_environment_that_it_was_not_given_for(
    run: Run, keyring_session: DesktopSession, demo: DemoControl, own: bool
) -> None:
    set_up(run, keyring_session, demo)
    with listening() as there:
        run.environment["CAAL_DESKTOP_OPENROUTER_URL"] = there.url
        # One that could not be checked when it was saved is checked at the start.
        kept = kept_for(there.url if own else "https://openrouter.ai/api/v1") | {"key_status": KeyStatus.UNVERIFIED}
        SettingsStore(run.paths.settings_file).save(run.settings.with_provider("openrouter", **kept))
        run.until("settled").assert_ended_well()
        assert there.requests, "what is public was asked for"
        assert there.has_seen(demo.key) is own


def test_closing_the_chat_ends_the_program(run: Run, keyring_session: DesktopSession, demo: DemoControl) -> None:
    set_up(run, keyring_session, demo)
    run.until("closed").assert_ended_well()
    assert run.settings.window_geometry


def test_a_locked_keyring_does_not_keep_the_program_from_ending(
    run: Run, keyring_session: DesktopSession, demo: DemoControl
) -> None:
    set_up(run, keyring_session, demo)
    keyring_session.hang_keyring()
    try:
        run.until("painted")
    finally:
        keyring_session.wake_keyring()
    run.assert_ended_well()


# --- Qt, as the program starts it

_IN_QT = """
import os
from caal_desktop.qt_import import import_qt
import_qt()
from PySide6.QtCore import QLoggingCategory
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLineEdit, QListView, QPlainTextEdit, QScrollArea, QWidget
from caal_desktop.program import _qt_application
app = _qt_application()
"""


def in_qt(code: str, **environment: str) -> list[str]:
    """Return the words that code prints where the program has started Qt."""
    command = [sys.executable, "-c", _IN_QT + code]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{done.returncode} {done.stderr}"
    return done.stdout.split()


def test_a_screen_reader_may_ask_a_scroll_area_for_a_bar_that_has_gone() -> None:
    """Qt's own interface would end the process: it looks up what is not there any more."""
    code = """
area, line = QScrollArea(), QWidget()
area.setWidgetResizable(True)
area.resize(100, 100)
line.setMinimumSize(50, 500)
area.setWidget(line)
area.show()
app.sendPostedEvents()
found = QAccessible.queryAccessibleInterface(area)
last = found.childCount() - 1
print(found.child(last) is not None)
line.setMinimumSize(50, 50)
app.sendPostedEvents()
for number in range(last, last + 20):
    found.child(number)
print(found.child(found.childCount()) is None, found.child(0).object() is area.viewport())
for other in (QListView(), QPlainTextEdit(), QLineEdit()):
    print(QAccessible.queryAccessibleInterface(other).role().name)
"""
    assert in_qt(code) == ["True", "True", "True", "List", "EditableText", "EditableText"]


def test_qt_keeps_its_complaints_of_masked_edits_to_itself_and_the_rules_of_the_user() -> None:
    code = """
for name in ("qt.accessibility.atspi", "qt.other", "qt.third"):
    print(QLoggingCategory(name).isWarningEnabled())
print(os.environ.get("QT_LOGGING_RULES"))
"""
    assert in_qt(code) == ["False", "True", "True", "None"]
    rules = "qt.other.warning=false"
    assert in_qt(code, QT_LOGGING_RULES=rules) == ["False", "False", "True", rules]
    rules = "qt.accessibility.atspi.warning=true"
    assert in_qt(code, QT_LOGGING_RULES=rules) == ["True", "True", "True", rules]
