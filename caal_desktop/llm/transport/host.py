"""What a host in an address is to the network stack, whatever it looks like.

Resolvers take ``134744072``, ``0x8080808`` and ``010.8.8.8`` for 8.8.8.8, browsers and HTTP clients take ``evil。com``
for ``evil.com``. So a host is read once, here, into the one form that is judged, compared, shown and connected to.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_NAME: Final = 253
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
_ZONE: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
# A table of our own, since ``is_private`` and ``is_global`` mean something else in each version of Python. What is not
# here may be reached over the internet, or by nobody: documentation, multicast and reserved ranges, NAT64 and 6to4.
_PRIVATE_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/32",  # this machine
        "127.0.0.0/8",
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # RFC 6598: behind a provider's NAT, and in overlay networks
        "169.254.0.0/16",  # link-local
        "::/128",  # this machine
        "::1/128",
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
    )
)
# Names outside of the public domain name system (RFC 6762, RFC 8375, and ICANN's .internal).
_PRIVATE_SUFFIXES: Final = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
# A name without a dot is one of the user's own network, unless it could be a country's: where the own network has no
# such name, the resolver asks the internet for it, and countries may have addresses at their own names (RFC 7085);
# ICANN forbids that to all other top-level domains. A country's name has two letters (RFC 1591, section 2), as no other
# has, or is written in another script than Latin.
_COUNTRY: Final = re.compile(r"[a-z]{2}|xn--.*")


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the network stack reads it.

    Attributes:
        name: a domain name in lower case and in ASCII, without a dot at its end, or an IP address in its ordinary
            form, that of IPv6 without brackets. This is what is connected to.
        address: the IP address; None for a name.
        is_plain: whether it was written so that a reader sees what it is; False for an IP address in another form.
    """

    name: str
    address: IPAddress | None = None
    is_plain: bool = True

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
        return self.name == "localhost" or (self.address is not None and self.address.is_loopback)

    @property
    def is_private(self) -> bool:
        """Whether it is in a private network, by its form alone; no name is looked up."""
        if self.address is not None:
            address = self.address
            return any(address.version == network.version and address in network for network in _PRIVATE_NETWORKS)
        if "." not in self.name:
            return _COUNTRY.fullmatch(self.name) is None
        return self.name.endswith(_PRIVATE_SUFFIXES)

    def __str__(self) -> str:
        """Return it as it stands in a URL."""
        return f"[{self.name}]" if ":" in self.name else self.name


def read_host(text: str) -> Host | None:
    """Return the host that a text names; None where it names none.

    Args:
        text: a name or an IP address; that of IPv6 with or without brackets.
    """
    if text.startswith("[") and text.endswith("]"):
        return _ip_version_6(text[1:-1])
    if ":" in text:
        return _ip_version_6(text)
    name = _ascii(text)
    if name is None:
        return None
    name = name.removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # No top-level domain is a number: it is an IP address, or nothing.
        number = _ip_version_4(name)
        return None if number is None else Host(str(number), number, is_plain=text == str(number))
    return Host(name) if len(name) <= _MAX_NAME and _NAME.fullmatch(name) else None


def _ascii(text: str) -> str | None:
    """Return a name in lower case and in ASCII, as browsers do it (UTS 46); None where it has no such form."""
    if text.isascii():
        return text.lower()
    if len(text) > _MAX_NAME:
        return None
    # Imported here: its tables are large, and hardly any address needs them.
    import idna

    try:
        return idna.encode(text, uts46=True, transitional=False).decode()
    except UnicodeError:  # idna's own errors are of this class
        return None


def _ip_version_4(name: str) -> ipaddress.IPv4Address | None:
    """Return the IP address of one to four decimal, octal or hexadecimal numbers, the last of which fills the rest.

    So do ``inet_aton`` and with it every resolver.
    """
    parts = name.split(".")
    if len(parts) > 4 or not all(len(part) <= 20 and _NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *first, last = (_value(part) for part in parts)
    except ValueError:  # an 8 or a 9 in an octal number
        return None
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(parts)):
        return None
    high = sum(number << (24 - 8 * place) for place, number in enumerate(first))
    return ipaddress.IPv4Address(high + last)


def _value(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def _ip_version_6(text: str) -> Host | None:
    """Return the host of an IPv6 address; None where it is none.

    A zone, which names the network interface of a link-local address, stays as it is written.
    """
    bare, percent, zone = text.partition("%")
    zone = zone.removeprefix("25") or zone  # RFC 6874 writes the percent sign as one does in a path
    try:
        address = ipaddress.IPv6Address(bare)
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return None if percent else Host(str(address.ipv4_mapped), address.ipv4_mapped, is_plain=False)
    if not percent:
        return Host(address.compressed, address)
    if not address.is_link_local or not _ZONE.fullmatch(zone):
        return None
    return Host(f"{address.compressed}%{zone}", address)
