"""Which further headers a person may add to requests."""

from __future__ import annotations

import re
from typing import Final

MAX_VALUE_LENGTH: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_RESERVED: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
# Headers are kept among the settings, in plain text.
_SECRET: Final = re.compile(r"auth|cookie|api-?key|token|secret|password|passwd|credential", re.IGNORECASE)


def check_header(name: str, value: str) -> str:
    """Say what is wrong with a header, as a short clause; "" where nothing is."""
    if not _NAME.fullmatch(name):
        return "has a name that cannot stand in a request"
    if name.lower() in _RESERVED:
        return "is set by the program itself"
    if _SECRET.search(name):
        return "looks like a credential; enter a key as the provider's key"
    if len(value) > MAX_VALUE_LENGTH or not all(" " <= letter <= "~" for letter in value):
        return "has a value that cannot stand in a request"
    return ""


def parse_header(line: str) -> tuple[str, str]:
    """Return name and value of ``Name: value``.

    Raises:
        ValueError: there is no colon.
    """
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError("it must read “Name: value”")
    return name.strip(), value.strip()
