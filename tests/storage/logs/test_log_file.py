"""The log: what gets into it, and that no key does."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from caal_desktop.llm.redaction import register_secret
from caal_desktop.storage.errors import FolderUnusable, WriteFailed
from caal_desktop.storage.logs import log_file
from caal_desktop.storage.logs.log_file import RedactingFormatter, install_crash_logging, set_up_logging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-or-" + "v1-" + "0123456789abcdef" * 4
GROQ_KEY = "gsk" + "_" + "aB3" * 17
OPENAI_KEY = "sk-" + "proj-" + "aB3_-" * 12
LIVE_KEY = "an-own-server's-key"


@pytest.fixture(autouse=True)
def _live_key(no_live_secrets: None) -> None:
    register_secret(LIVE_KEY)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    setup = set_up_logging(tmp_path / "log" / "caal-desktop.log")
    yield tmp_path / "log" / "caal-desktop.log"
    setup.close()


def explode(key: str) -> None:
    raise ValueError(f"bad key {key}")


SECRETS = [KEY, GROQ_KEY, OPENAI_KEY, LIVE_KEY, KEY[:30]]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_key_gets_into_the_log(path: Path, secret: str, expected_logs: Callable[..., None]) -> None:
    expected_logs("bad key", "a stack")
    log = logging.getLogger("some.library")
    log.info("in the message %s", 1)
    log.info(f"in the message {secret}")
    log.info("in an argument %s and %r", secret, {"headers": {"Authorization": f"Bearer {secret}"}})
    log.info("in bytes %s", f"Authorization: Bearer {secret}\r\n".encode())
    try:
        explode(secret)
    except ValueError as error:
        chained = RuntimeError("bad key, chained")
        chained.__cause__ = error
        log.error("bad key", exc_info=chained)  # noqa: TRY400 - another one than was caught
    log.warning("a stack for %s", secret, stack_info=True)
    text = path.read_text("utf-8")
    assert secret not in text
    assert "in the message 1" in text
    assert text.count("[hidden]") >= 6
    assert "ValueError: bad key" in text
    assert "RuntimeError: bad key, chained" in text


def test_talkative_libraries_are_held_back(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("worth knowing")
    for name in ("openai._base_client", "httpx2", "httpcore.http11", "ours"):
        logging.getLogger(name).info("request from %s", name)
        logging.getLogger(name).debug("details from %s", name)
    logging.getLogger("httpx2").warning("worth knowing")
    text = path.read_text("utf-8")
    assert "request from ours" in text
    assert "worth knowing" in text
    assert text.count("\n") == 2


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_LOG_SIZE", 2000)
    setup = set_up_logging(tmp_path / "a.log")
    try:
        for number in range(200):
            logging.getLogger("ours").info("line %d with some more words to fill the file", number)
    finally:
        setup.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(file.stat().st_size <= 2000 for file in files)
    assert "line 199 " in (tmp_path / "a.log").read_text("utf-8")
    if os.name != "nt":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_everything_is_as_before_after_closing(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("openai").level)
    setup = set_up_logging(tmp_path / "a.log", level=logging.DEBUG, stream=io.StringIO())
    assert root.level == logging.DEBUG
    setup.close()
    assert (root.level, list(root.handlers), logging.getLogger("openai").level) == before


def test_the_stream_gets_the_same_masking(expected_logs: Callable[..., None]) -> None:
    expected_logs("bad key")
    stream = io.StringIO()
    setup = set_up_logging(None, stream=stream)
    try:
        logging.getLogger("ours").warning("bad key %s", KEY)
        logging.getLogger("ours").info("quiet")
    finally:
        setup.close()
    assert stream.getvalue().endswith("ours: bad key [hidden]\n")
    assert stream.getvalue().count("\n") == 1


def test_a_line_that_cannot_be_written_is_dropped_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError("disk full")

    setup = set_up_logging(None, stream=Full(), stream_level=logging.INFO)
    try:
        logging.getLogger("ours").info("bad key %s", KEY)
    finally:
        setup.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_does_not_keep_the_log_from_being_closed(
    path: Path, expected_logs: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    """It was the last line of an otherwise orderly end: a traceback, and an exit status of 1."""
    expected_logs("WARNING ours: .*")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/dev/full")
    setup = set_up_logging(path)
    logging.getLogger("ours").warning("a line")
    (handler,) = setup.handlers
    assert isinstance(handler, logging.FileHandler)
    with pytest.raises(OSError, match="No space"):
        handler.stream.flush()
    setup.close()
    assert handler.stream is None
    assert capfd.readouterr() == ("", "")


def test_a_drive_that_hangs_holds_nobody_up_and_gets_its_lines_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It held up the window, and the end of the program, for ever."""
    answers, path = threading.Event(), tmp_path / "hanging.log"
    monkeypatch.setattr(log_file, "PATIENCE_S", 0.01)
    monkeypatch.setattr(log_file, "_MOST_WAITING", 3)
    setup = set_up_logging(path)
    (handler,) = setup.handlers
    open_file = handler._open  # type: ignore[attr-defined]

    def hang() -> object:
        answers.wait()
        return open_file()

    monkeypatch.setattr(handler, "_open", hang)
    for number in range(10):
        logging.getLogger("ours").info("line %d", number)
    assert not path.exists(), "positive control: it hangs"
    writer = next(thread for thread in threading.enumerate() if thread.name == "log")
    setup.close()
    logging.shutdown()
    answers.set()
    writer.join()
    lines = [line.rpartition(" ")[2] for line in path.read_text("utf-8").splitlines()]
    assert lines == ["0", "1", "2", "3"], "those that are waiting when it answers again; not more than can wait"


