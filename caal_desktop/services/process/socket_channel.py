"""How starts of the program meet where there are Unix sockets: one listens in a private folder, the others connect."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import stat
import struct
import sys
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer

from caal_desktop.services.process.channel import MAX_MESSAGE, Answer, answer_to, read_answer, request_to_show
from caal_desktop.storage.atomic_file import PRIVATE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caal_desktop.services.process.channel import Show

logger = logging.getLogger(__name__)

_BACKLOG = 16
_MAX_VISITORS = 16
_VISIT_MS = 5000
_PAUSE_MS = 1000
_POLL_S = 0.02


class SocketChannel:
    """Listens at a path, or asks who listens there.

    Nothing is believed before the system has said that the other end belongs to the same user.

    Args:
        path: where; in a folder that only this user can reach.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._listener: _Listener | None = None

    def open(self) -> None:
        """Take the path, in place of what an earlier process has left there. May block as a file system does.

        Raises:
            OSError: there can be no socket.
        """
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.setblocking(False)
            listening.bind(str(self._path))
            self._path.chmod(PRIVATE_FILE)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        with contextlib.suppress(OSError):
            # What is sticky is left out when a runtime folder is tidied up (XDG Base Directory Specification).
            self._path.chmod(PRIVATE_FILE | stat.S_ISVTX)

    def answer(self, show: Show) -> None:
        """Answer from now on those who ask, in Qt's event loop; until now they find nobody."""
        if self._socket is not None:
            self._listener = _Listener(self._socket, show)

    def ask(self, token: str, patience_s: float) -> Answer:
        """Ask who listens there to show the window.

        Args:
            token: what allows a window to come to the front; "" where there is nothing of the kind.
            patience_s: seconds to wait for the answer.
        """
        deadline = time.monotonic() + patience_s
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                while not _connect(connection, self._path):
                    if time.monotonic() > deadline:
                        return Answer.SILENT
                    time.sleep(_POLL_S)
                if not _is_ours(connection):
                    return Answer.SILENT
                connection.settimeout(patience_s)
                connection.sendall(request_to_show(token))
                received = b""
                while b"\n" not in received and len(received) < MAX_MESSAGE:
                    connection.settimeout(max(0.001, deadline - time.monotonic()))
                    if not (piece := connection.recv(MAX_MESSAGE)):
                        # It has ended meanwhile.
                        return Answer.NOBODY
                    received += piece
            except TimeoutError:
                return Answer.SILENT
            except OSError:
                return Answer.NOBODY
        return read_answer(received)

    def close(self) -> None:
        """Leave the path. May block as a file system does; Qt's objects are not touched."""
        if self._socket is not None:
            self._socket = None
            with contextlib.suppress(OSError):
                self._path.unlink()

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        elif self._socket is not None:
            self._socket.close()


class _Listener(QObject):
    def __init__(self, listening: socket.socket, show: Show) -> None:
        super().__init__()
        self._socket, self._show = listening, show
        self._visitors: dict[int, _Visitor] = {}
        listening.listen(_BACKLOG)
        self._notifier = QSocketNotifier(listening.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._accept)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(lambda: self._notifier.setEnabled(True))

    def close(self) -> None:
        self._notifier.setEnabled(False)
        self._pause.stop()
        for visitor in tuple(self._visitors.values()):
            visitor.close()
        self._socket.close()

    def _accept(self) -> None:
        try:
            connection, _address = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            # Out of descriptors, say: it would be tried again at once, for ever.
            self._notifier.setEnabled(False)
            self._pause.start()
            return
        if not _is_ours(connection):
            connection.close()
            return
        if len(self._visitors) >= _MAX_VISITORS:
            # Who came first and still says nothing has the least to say.
            next(iter(self._visitors.values())).close()
        self._visitors[connection.fileno()] = _Visitor(connection, self._show, self._forget, self)

    def _forget(self, descriptor: int) -> None:
        self._visitors.pop(descriptor).deleteLater()


class _Visitor(QObject):
    """Another start that has connected, or something that is none: it has little time and room to say what it wants."""

    def __init__(
        self, connection: socket.socket, show: Show, on_closed: Callable[[int], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._connection, self._show, self._on_closed = connection, show, on_closed
        self._received = b""
        connection.setblocking(False)
        self._notifier = QSocketNotifier(connection.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._timer = QTimer(self, singleShot=True, interval=_VISIT_MS)
        self._timer.timeout.connect(self.close)
        self._timer.start()

    def close(self) -> None:
        if not self._notifier.isEnabled():
            return
        self._notifier.setEnabled(False)
        self._timer.stop()
        descriptor = self._connection.fileno()
        self._connection.close()
        self._on_closed(descriptor)

    def _read(self) -> None:
        try:
            piece = self._connection.recv(MAX_MESSAGE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self._received += piece
        if piece and b"\n" not in self._received and len(self._received) < MAX_MESSAGE:
            return
        try:
            if piece and self._still_waits():
                with contextlib.suppress(OSError):
                    self._connection.send(answer_to(self._received, self._show))
        finally:
            self.close()

    def _still_waits(self) -> bool:
        """Return whether the other end is open: who has given up has a window of its own by now."""
        try:
            return self._connection.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


def _connect(connection: socket.socket, path: Path) -> bool:
    """Connect; return False where too many are waiting already."""
    connection.setblocking(False)
    try:
        connection.connect(str(path))
    except BlockingIOError:
        return False
    return True


def _is_ours(connection: socket.socket) -> bool:
    """Return whether the process at the other end, or the one that began to listen there, is this user's."""
    try:
        owner = _owner(connection)
    except OSError:
        return False
    return owner is None or owner == os.geteuid()


def _owner(connection: socket.socket) -> int | None:
    """Return the user id of the other end; None where the system does not tell: then the folder alone protects."""
    owner: int | None = None
    if sys.platform == "linux":
        form = struct.Struct("iII")  # struct ucred: process, user, group
        owner = form.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size))[1]
    elif sys.platform == "darwin":
        # LOCAL_PEERCRED at SOL_LOCAL: struct xucred begins with its version and the user.
        owner = struct.unpack_from("II", connection.getsockopt(0, 1, 76))[1]
    return owner
