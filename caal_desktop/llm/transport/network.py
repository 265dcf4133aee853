"""The route to a server: which proxy, which certificates, which timeouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from caal_desktop.llm.transport.address import AddressError, host_of, is_loopback, origin_of, read_address

VIA: Final = " via "
"""Separates a server's origin from that of the proxy that can read what is sent there."""


class ProxyMode(StrEnum):
    """Which proxy requests use. Requests to this machine never use one."""

    SYSTEM = "system"
    """The system's: its settings on Windows and macOS, ``HTTPS_PROXY`` and similar variables elsewhere."""
    NONE = "none"
    """No proxy."""
    MANUAL = "manual"
    """The one that the user has entered."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """The proxy and the certificate authorities of a connection. Equal options may share a client.

    Attributes:
        proxy_mode: which proxy.
        proxy_url: the proxy's address, ``http://host:port``, for the manual mode.
        proxy_user, proxy_password: credentials for that proxy, sent to it alone; "" for none.
        ca_bundle: the path of a PEM file with further certificate authorities; "" for none.
        trust_system: whether the system's certificate authorities are trusted as well.
    """

    proxy_mode: ProxyMode = ProxyMode.SYSTEM
    proxy_url: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    ca_bundle: str = ""
    trust_system: bool = True

    @property
    def proxy(self) -> str | None:
        """The proxy's address in the manual mode, in the form to which its password belongs; else None."""
        if self.proxy_mode is not ProxyMode.MANUAL or not self.proxy_url:
            return None
        try:
            return str(read_address(self.proxy_url))
        except AddressError:
            return self.proxy_url  # one of another kind; it has no origin, and so it gets no password

    def receiver_of(self, base_url: str) -> str:
        """Return who can read a key that is sent to an address.

        A proxy can read requests over plain http. Those over https it cannot read, and those to this machine do not
        pass it.

        Returns:
            The address's origin (:func:`~caal_desktop.llm.transport.address.origin_of`), followed by :data:`VIA` and
            the proxy's where that can read along; "" where the address has no origin.
        """
        origin = origin_of(base_url)
        if not origin.startswith("http://") or is_loopback(host_of(base_url)):
            return origin
        proxy = self.proxy
        if self.proxy_mode is ProxyMode.SYSTEM:
            proxy = _system_proxy(origin.removeprefix("http://"))
        return f"{origin}{VIA}{_proxy_origin(proxy)}" if proxy else origin


OWN_SERVER_READ_SECONDS: Final = 300.0
"""How long a server of the user's own may be silent: it loads a model into memory before its first answer, and the
agent waits for whole answers."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect: for a connection.
        read: for the next byte: until the answer begins, and between its pieces.
        write: for the system to accept the next bytes of the request.
    """

    connect: float = 10.0
    read: float = 60.0
    write: float = 30.0


def _system_proxy(place: str) -> str:
    """Return the system's proxy for plain http to ``host:port``; "" where there is none."""
    # Imported here: it imports HTTP and mail, which the first window does not need.
    from urllib.request import getproxies

    proxies = getproxies()
    host = place.rpartition(":")[0]
    for name in proxies.get("no", "").lower().split(","):
        direct = name.strip().removeprefix("*").removeprefix(".")
        if name.strip() == "*" or (direct and (direct in (host, place) or host.endswith(f".{direct}"))):
            return ""
    return proxies.get("http") or proxies.get("all") or ""


def _proxy_origin(proxy: str) -> str:
    """Return a proxy's origin, without credentials that the environment may name with it."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    except ValueError:
        return "?"
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin_of(place) or place.lower()
