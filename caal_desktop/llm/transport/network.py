"""How requests leave this machine: by which proxy, and whose certificates are trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ProxyMode(StrEnum):
    """Which proxy requests take. Requests to this machine never take one."""

    SYSTEM = "system"
    """As the system says: its settings on Windows and macOS, ``HTTPS_PROXY`` and its like elsewhere."""
    NONE = "none"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """The way to a server. Equal options may share a client.

    Attributes:
        proxy_mode: which proxy.
        proxy_url: ``http://host:port``, for the manual mode.
        proxy_user, proxy_password: for a proxy that asks who is there; sent to the proxy alone.
        ca_bundle: path of a PEM file with further certificate authorities; "" for none.
        trust_system: whether the system's certificate authorities are trusted, too.
    """

    proxy_mode: ProxyMode = ProxyMode.SYSTEM
    proxy_url: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    ca_bundle: str = ""
    trust_system: bool = True

    @property
    def proxy(self) -> str | None:
        """The proxy's address where one was given by hand, else None."""
        return self.proxy_url if self.proxy_mode is ProxyMode.MANUAL and self.proxy_url else None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect: for a connection.
        read: for the next byte; before the answer begins, and then between any two of its bytes.
        write: for the system to take the next bytes of the request.
    """

    connect: float = 10.0
    read: float = 60.0
    write: float = 30.0
