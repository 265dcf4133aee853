"""The places of a query's terms in a text, for highlighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.search.tokenizer import atoms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Spans = tuple[tuple[int, int], ...]
"""``(start, end)`` in code points, in order, not overlapping."""

_LONGEST_RUN = 4  # atoms in a word such as a22b or 8x22b


def spans_in(text: str, meanings: Sequence[tuple[str, Mapping[str, float]]]) -> Spans:
    """Find the terms in a text.

    Args:
        text: what is shown.
        meanings: each term with the words that it may mean.
    """
    pieces = atoms(text)
    found: list[tuple[int, int]] = []
    for index, piece in enumerate(pieces):
        for term, words in meanings:
            run, end = "", index
            while end < min(index + _LONGEST_RUN, len(pieces)) and (
                end == index or pieces[end - 1].end == pieces[end].start
            ):
                run += pieces[end].text
                if run in words:
                    found.append(_span(term, run, piece.start, pieces[end].end))
                end += 1
    return _merged(found)


def _span(term: str, word: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a word that was typed: its beginning or middle where that is all there is, else all of it."""
    place = word.find(term)
    if place >= 0 and end - start == len(word):
        return start + place, start + place + len(term)
    return start, end


def _merged(spans: list[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