def test_nobody_waits_for_a_drive_that_hangs_more_than_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    """Each line would hold up the window for half a second; and once it answers again, lines are waited for again."""
    expected_logs("WARNING ours: .*")
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, log_file._PrivateRotatingFile))
    answers = threading.Event()
    waits: list[bool] = []

    class Noting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(super().wait(timeout))
            return waits[-1]

    open_file = handler._open

    def hang() -> io.TextIOWrapper:
        answers.wait()
        return open_file()

    log = logging.getLogger("ours")
    with monkeypatch.context() as patched:
        patched.setattr(log_file, "PATIENCE_S", 0.01)
        patched.setattr(handler, "_open", hang)
        patched.setattr(log_file, "threading", mock.Mock(wraps=threading, Event=Noting))
        for number in range(5):
            log.warning("line %d", number)
        assert waits == [False]
        answers.set()
        handler._jobs.put((logging.makeLogRecord({"msg": "the last"}), last := threading.Event()))
        assert last.wait(10)
        patched.setattr(log_file, "PATIENCE_S", 10.0)
        log.warning("again")
        assert waits == [False, True]
    assert path.read_text("utf-8").splitlines()[-1].endswith("again"), "it is there after a crash"


def test_a_line_of_the_very_end_is_left_out_where_no_thread_can_begin(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever logs it must not fail for that."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        logging.getLogger("ours").info("lost")
    logging.getLogger("ours").info("kept")
    assert [line.rpartition(" ")[2] for line in path.read_text("utf-8").splitlines()] == ["kept"]


def test_nobody_but_the_one_who_writes_flushes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging flushes every handler at the end of the program, which a drive that hangs would hold for ever."""
    logging.getLogger("ours").info("a line")
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, log_file._PrivateRotatingFile))
    stream = mock.Mock()
    with monkeypatch.context() as patched:
        patched.setattr(handler, "stream", stream)
        handler.flush()
    assert stream.mock_calls == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
def test_what_comes_into_the_logs_place_later_does_not_end_it(path: Path) -> None:
    """A pipe that nobody reads would hold the thread that writes, for good."""
    os.mkfifo(path)
    logging.getLogger("ours").info("lost")
    path.unlink()
    logging.getLogger("ours").info("kept")
    assert path.read_text("utf-8").endswith("kept\n")


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable):
        set_up_logging(tmp_path / "file" / "a.log")
    with pytest.raises(FolderUnusable):
        install_crash_logging(tmp_path / "file" / "crash.log")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
@pytest.mark.parametrize("obstacle", ["folder", "pipe", "link into nothing"])
def test_what_cannot_be_written_in_a_log_s_place_is_named_and_not_waited_for(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "a.log"
    if obstacle == "folder":
        path.mkdir()
    elif obstacle == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "gone" / "a.log")
    before = list(logging.getLogger().handlers)
    with pytest.raises(WriteFailed, match=r"a\.log could not be saved"):
        set_up_logging(path)
    assert logging.getLogger().handlers == before
    hooks = (sys.excepthook, sys.unraisablehook)
    with pytest.raises(WriteFailed, match=r"a\.log could not be saved"):
        install_crash_logging(path)
    assert (sys.excepthook, sys.unraisablehook) == hooks


def test_a_log_may_lead_into_the_void(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    """As users have it who want no log."""
    expected_logs("unread")
    (tmp_path / "a.log").symlink_to(os.devnull)
    setup = set_up_logging(tmp_path / "a.log")
    logging.getLogger("ours").warning("unread")
    setup.close()
    assert (tmp_path / "a.log").is_symlink()


def test_an_unhandled_error_of_the_loop_is_logged(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("bad key")

    async def main() -> None:
        crash = install_crash_logging()
        loop = asyncio.get_running_loop()
        crash.watch_loop(loop)
        loop.call_soon(explode, KEY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        crash.close()
        assert loop.get_exception_handler() is None

    asyncio.run(main())
    text = path.read_text("utf-8")
    assert "ValueError: bad key [hidden]" in text
    assert KEY not in text


def test_a_loop_s_error_without_an_exception_is_logged(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("something odd", "An error in the event loop")
    loop = asyncio.new_event_loop()
    log_file.log_loop_error(loop, {"message": "something odd"})
    log_file.log_loop_error(loop, {})
    loop.close()
    assert "something odd" in path.read_text("utf-8")


CRASHES = {
    "main": "raise ValueError('bad key ' + key)",
    "thread": "t = threading.Thread(target=explode, name='worker'); t.start(); t.join()",
    "finalizer": "class A:\n def __del__(self): explode()\nA()",
}

CRASHING = """
import sys, threading, time
from pathlib import Path
from caal_desktop.storage.logs.log_file import set_up_logging, install_crash_logging
key = sys.argv[2]
def explode():
    raise ValueError('bad key ' + key)
set_up_logging(Path(sys.argv[1]), stream=sys.stderr)
install_crash_logging(Path(sys.argv[1]).with_name("crash.log"))
"""


def crash(path: Path, code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CRASHING + code, str(path), KEY]
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=root)


@pytest.mark.parametrize("how", CRASHES)
def test_what_is_not_caught_is_logged_without_the_key(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.log"
    process = crash(path, CRASHES[how])
    assert process.returncode == (1 if how == "main" else 0)
    text = path.read_text("utf-8")
    assert "ValueError: bad key [hidden]" in text
    assert "ValueError: bad key [hidden]" in process.stderr
    assert KEY not in text + process.stderr


def test_a_hard_crash_leaves_its_stacks(tmp_path: Path) -> None:
    process = crash(
        tmp_path / "a.log", "import os, signal\ndef in_here(): os.kill(os.getpid(), signal.SIGSEGV)\nin_here()"
    )
    assert process.returncode not in (0, 1)
    text = (tmp_path / "crash.log").read_text("utf-8")
    assert "in_here" in text
    assert KEY not in text


def test_an_interrupt_is_no_crash(tmp_path: Path) -> None:
    process = crash(tmp_path / "a.log", "raise KeyboardInterrupt")
    assert "KeyboardInterrupt" in process.stderr
    assert not (tmp_path / "a.log").exists()


def test_the_formatter_survives_a_wrong_call() -> None:
    record = logging.LogRecord("ours", logging.INFO, "file", 1, "%d of %s", (KEY,), None)
    line = RedactingFormatter().format(record)
    assert KEY not in line
    assert "TypeError" in line
