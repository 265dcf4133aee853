"""Cutting names, ids and queries into the pieces that are compared: runs of letters and (dotted) numbers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ATOM = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*")
_SEPARATED_VERSION = re.compile(r"(?<![\d.])(\d{1,2})-(\d{1,2})(?![\d.\-]|[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Atom:
    """A run of letters or a number, lower-case, with its place in the text (code points)."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is a number such as ``70`` or ``4.5``."""
        return self.text[0].isdigit()


def fold(text: str) -> str:
    """Return the text in lower case and without accents, character by character, so that positions stay valid."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1].lower()
    return base if len(base) == 1 else character


def atoms(text: str) -> list[Atom]:
    """Split a text into its runs of letters and its numbers: ``"GPT-4o mini"`` → ``gpt``, ``4``, ``o``, ``mini``."""
    return [Atom(match[0], match.start(), match.end()) for match in _ATOM.finditer(fold(text))]


def joined_versions(text: str) -> str:
    """Write versions with a dot, which some vendors' ids write with a hyphen: ``haiku-4-5`` → ``haiku-4.5``."""
    return _SEPARATED_VERSION.sub(r"\1.\2", text)


def compounds(pieces: list[Atom]) -> set[str]:
    """Return neighbouring letters and numbers as one word (``gpt4``, ``4o``, ``70b``), and whole runs (``a22b``)."""
    found = set()
    run = ""
    for index, piece in enumerate(pieces):
        previous = pieces[index - 1] if index else None
        if previous is not None and previous.is_number != piece.is_number:
            found.add(previous.text + piece.text)
        touching = previous is not None and previous.end == piece.start
        run = run + piece.text if touching else piece.text
        if touching and len(run) <= 12:
            found.add(run)
    return found
