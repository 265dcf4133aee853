"""How starts of the program meet on Windows: through a named pipe whose name stands in a private file."""

from __future__ import annotations

import contextlib
import logging
import secrets
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from caal_desktop.services.process.channel import MAX_MESSAGE, Answer, answer_to, read_answer, request_to_show
from caal_desktop.storage.atomic_file import write_atomically
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from caal_desktop.services.process.channel import Show

logger = logging.getLogger(__name__)

_MAX_VISITORS = 16
_VISIT_MS = 5000
_POLL_MS = 20


class PipeChannel:
    """Listens at a pipe, or asks who listens there.

    Pipes have one namespace for all users, so the name is made up anew by each process, and stands where only this
    user reads it; the pipe's access list is for this user alone. That the process at the other end is this user's is
    not asked of the system.

    Args:
        path: of the file with the name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = ""
        self._server: _Server | None = None

    def open(self) -> None:
        """Make up a name and write it down.

        Raises:
            OSError: it cannot be written.
        """
        self._name = f"caal-desktop-{secrets.token_hex(8)}"
        try:
            write_atomically(self._path, self._name.encode())
        except StorageError as error:
            raise OSError(str(error)) from error

    def answer(self, show: Show) -> None:
        """Answer from now on those who ask, in Qt's event loop; until now they find nobody."""
        if self._name:
            self._server = _Server(self._name, show)

    def ask(self, token: str, patience_s: float) -> Answer:
        """Ask who listens there to show the window.

        Args:
            token: what allows a window to come to the front; "" where there is nothing of the kind.
            patience_s: seconds to wait for the answer.
        """
        try:
            name = self._path.read_text("ascii")
        except (OSError, ValueError):
            return Answer.NOBODY
        deadline = QDeadlineTimer(round(patience_s * 1000))
        socket = QLocalSocket()
        socket.connectToServer(name)
        if not socket.waitForConnected(deadline.remainingTime()):
            return Answer.NOBODY
        socket.write(request_to_show(token))
        received = b""
        while b"\n" not in received and len(received) < MAX_MESSAGE:
            # In slices, for no other thread runs meanwhile.
            if socket.waitForReadyRead(_POLL_MS):
                received += socket.readAll().data()
            elif socket.state() is not QLocalSocket.LocalSocketState.ConnectedState:
                return Answer.NOBODY
            elif deadline.hasExpired():
                return Answer.SILENT
        return read_answer(received)

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Remove the file."""
        if self._name:
            self._name = ""
            with contextlib.suppress(OSError):
                self._path.unlink()


class _Server(QObject):
    def __init__(self, name: str, show: Show) -> None:
        super().__init__()
        self._show = show
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_MAX_VISITORS)
        self._server.newConnection.connect(self._on_connection)
        if not self._server.listen(name):
            logger.warning("Another start of the program cannot be answered: %s", self._server.errorString())

    def close(self) -> None:
        self._server.close()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.setReadBufferSize(MAX_MESSAGE)
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda visitor=socket: self._read(visitor))
            QTimer.singleShot(_VISIT_MS, socket, socket.abort)

    def _read(self, visitor: QLocalSocket) -> None:
        if not visitor.canReadLine() and visitor.bytesAvailable() < MAX_MESSAGE:
            return
        visitor.write(answer_to(bytes(visitor.readAll().data()), self._show))
        visitor.flush()
        visitor.disconnectFromServer()
