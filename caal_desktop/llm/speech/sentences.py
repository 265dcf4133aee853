"""Cuts an answer into sentences while it is written, so that the first is spoken before the last is there.

Two sentences in one piece cost a moment; half a sentence sounds wrong. So what is in doubt is not cut.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final

from caal_desktop.llm.speech.languages import comparable, language_of

_MARKS: Final = frozenset(".!?…‽")
_CLOSING: Final = frozenset(")]}”")
# Either side has the same sign, or which one it is depends on the language; after a blank they open.
_EITHER: Final = frozenset("\"'’*_~`")
_OPENING: Final = frozenset("([{“„‘‚¿¡–—-") | _EITHER
_ANY_QUOTE: Final = frozenset("«»‹›“‘")
# What goes on with the sentence before.
_JOINING: Final = _MARKS | frozenset(",;:%&+=/")
# After one of these, with a blank behind it, a voice pauses within a sentence.
_PAUSES: Final = frozenset(",;–—-")
_DASHES: Final = frozenset("–—-")
_QUOTES: Final = frozenset('"“”„«»‹›()')
_APOSTROPHES: Final = frozenset("'‘’")
_SHORTEST_CLAUSE: Final = 20
"""Characters: one or two seconds of speech, in which the rest of the sentence comes."""
_NO_BREAK: Final = frozenset("\u00a0\u202f\u2007")
_NUMBER: Final = re.compile(r"\d{1,3}")
_ROMAN: Final = re.compile(r"[IVXLC]+|[ivx]+")
# After a number these are no initials: "20 g", "5 h".
_UNITS: Final = frozenset("ghlmsvw")
# Without any of these, a word is an abbreviation, even if no table has it.
_VOWELS: Final = frozenset("aeiouyàáâãăäåæèéêëìíîïòóôõöøœùúûüý")
# More of a word is not looked at: no abbreviation is longer, and a word may have no end.
_LONGEST_WORD: Final = 64


class _End(Enum):
    NONE = 0
    CAREFUL = 1  # if a word with a capital follows, and not one that goes on
    SHORT = 2  # unless a small letter or a number follows
    PLAIN = 3  # unless a small letter follows


class SentenceSplitter:
    """Cuts a text that comes in pieces after its sentences.

    ::

        splitter = SentenceSplitter("en")
        async for piece in pieces:
            for sentence in splitter.feed(piece):
                speak(sentence)
        speak(splitter.finish())

    A sentence ends with its mark and the blanks after it, as soon as the next one begins; and with its line. Numbers,
    dates, initials, abbreviations, the markers of lists, addresses, and what Markdown puts between two signs (emphasis,
    code, the text of a link) stay whole. All sentences together are the text, whatever pieces it came in.

    Where Markdown's first sign has no second one, only the paragraph's end cuts, or that of the text for three
    backticks.

    With ``first_clause`` a text's first piece may be the beginning of a sentence, up to a comma, a semicolon or a dash
    at which a voice pauses, so that it speaks sooner: at least twenty characters, no quotation and no parenthesis in
    them, not between two numbers, and not after an abbreviation.

    Args:
        language: en, fr, it, pt, da or ro, with or without a region; any other is read as English.
        first_clause: whether the first piece may be less than a sentence.
    """

    def __init__(self, language: str = "en", *, first_clause: bool = False) -> None:
        self._language = language_of(language)
        self._first_clause = first_clause
        self._closing = _CLOSING | self._language.closing
        self._opening = _OPENING | self._language.opening
        self._around = "".join(_CLOSING | _OPENING | _ANY_QUOTE)
        self._restart()

    def _restart(self) -> None:
        self._text: list[str] = []  # what no sentence has taken yet, by character
        self._word_at = -1  # where the current word begins; -1 between words
        self._has_words = False  # before the current word, in this sentence
        self._has_letters = False
        self._line_has_words = False
        self._line_is_blank = True
        self._word_before = ""
        # The mark that was met last, and what is known of what follows it.
        self._end = _End.NONE
        self._last_end = _End.NONE
        self._cut_at = 0
        self._may_break = False
        self._has_opened = False
        self._next_word = ""
        # The first piece, as long as it may be a clause
        self._may_be_clause = self._first_clause
        self._clause_at = 0  # where it may end, if what follows allows that
        self._is_after_number = False
        # Markdown
        self._run = 0  # how many of the same sign the text ends with
        self._before_run = "\n"
        self._code = 0
        self._emphasis = {"*": 0, "_": 0, "~": 0}
        self._brackets = 0
        self._is_in_target = False

    def feed(self, piece: str) -> list[str]:
        """Take the next piece of the text.

        Args:
            piece: of any length, cut anywhere.

        Returns:
            The sentences that are complete now, with the blanks around them; often none.
        """
        done: list[str] = []
        for character in piece:
            self._take(character, done)
        return done

    def finish(self) -> str:
        """Return what is left at the text's end, "" where nothing is, and begin anew."""
        rest = "".join(self._text)
        self._restart()
        return rest

    def _take(self, character: str, done: list[str]) -> None:
        if self._run and character != self._text[-1]:
            self._end_run(character)
        if self._end is not _End.NONE:
            self._look_at_next(character, done)
        elif self._may_be_clause:
            self._look_at_clause(character, done)
        if character.isspace():
            if self._word_at >= 0:
                self._end_word(character)
            self._text.append(character)
            if character == "\n":
                self._end_line(done)
            return
        if self._word_at < 0:
            self._word_at = len(self._text)
        self._line_is_blank = False
        self._mark_up(character)
        self._text.append(character)

    # --- where a sentence may end -----------------------------------------------------------------------------------

    def _end_word(self, blank: str) -> None:
        start = max(self._word_at, len(self._text) - _LONGEST_WORD)
        word = "".join(self._text[start:])
        if self._end is not _End.NONE and not self._next_word:
            self._word_at = -1  # signs alone: what follows them will tell
            return
        end = self._end_after(word, is_whole=start == self._word_at)
        if any(map(str.isalnum, word)):
            self._has_words = self._line_has_words = True
            self._has_letters = self._has_letters or any(map(str.isalpha, word))
        if self._may_be_clause and end is _End.NONE and word[-1] in _PAUSES:
            before = word[:-1] or self._word_before
            if self._may_end_clause(before, is_alone=len(word) == 1):
                self._clause_at = len(self._text) + 1
                self._is_after_number = before[-1:].isdigit()
        self._word_before = word
        self._word_at = -1
        self._last_end = end
        if end is not _End.NONE and self._has_words and not self._is_open:
            self._end = end
            self._cut_at = len(self._text) + 1
            self._may_break = blank not in _NO_BREAK
            self._has_opened = False
            self._next_word = ""

    def _end_after(self, word: str, *, is_whole: bool) -> _End:
        """Return how a sentence may end after a word."""
        core = word.rstrip(self._around)
        if not core:
            # A quotation mark after a blank, as French has it: the mark before it still counts.
            return self._last_end if is_whole else _End.NONE
        stem = core.rstrip("".join(_MARKS))
        marks = core[len(stem) :]
        if not marks:
            return _End.NONE
        stem = stem.lstrip(self._around)
        if marks != "." or not stem:
            return _End.PLAIN
        return self._end_after_stop(stem)

    def _end_after_stop(self, stem: str) -> _End:
        begins_line = not self._line_has_words or not self._has_words
        begins_list = self._word_before.endswith((";", ",")) or (stem == "1" and self._word_before.endswith(":"))
        if (begins_line or begins_list) and (_NUMBER.fullmatch(stem) or _ROMAN.fullmatch(stem)):
            return _End.NONE  # the marker of a list
        if stem.isdecimal():
            return _End.CAREFUL if len(stem) <= 2 else _End.PLAIN
        is_after_number = self._word_before[-1:].isdecimal()
        name = comparable(stem)
        # French and Italian put a short word before it: l'av., dell'ing.
        names = {name, re.split(r"['’]", name)[-1]}
        if names & self._language.never:
            return _End.NONE
        if names & self._language.sometimes:
            return _End.CAREFUL
        parts = [part for part in re.split(r"[.'’-]+", name) if part]
        if all(part.isalpha() and len(part) == 1 for part in parts):
            return _End.PLAIN if stem in _UNITS and is_after_number else _End.NONE
        if "." in name and all(part.isalpha() and len(part) <= 2 for part in parts):
            return _End.NONE
        is_short = name.isalpha() and _VOWELS.isdisjoint(name) and not is_after_number
        return _End.SHORT if is_short else _End.PLAIN

    def _look_at_next(self, character: str, done: list[str]) -> None:
        """Decide on the mark that was met last, as soon as what follows it tells."""
        if self._next_word:
            if (character.isalpha() or unicodedata.category(character)[0] == "M") and len(self._next_word) < 16:
                self._next_word += character
                return
            word = self._next_word
            self._end = _End.NONE
            if not (len(word) > 1 and word.isupper()) and comparable(word) not in self._language.goes_on:
                self._cut(done)
        elif character.isspace():
            if not self._has_opened:
                self._cut_at = len(self._text) + 1
                self._may_break = self._may_break or character not in _NO_BREAK
        elif character in self._closing or character in _JOINING or not self._may_break:
            self._end = _End.NONE
        elif character in self._opening:
            self._has_opened = True
        elif character.islower() or (self._end is _End.SHORT and character.isdigit()):
            self._end = _End.NONE
        elif self._end is not _End.CAREFUL:
            self._end = _End.NONE
            self._cut(done)
        elif character.isalpha():
            self._next_word = character
        else:
            self._end = _End.NONE

    def _may_end_clause(self, word: str, *, is_alone: bool) -> bool:
        """Return whether the first clause may end with the text so far.

        Args:
            word: the word before the pause's sign.
            is_alone: that sign stands alone, as a dash has to: "on-" and "10–" go on.
        """
        if (self._text[-1] in _DASHES and not is_alone) or word.endswith(".") or self._is_open:
            return False
        return len(self._text) >= _SHORTEST_CLAUSE

    def _look_at_clause(self, character: str, done: list[str]) -> None:
        """End the first clause before a word, and do not where something else follows."""
        if character in _QUOTES or (character in _APOSTROPHES and self._word_at < 0):
            self._may_be_clause = False
        elif self._clause_at and character.isspace():
            self._clause_at = len(self._text) + 1
        elif self._clause_at:
            self._cut_at, self._clause_at = self._clause_at, 0
            if character.isalpha() or (character.isdigit() and not self._is_after_number):
                self._cut(done)
        elif character.isalpha() and self._is_behind_dash() and self._may_end_clause("", is_alone=True):
            self._cut_at = len(self._text)
            self._cut(done)

    def _is_behind_dash(self) -> bool:
        """Return whether the text ends with a word and the dash that English puts behind it without a blank."""
        if len(self._text) < 2 or self._text[-1] != "—" or not self._text[-2].isalpha():
            return False
        return not self._is_in_address()

    def _cut(self, done: list[str]) -> None:
        done.append("".join(self._text[: self._cut_at]))
        del self._text[: self._cut_at]
        self._word_at = max(-1, self._word_at - self._cut_at)
        self._may_be_clause = False
        self._has_words = self._has_letters = self._line_has_words = False
        self._word_before = ""
        self._last_end = _End.NONE

    def _end_line(self, done: list[str]) -> None:
        if self._line_is_blank and self._code < 3:
            self._close_all()
        self._line_is_blank = True
        self._line_has_words = False
        if self._has_letters and not self._is_open:
            self._end = _End.NONE
            self._cut_at = len(self._text)
            self._cut(done)

    # --- Markdown ---------------------------------------------------------------------------------------------------

    @property
    def _is_open(self) -> bool:
        return bool(self._code or self._brackets or self._is_in_target or any(self._emphasis.values()))

    def _close_all(self) -> None:
        self._code = self._brackets = 0
        self._is_in_target = False
        self._emphasis = dict.fromkeys(self._emphasis, 0)

    def _mark_up(self, character: str) -> None:
        before = self._text[-1] if self._text else "\n"
        if character == "`" or character in self._emphasis:
            if not self._run:
                self._before_run = before
            self._run += 1
        elif self._code:
            return
        elif character == "[":
            self._brackets += 1
        elif character == "]":
            self._brackets = max(0, self._brackets - 1)
        elif character == "(" and before == "]":
            self._is_in_target = True
        elif character == ")":
            self._is_in_target = False

    def _end_run(self, after: str) -> None:
        """Take what the text ends with, some of the same sign, for Markdown's beginning or end of something."""
        sign, count, before = self._text[-1], self._run, self._before_run
        self._run = 0
        if sign == "`":
            if not self._code:
                self._code = count
            elif count == self._code:
                self._code = 0
            return
        if self._code or before == "\\" or (sign == "~" and count == 1) or self._is_in_address():
            return
        if self._emphasis[sign] and not before.isspace():
            self._emphasis[sign] = max(0, self._emphasis[sign] - count)
        elif not after.isspace() and not before.isalnum():
            self._emphasis[sign] += count

    def _is_in_address(self) -> bool:
        if self._word_at < 0:
            return False
        word = "".join(self._text[self._word_at : self._word_at + _LONGEST_WORD])
        return "://" in word or "@" in word or word.startswith("www.")
