"""How requests leave this machine: by which proxy, and whose certificates are trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from caal_desktop.llm.transport.address import host_of, is_loopback, origin_of

VIA: Final = " via "
"""Stands between a server's origin and that of the proxy which can read what is sent there."""


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

    def receiver_of(self, base_url: str) -> str:
        """Who can read a key that is sent to an address: the address's origin; "" where it has none.

        Over plain http a proxy reads along, and the origin is followed by :data:`VIA` and the proxy's. Over https it
        sees a tunnel, and requests to this machine do not pass it.
        """
        origin = origin_of(base_url)
        if not origin.startswith("http://") or is_loopback(host_of(base_url.strip())):
            return origin
        proxy = self.proxy
        if self.proxy_mode is ProxyMode.SYSTEM:
            proxy = _system_proxy(origin.removeprefix("http://"))
        return f"{origin}{VIA}{_place_of(proxy)}" if proxy else origin


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


def _system_proxy(place: str) -> str:
    """The proxy that the system names for plain http to ``host:port``; "" where there is none."""
    # Imported here: it brings HTTP and mail along, and the first window needs neither.
    from urllib.request import getproxies

    proxies = getproxies()
    host = place.rpartition(":")[0]
    for name in proxies.get("no", "").lower().split(","):
        direct = name.strip().removeprefix("*").removeprefix(".")
        if name.strip() == "*" or (direct and (direct in (host, place) or host.endswith(f".{direct}"))):
            return ""
    return proxies.get("http") or proxies.get("all") or ""


def _place_of(proxy: str) -> str:
    """A proxy's origin, without the credentials that the environment may name with it."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    except ValueError:
        return "?"
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin_of(place) or place.lower()
