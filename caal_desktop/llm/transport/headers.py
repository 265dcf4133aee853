"""Checks of the headers that the user may add to requests."""

from __future__ import annotations

import re
from typing import Final

from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, SourceText

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


def check_header(name: str, value: str) -> SourceText:
    """Return why a header cannot be sent, in whole sentences; "" where it can."""
    if not _NAME.fullmatch(name):
        return QT_TRANSLATE_NOOP("InvalidSetting", "The header has a name that cannot stand in a request.")
    if name.lower() in _RESERVED:
        return QT_TRANSLATE_NOOP("InvalidSetting", "The program itself sets this header.")
    if _SECRET.search(name):
        return QT_TRANSLATE_NOOP(
            "InvalidSetting", "The header looks like a credential. Enter a key as the provider's key."
        )
    if len(value) > MAX_VALUE_LENGTH or not all(" " <= letter <= "~" for letter in value):
        return QT_TRANSLATE_NOOP("InvalidSetting", "The header has a value that cannot stand in a request.")
    return NO_TEXT


def parse_header(line: str) -> tuple[str, str]:
    """Return name and value of a line ``Name: value``.

    Raises:
        ValueError: the line has no colon.
    """
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError("the line has not the form “Name: value”")
    return name.strip(), value.strip()
