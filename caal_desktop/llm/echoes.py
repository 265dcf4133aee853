"""Takes the secrets that went with a request out of its answer.

What is in an answer is kept and shown: a server's mistake must not put a key there. Any other text stays as it is: a
short key may be a word that the answer is made of, and what looks like a key may be an example.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final

from caal_desktop.llm.redaction import BEGINNING, MASK, SHORTEST_UNMISTAKABLE, spellings

# What JSON may write with an escape: besides what it must, some servers do so with slashes, signs or any character.
_ESCAPE: Final = re.compile(r"\\(?:u00(?P<code>[2-7][0-9A-Fa-f])|.)", re.DOTALL)


class _Wanted:
    """What to look for: some secrets in every spelling."""

    def __init__(self, secrets: set[str]) -> None:
        # The longest first: one may begin as another one does.
        self._texts = sorted({text for secret in secrets for text in spellings(secret)}, key=len, reverse=True)
        self._firsts = frozenset(text[0] for text in self._texts)
        self._whole = re.compile("|".join(map(re.escape, self._texts)))

    def hidden(self, text: str) -> str:
        """Return a text without the secrets."""
        for wanted in self._texts:
            if wanted in text:  # faster than the expression, and hardly ever true
                return self._whole.sub(MASK, text)
        return text

    def can_begin_in(self, text: str) -> bool:
        """Return whether a secret could begin in a text: what rules that out in hardly any time."""
        return not self._firsts.isdisjoint(text)

    def settled(self, text: str) -> tuple[str, str]:
        """Return a text, secrets hidden, up to where its end may be the beginning of one; and this end as it is."""
        end = self._open_end(text, 0)
        if end == 0 or len(text) < len(self._texts[-1]):
            return text[:end], text[end:]
        done: list[str] = []
        place = 0
        for match in self._whole.finditer(text):
            if end <= match.start():
                break
            done += (text[place : match.start()], MASK)
            place = match.end()
            if end < place:
                end = self._open_end(text, place)
        done.append(text[place:end])
        return "".join(done), text[end:]

    def _open_end(self, text: str, start: int) -> int:
        """Return the first place from which on a text is the beginning of a secret; its length where there is none."""
        found = len(text)
        for wanted in self._texts:
            place = max(start, len(text) - len(wanted) + 1)
            while (place := text.find(wanted[0], place, found)) >= 0:
                if wanted.startswith(text[place:]):
                    found = place
                    break
                place += 1
        return found


@lru_cache(maxsize=16)
def _wanted(secrets: tuple[str | None, ...]) -> _Wanted | None:
    long = {secret for secret in secrets if secret is not None and len(secret) >= SHORTEST_UNMISTAKABLE}
    return _Wanted(long) if long else None


def hide_echoes(text: str, secrets: tuple[str | None, ...]) -> str:
    """Return a whole text of an answer, which may be JSON, without the secrets that went with its request."""
    wanted = _wanted(secrets)
    if wanted is None:
        return text
    bare = _ESCAPE.sub(_without_escape, text) if "\\u00" in text or "\\/" in text else text
    hidden = wanted.hidden(bare)
    return text if hidden == bare else hidden


def _without_escape(match: re.Match[str]) -> str:
    if match["code"] is not None:
        return json.dumps(chr(int(match["code"], 16)))[1:-1]
    return "/" if match[0] == "\\/" else match[0]


class EchoFilter:
    """Takes secrets out of a text that comes in pieces, between which a secret may be cut anywhere.

    The end of what has come is held back as long as it is the beginning of a secret, and not a character more.

    Args:
        secrets: those that went with the request.
    """

    def __init__(self, secrets: tuple[str | None, ...]) -> None:
        self._wanted = _wanted(secrets)
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be told of the text with its next piece; may be ""."""
        wanted = self._wanted
        if wanted is None or not (self._held or wanted.can_begin_in(piece)):
            return piece
        text, self._held = wanted.settled(self._held + piece)
        return text

    def finish(self) -> str:
        """Return the end that was held back: a word, or what stands for a secret that was cut off."""
        held, self._held = self._held, ""
        return held if len(held) < BEGINNING else MASK
