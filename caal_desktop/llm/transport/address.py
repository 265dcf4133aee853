"""Checks of addresses and keys: what requests, and keys, may be sent to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from caal_desktop.llm.errors import AddressRefused, ApiKeyMalformed, ApiKeyMissing
from caal_desktop.llm.translation import FilledText
from caal_desktop.llm.transport.host import Host, read_host

MAX_KEY_LENGTH: Final = 4096
_PORTS: Final = {"http": 80, "https": 443}
# Stricter than urllib, which drops line breaks and what stands around brackets, and takes a backslash for a letter
# where browsers take it for a slash.
_URL: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<place>[^/?#\\]*)(?P<path>(?:/[^?#\\]*)?)(?P<rest>(?:[?#].*)?)",
    re.ASCII | re.IGNORECASE,
)
_PLACE: Final = re.compile(r"(?P<host>\[[^\[\]]+\]|[^\[\]:]+)(?::(?P<port>[0-9]{0,9}))?")
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0]")


@dataclass(frozen=True, slots=True)
class Address:
    """An http(s) address, as it is judged, shown and requested.

    Attributes:
        scheme: ``http`` or ``https``.
        host: where it leads.
        port: None where the address names none.
        path: with its slash; "" for none.
        rest: query and fragment, with ``?`` or ``#``; "" for none.
    """

    scheme: str
    host: Host
    port: int | None
    path: str
    rest: str

    @property
    def origin(self) -> str:
        """Scheme, host and port (``https://host:443``): what a secret belongs to."""
        return f"{self.scheme}://{self.host}:{self.effective_port}"

    @property
    def effective_port(self) -> int:
        """The port that is connected to."""
        return _PORTS[self.scheme] if self.port is None else self.port

    @property
    def location(self) -> str:
        """``host`` or ``host:port``, to be shown."""
        return str(self.host) if self.port is None else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """Return the URL."""
        return f"{self.scheme}://{self.location}{self.path}{self.rest}"


class AddressError(ValueError):
    """A text is no address that requests can be sent to.

    Attributes:
        reason: why not, in a sentence. It quotes no credentials.
    """

    def __init__(self, reason: FilledText) -> None:
        super().__init__(reason.text)
        self.reason = reason


def read_address(url: str) -> Address:
    """Return the address that a text names; blanks around it are no part of it.

    Raises:
        AddressError: it is no http(s) URL, has blanks or credentials, or hides its host behind another spelling.
    """
    text = url.strip()
    if not text:
        raise AddressError(FilledText(AddressRefused.why_empty))
    found = _URL.fullmatch(text)
    if found is None:
        raise AddressError(FilledText(AddressRefused.why_no_url if "://" in text else AddressRefused.why_no_host))
    scheme, place = found["scheme"].lower(), found["place"]
    if scheme not in _PORTS or not place:
        raise AddressError(FilledText(AddressRefused.why_no_host))
    if "@" in place:
        raise AddressError(FilledText(AddressRefused.why_credentials))
    if _BLANK.search(text):
        raise AddressError(FilledText(AddressRefused.why_query))
    parts = _PLACE.fullmatch(place)
    host = read_host(parts["host"]) if parts is not None else None
    port = int(parts["port"]) if parts is not None and parts["port"] else None
    if host is None or (port or 0) > 65535:
        raise AddressError(FilledText(AddressRefused.why_no_url))
    if not host.is_plain:
        raise AddressError(FilledText(AddressRefused.why_odd_spelling, {"host": str(host)}))
    return Address(scheme, host, port, found["path"], found["rest"])


def _address(url: str) -> Address | None:
    try:
        return read_address(url)
    except AddressError:
        return None


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    read = read_host(host)
    return read is not None and read.is_loopback


def is_private(host: str) -> bool:
    """Return whether a host is in a private network, by its form alone; no name is looked up."""
    read = read_host(host)
    return read is not None and read.is_private


def host_of(url: str) -> str:
    """Return a URL's host, in its ordinary form and without brackets; "" where there is none."""
    address = _address(url)
    return "" if address is None else address.host.name


def origin_of(url: str) -> str:
    """Return a URL's origin, to which a secret belongs.

    Returns:
        ``https://host:port``, the host in its ordinary form, always with a port; "" where the URL has no origin,
        contains credentials or is spelled so that the host is hidden, so that it gets no secret.
    """
    address = _address(url)
    return "" if address is None else address.origin


def location_of(url: str) -> str:
    """Return ``host`` or ``host:port`` of a URL, to be shown; "" where there is none."""
    address = _address(url)
    return "" if address is None else address.location


def check_key_form(provider: str, display_name: str, api_key: object) -> str:
    """Return a key without blanks at its ends.

    Args:
        provider: the provider's name in the registry.
        display_name: the provider's name in errors.
        api_key: the key.

    Raises:
        ApiKeyMissing: there is none, or it is blank.
        ApiKeyMalformed: it contains blanks, or characters that no HTTP header may have. The error does not quote it.
    """
    params = {"provider": display_name}
    if api_key is None or (isinstance(api_key, str) and not api_key.strip()):
        raise ApiKeyMissing(provider, params=params)
    if not isinstance(api_key, str):
        raise ApiKeyMalformed(provider, params=params, detail=f"The key is of type {type(api_key).__name__}.")
    # Blanks at the ends are accepted. A line break, even at the end, means that more than a key was copied.
    key = api_key.strip(" \t")
    if not all("!" <= letter <= "~" for letter in key) or len(key) > MAX_KEY_LENGTH:
        raise ApiKeyMalformed(provider, params=params)
    return key


def check_base_url(provider: str, display_name: str, base_url: object, *, has_key: bool) -> str:
    """Return a base URL in its ordinary form (:class:`Address`), without a slash at its end.

    Plain ``http`` with a key is accepted for this machine and for private networks, since servers at home rarely have
    certificates. A key is never sent over the internet unencrypted.

    Args:
        provider: the provider's name in the registry.
        display_name: the provider's name in errors.
        base_url: the URL.
        has_key: whether a key is sent there.

    Raises:
        AddressRefused: it is no http(s) URL, has credentials, query or fragment, or a key would be sent unencrypted.
    """
    try:
        address = read_address(base_url if isinstance(base_url, str) else "")
    except AddressError as cause:
        reason = cause.reason
    else:
        if address.rest:
            reason = FilledText(AddressRefused.why_query)
        elif address.scheme == "http" and has_key and not address.host.is_private:
            reason = FilledText(AddressRefused.why_unencrypted)
        else:
            return str(address).rstrip("/")
    raise AddressRefused(provider, params={"provider": display_name, **reason.values}, reason=reason.text)


def check_fixed_base_url(provider: str, display_name: str, base_url: object, constant: str) -> str:
    """Return the base URL of a provider whose address is fixed.

    Args:
        provider: the provider's name in the registry.
        display_name: the provider's name in errors.
        base_url: the URL.
        constant: the provider's own URL. Every other one must be on this machine, for the demo and for tests.

    Raises:
        AddressRefused: it is another URL.
    """
    if base_url == constant:
        return constant
    url = check_base_url(provider, display_name, base_url, has_key=True)
    if not is_loopback(host_of(url)):
        raise AddressRefused(
            provider,
            params={"provider": display_name, "address": constant},
            reason=AddressRefused.why_fixed,
        )
    return url
