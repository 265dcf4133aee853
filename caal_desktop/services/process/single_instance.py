"""One program per profile: a second start raises the first one's window and ends."""

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
    """The socket's name for a profile; profiles do not disturb each other."""
    digest = hashlib.sha256(str(profile.resolve()).encode()).hexdigest()[:16]
    return f"caal-desktop-{digest}"


class SingleInstance(QObject):
    """Claims a profile, or wakes who has it.

    Signals:
        raiseRequested: another start asks for our window.
    """

    raiseRequested = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Become the profile's only program.

        Returns:
            False: another one has it, and was asked to show its window.
        """
        if self._wake():
            return False
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            # Nobody answered, so what is in the way was left by a crash.
            QLocalServer.removeServer(self._name)
            if not server.listen(self._name):
                # Without the socket the program works as well; only a second start is not noticed.
                return True
        server.newConnection.connect(self._on_connection)
        self._server = server
        return True

    def release(self) -> None:
        """Give the profile free."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _wake(self) -> bool:
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
            # Whoever may connect (the same user alone) may ask for the window; there is nothing else to ask for.
            self.raiseRequested.emit()
