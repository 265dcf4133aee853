"""One program per profile."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtNetwork import QLocalSocket

from caal_desktop.services.process.single_instance import SingleInstance, server_name
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qt_loop")

# Claims the profile, says so, and dies without a farewell when it is told to.
_HOLDER = """
import os, sys
from PySide6.QtCore import QCoreApplication
from caal_desktop.services.process.single_instance import SingleInstance
app = QCoreApplication([])
instance = SingleInstance(sys.argv[1])
print(instance.claim(), flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def name(tmp_path: Path) -> str:
    return server_name(tmp_path)


@pytest.fixture
def holder(name: str) -> Iterator[subprocess.Popen[str]]:
    """Start another process that has the profile."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_the_second_claim_raises_the_first(name: str) -> None:
    first, second = SingleInstance(name), SingleInstance(name)
    raised: list[bool] = []
    first.raiseRequested.connect(lambda: raised.append(True))
    assert first.claim()
    assert not second.claim()
    assert turn(until=lambda: raised)
    assert not second.claim()
    assert turn(until=lambda: len(raised) == 2)
    first.release()
    assert second.claim(), "who comes after the first has ended may have the profile"
    second.release()


def test_another_process_has_the_profile(name: str, holder: subprocess.Popen[str]) -> None:
    assert not SingleInstance(name).claim()


def test_what_a_crash_left_behind_is_no_obstacle(name: str, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.wait(10) == -9
    instance = SingleInstance(name)
    assert instance.claim()
    assert not SingleInstance(name).claim(), "and the profile is really taken"
    instance.release()


def test_profiles_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = SingleInstance(server_name(tmp_path / "one")), SingleInstance(server_name(tmp_path / "other"))
    assert one.claim()
    assert other.claim()
    one.release()
    other.release()


def test_a_visitor_that_hangs_up_at_once_leaves_nothing(name: str) -> None:
    instance = SingleInstance(name)
    assert instance.claim()
    for _ in range(3):
        socket = QLocalSocket()
        socket.connectToServer(name)
        assert socket.waitForConnected(1000)
        socket.abort()
    assert instance._server is not None
    assert turn(until=lambda: not instance._server or not instance._server.findChildren(QLocalSocket))
    instance.release()


@pytest.mark.skipif(os.name == "nt", reason="a file mode; Windows has named pipes")
@pytest.mark.parametrize("after_a_crash", [False, True])
def test_the_socket_is_for_this_user_alone(
    name: str, holder: subprocess.Popen[str], tmp_path: Path, after_a_crash: bool
) -> None:
    """A user who may write to the socket may connect, and have the window raised above all others."""
    if after_a_crash:
        holder.kill()
        holder.wait()
    instance = SingleInstance(name if after_a_crash else server_name(tmp_path / "other"))
    # The most generous system there is: the mode is the program's own doing.
    before = os.umask(0)
    try:
        assert instance.claim()
    finally:
        os.umask(before)
    assert instance._server is not None
    socket = Path(instance._server.fullServerName()).stat()
    assert stat.S_ISSOCK(socket.st_mode)
    assert socket.st_uid == os.geteuid()
    assert stat.S_IMODE(socket.st_mode) & 0o077 == 0
    instance.release()
