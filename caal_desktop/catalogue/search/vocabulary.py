"""The words of a list, and those among them that a typed term may mean."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA

from caal_desktop.catalogue.search.synonyms import SYNONYMS

if TYPE_CHECKING:
    from collections.abc import Iterable

_CACHED_TERMS = 256

# How well a word of the list meets a term.
_EXACT = 1.0
_MINOR_VERSION = 0.85  # 4 typed, 4.5 listed
_PREFIX_BASE, _PREFIX_SPAN = 0.7, 0.2
_SIZE = 0.8  # 70 typed, 70b listed
_VERSION_BEGUN = 0.7  # 5. typed, 5 listed
_UNDOTTED = 0.65  # 35 typed, 3.5 listed
_SYNONYM = 0.6
_INFIX = 0.5
_NUMBER_PREFIX = 0.5  # 12 typed on the way to 120
_ONE_TYPO, _TWO_TYPOS = 0.55, 0.4

INFIX = _INFIX
"""From this quality on a word holds the term as it was typed; below it is a guess."""


class Vocabulary:
    """The words of a list, comparable with what is typed; a term's answer is kept, so that typing on is cheap."""

    def __init__(self, words: Iterable[str]) -> None:
        self._set = frozenset(words)
        self._words = sorted(self._set)
        self._letter_words = [word for word in self._words if word.isalpha()]
        self._number_words = [word for word in self._words if word[0].isdigit() and not word[-1].isalpha()]
        self._known: OrderedDict[tuple[str, bool], dict[str, float]] = OrderedDict()

    def __contains__(self, word: str) -> bool:
        return word in self._set

    def begins_a_word(self, prefix: str) -> bool:
        """Return whether any word begins with a prefix."""
        start = bisect_left(self._words, prefix)
        return start < len(self._words) and self._words[start].startswith(prefix)

    def meanings(self, text: str, *, is_last: bool) -> dict[str, float]:
        """Return the words that a term may mean, with how well they meet it (up to 1).

        Args:
            text: a folded term.
            is_last: whether it may still be being typed.
        """
        key = (text, is_last)
        meanings = self._known.get(key)
        if meanings is None:
            found = self._number_meanings(text, is_last) if text[0].isdigit() else self._word_meanings(text)
            meanings = {word: quality for word, quality in found.items() if word in self._set}
            self._known[key] = meanings
            if len(self._known) > _CACHED_TERMS:
                self._known.popitem(last=False)
        return meanings

    def _with_prefix(self, prefix: str) -> list[str]:
        words = self._words
        start = bisect_left(words, prefix)
        end = bisect_left(words, prefix + "\U0010ffff", lo=start)
        return words[start:end]

    def _number_meanings(self, text: str, is_last: bool) -> dict[str, float]:
        found: dict[str, float] = {}
        if text.endswith("."):
            longer = dict.fromkeys((word for word in self._with_prefix(text) if not word[-1].isalpha()), _EXACT)
            return {text[:-1]: _VERSION_BEGUN, **longer}
        for word in self._with_prefix(text):
            if word == text:
                found[word] = _EXACT
            elif word == text + "b":
                found[word] = _SIZE
            elif word.startswith(text + "."):
                if word[len(text) + 1 :].replace(".", "").isdigit():
                    found[word] = _MINOR_VERSION
            elif is_last and len(text) > 1 and word[: len(text) + 1][-1].isdigit():
                found[word] = _NUMBER_PREFIX
            elif word[len(text) :].isalpha() and text[-1].isalpha():
                found[word] = _MINOR_VERSION  # a22 on the way to a22b
        if text.isdigit() and len(text) > 1 and text not in found:
            for word in self._number_words:
                if "." in word and word.replace(".", "") == text:
                    found[word] = _UNDOTTED
        return found

    def _word_meanings(self, text: str) -> dict[str, float]:
        found: dict[str, float] = {}
        has_number = not text.isalpha()
        for word in self._with_prefix(text):
            if word == text:
                found[word] = _EXACT
            elif has_number:
                if word[len(text)] == "." or not word[len(text)].isdigit():
                    found[word] = _MINOR_VERSION
            elif word.isalpha():
                found[word] = _PREFIX_BASE + _PREFIX_SPAN * len(text) / len(word)
        if not has_number and text not in found and len(text) >= 3:
            self._add_likely(text, found)
        for word in SYNONYMS.get(text, ()):
            found.setdefault(word, _SYNONYM)
        if has_number and not found and text[0] == "v":
            return self._number_meanings(text[1:], True)
        return found

    def _add_likely(self, text: str, found: dict[str, float]) -> None:
        """Add words that contain the text, and words that may have been meant by it."""
        for word in self._letter_words:
            if text in word:
                found.setdefault(word, _INFIX)
        allowed = 1 if len(text) < 8 else 2
        if len(text) == 3 and found:
            return
        typos = process.extract(text, self._letter_words, scorer=OSA.distance, score_cutoff=allowed, limit=None)
        for word, distance, _ in typos:
            if len(word) >= 3 and (len(text) > 3 or word[0] == text[0]):
                found.setdefault(word, _ONE_TYPO if distance <= 1 else _TWO_TYPOS)
                for other in SYNONYMS.get(word, ()):
                    found.setdefault(other, _TWO_TYPOS)
        if len(text) >= 4 and not typos:  # a typo in a word that is still being typed
            for word in self._letter_words:
                if len(word) > len(text) and word[0] == text[0]:
                    distance = OSA.distance(text, word[: len(text)], score_cutoff=1)
                    if distance <= 1:
                        found.setdefault(word, _TWO_TYPOS)
