"""What a key looks like, and how to keep it out of logs and files.

Every pattern is a fixed prefix and one character class, so that matching stays linear in the length of the text.
"""

from __future__ import annotations

import re
import threading

MASK = "[masked]"

# Shorter live keys than this are not masked verbatim: a server's key "test" would make every log unreadable.
_SHORTEST_LIVE_KEY = 6

_PREFIXES = r"sk-or-v1-|sk-or-|sk-proj-|sk-svcacct-|sk-ant-|sk-|gsk_|xai-|pplx-|hf_|AIza"
_KEYISH = re.compile(rf"(?<![A-Za-z0-9])({_PREFIXES})[A-Za-z0-9_\-]{{8,}}")
_BEARER = re.compile(r"(?i)\b(bearer\s{1,4})[^\s\"',;<>]+")
_NAMED = re.compile(
    r"(?i)((?:api[_-]?key|authorization|access[_-]?token)[\"']?\s{0,4}[:=]\s{0,4}[\"']?)(?!bearer\b)[^\s\"',;<>{}()]+"
)
_PLAUSIBLE_KEY = re.compile(rf"(?<![A-Za-z0-9])(?:{_PREFIXES})([A-Za-z0-9_\-]{{20,}})")

_live_keys: set[str] = set()
_live_keys_guard = threading.Lock()


def register_secret(key: str) -> None:
    """Has this very text masked in every log line from now on, whatever its shape."""
    if len(key) >= _SHORTEST_LIVE_KEY:
        with _live_keys_guard:
            _live_keys.add(key)


def forget_secrets() -> None:
    """Forgets what :func:`register_secret` was told."""
    with _live_keys_guard:
        _live_keys.clear()


def redact(text: str) -> str:
    """The text with everything that is, or looks like, a key replaced by ``[masked]``."""
    with _live_keys_guard:
        # The longest first: a key may contain another one.
        live = sorted(_live_keys, key=len, reverse=True)
    for key in live:
        text = text.replace(key, MASK)
    text = _KEYISH.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1{MASK}", text)
    return _NAMED.sub(rf"\1{MASK}", text)


def looks_like_secret(text: str) -> bool:
    """Whether the text contains what is very likely a real key.

    Stricter than :func:`redact`: a log line may lose a word too many, but a person's text must not be refused for
    containing a word with a dash. A live key counts in any shape.
    """
    with _live_keys_guard:
        if any(key in text for key in _live_keys):
            return True
    return any(any(char.isdigit() for char in match.group(1)) for match in _PLAUSIBLE_KEY.finditer(text))
