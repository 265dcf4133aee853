"""Making text from outside fit to show and to log: no secrets, no control characters, no endless length."""

from __future__ import annotations

import re
from typing import Any, Final

MASK: Final = "[hidden]"
MAX_DETAIL_LENGTH: Final = 600
_MAX_METADATA_STRING: Final = 2000
_MAX_METADATA_ITEMS: Final = 50
_MAX_METADATA_DEPTH: Final = 4

# Keys of the vendors whose keys people paste by mistake, a bearer header, and credentials inside a URL.
_SECRET_SHAPES: Final = re.compile(
    r"""
      \b(?:sk|rk|pk|gsk|xai|hf|pplx|nvapi)[-_][A-Za-z0-9_\-]{12,}
    | \bAIza[A-Za-z0-9_\-]{12,}
    | (?P<scheme>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=\-]{8,}
    | (?<=://)[^\s/@:]+:[^\s/@]+(?=@)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# C0 and C1 controls, line and paragraph separators, and the bidirectional controls that can reorder what is read.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def _mask(match: re.Match[str]) -> str:
    return (match["scheme"] or "") + MASK


def hide_secrets(text: str, *secrets: str | None) -> str:
    """Return ``text`` without the given secrets and without anything that has the shape of a key."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return _SECRET_SHAPES.sub(_mask, text)


def clean_text(text: str, *secrets: str | None, limit: int = MAX_DETAIL_LENGTH) -> str:
    """Return ``text`` on one line, without secrets and control characters, cut to ``limit`` characters.

    Secrets are hidden before the cut, so that a cut cannot leave half a key that is no longer recognised.
    """
    # A server can send megabytes, which the expressions need not read.
    text = text[: max(limit, _MAX_METADATA_STRING) * 8]
    text = _CONTROLS.sub(" ", text)
    text = " ".join(hide_secrets(text, *secrets).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_metadata(value: Any, *secrets: str | None, depth: int = 0) -> Any:
    """Return a bounded copy of a JSON value with every string cleaned."""
    if isinstance(value, str):
        return clean_text(value, *secrets, limit=_MAX_METADATA_STRING)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= _MAX_METADATA_DEPTH:
        return clean_text(str(value)[: _MAX_METADATA_STRING * 2], *secrets, limit=_MAX_METADATA_STRING)
    if isinstance(value, dict):
        pairs = list(value.items())[:_MAX_METADATA_ITEMS]
        return {
            clean_text(str(key), *secrets, limit=100): clean_metadata(item, *secrets, depth=depth + 1)
            for key, item in pairs
        }
    if isinstance(value, list | tuple):
        return [clean_metadata(item, *secrets, depth=depth + 1) for item in value[:_MAX_METADATA_ITEMS]]
    return clean_text(str(value), *secrets, limit=_MAX_METADATA_STRING)
