"""Checks of addresses and keys: what requests, and keys, may be sent to."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from caal_desktop.llm.errors import AddressRefused, ApiKeyMalformed, ApiKeyMissing

if TYPE_CHECKING:
    from caal_desktop.llm.translation import SourceText

# Names outside of the public domain name system (RFC 6762, RFC 8375, and ICANN's .internal).
_PRIVATE_SUFFIXES: Final = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
MAX_KEY_LENGTH: Final = 4096
_PORTS: Final = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Return whether a host is in a private network, by its form alone; no name is looked up."""
    name = host.lower().rstrip(".")
    try:
        return not ipaddress.ip_address(_number(name) or name).is_global
    except ValueError:
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES)


def _number(name: str) -> int | None:
    """Return the address that a host is as one number (``134744072`` and ``0x8080808`` are 8.8.8.8), else None."""
    try:
        return int(name, 8 if name.startswith("0") and name.isdigit() else 0)
    except ValueError:
        return None


def host_of(url: str) -> str:
    """Return a URL's host, in lower case and without brackets; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Return a URL's origin, to which a secret belongs.

    Returns:
        ``https://host:port`` in lower case, always with a port; "" where the URL has no origin or contains
        credentials, so that it gets no secret.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    host, default = parts.hostname or "", _PORTS.get(parts.scheme)
    if default is None or not host or "@" in parts.netloc or "\\" in parts.netloc:
        return ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{default if port is None else port}"


def location_of(url: str) -> str:
    """Return ``host`` or ``host:port`` of a URL, to be shown; "" where there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    return host if port is None else f"{host}:{port}"


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
    """Return a base URL without a slash at its end.

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

    def refused(reason: SourceText) -> AddressRefused:
        return AddressRefused(provider, params={"provider": display_name}, reason=reason)

    if not isinstance(base_url, str) or not base_url.strip():
        raise refused(AddressRefused.why_empty)
    url = base_url.strip()
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        raise refused(AddressRefused.why_no_url) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refused(AddressRefused.why_no_host)
    if "@" in parts.netloc:
        raise refused(AddressRefused.why_credentials)
    if parts.query or parts.fragment or any(letter < "!" for letter in url):
        raise refused(AddressRefused.why_query)
    if parts.scheme == "http" and has_key and not is_private(parts.hostname):
        raise refused(AddressRefused.why_unencrypted)
    return url.rstrip("/")


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
