"""One process per profile: a second start raises the first one's window and ends."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

if TYPE_CHECKING:
    from pathlib import Path

_CONNECT_MS = 500
_RAISE = b"raise\n"


def server_name(profile: Path) -> str:
    """Return the socket's name for a profile; each profile has one of its own."""
    digest = hashlib.sha256(str(profile.resolve()).encode()).hexdigest()[:16]
    return f"caal-desktop-{digest}"


class SingleInstance(QObject):
    """Claims a profile, or raises the window of the process that has claimed it.

    Signals:
        raiseRequested: another start of the program asks to show the window.
    """

    raiseRequested = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Claim the profile for this process.

        Returns:
            Whether it is claimed; False where another process has it, which was asked to show its window.
        """
        if self._ask_to_raise():
            return False
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            # No process answered, so the socket was left by a crash.
            QLocalServer.removeServer(self._name)
            if not server.listen(self._name):
                # The program works without the socket, too; only a second start is not noticed.
                return True
        server.newConnection.connect(self._on_connection)
        self._server = server
        return True

    def release(self) -> None:
        """Release the profile."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _ask_to_raise(self) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_CONNECT_MS):
            return False
        socket.write(_RAISE)
        socket.waitForBytesWritten(_CONNECT_MS)
        socket.disconnectFromServer()
        return True

    def _on_connection(self) -> None:
        if self._server is None:
            return
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            # Only the same user can connect, and raising the window is the only request: its bytes are not read.
            self.raiseRequested.emit()
