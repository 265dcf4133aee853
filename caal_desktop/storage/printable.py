"""Names from outside as they can be shown and logged."""

from __future__ import annotations

_LONGEST = 300


def printable(name: object, limit: int = _LONGEST) -> str:
    """Return a path, or another name from outside, on one line and without what cannot be shown.

    Args:
        name: the name.
        limit: characters; the middle of a longer one is left out, for a path's end says as much as its beginning.
    """
    text = str(name)
    if len(text) > limit:
        half = (limit - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return "".join(letter if letter.isprintable() else "�" for letter in text)
