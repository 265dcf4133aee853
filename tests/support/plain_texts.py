"""Tells what of a shown text was not translated, given what legitimately stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtGui import QKeySequence

from caal_desktop.commands import COMMANDS, CommandId
from caal_desktop.widgets.common.command_set import key_sequences
from tests.support.pseudo_language import GROUP
from tests.support.shown_texts import PAINTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.shown_texts import ShownText

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:['’ .,_-]+[A-Za-z0-9]+)*")
_WORD = re.compile(r"[A-Za-z0-9]+")
_ADDRESS = re.compile(r"\b(?:https?|file)://[^\s⟦⟧ж“”]*[^\s⟦⟧ж“”.,;:?!)]")
_COUNT = re.compile(r"(?<=[०-९])(?:\.[०-९]+)?(?:K|M)(?![A-Za-z])|(?<=[०-९]) (?:s|[kMG]B|[KMGT]iB)(?![A-Za-z])")
"""What stands behind a number: thousands and millions, as lists of models write them, and symbols of units."""

_SEPARATOR_TEXT = re.compile(r"⟦Ж[⁰¹²³⁴⁵⁶⁷⁸⁹]+ ([\s,·:]*)ж⟧")
_SENTENCE_END = re.compile(r"[.!?…:]\)?$")


def keys_on_screen() -> set[str]:
    """Return the commands' keys as they are written."""
    native = QKeySequence.SequenceFormat.NativeText
    return {
        sequence.toString(native)
        for command in CommandId
        if command in COMMANDS
        for control in (False, True)
        for sequence in key_sequences(command, sends_with_control=control)
    }


class Data:
    """What is nobody's to translate, because it comes from elsewhere than the program's texts."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, set[str]]] = {}
        self.add(keys_on_screen())

    def add(self, values: Iterable[str | None], within: str = "") -> None:
        """Take in more values.

        Args:
            values: whole ones; they are taken out of a text wherever they stand.
            within: what the widget's path has to contain; "" for any widget.
        """
        by_first_word = self._values.setdefault(within, {})
        for value in values:
            if value and (first := _WORD.search(value)) is not None:
                by_first_word.setdefault(first.group(), set()).update((value, " ".join(value.split())))

    def taken_out_of(self, shown: ShownText) -> str:
        """Return a text with a neutral sign in place of each value and address, without units behind numbers."""
        text = shown.text
        words = set(_WORD.findall(text))
        there = (values for within, values in self._values.items() if within in shown.widget)
        found = {value for values in there for word in words & values.keys() for value in values[word]}
        for value in sorted(found, key=len, reverse=True):
            if value in text:
                text = re.sub(f"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", "◌", text)
        return _COUNT.sub("", _ADDRESS.sub("◌", text))


def plain_words(shown: ShownText, data: Data) -> list[str]:
    """Return the words of a text that no translation has touched."""
    return [match.group() for match in _PLAIN.finditer(data.taken_out_of(shown))]


def is_glued(shown: ShownText, data: Data) -> bool:
    """Return whether a sentence was put together of translated pieces, or cut, or changed afterwards.

    Whole texts may stand beside each other, between separators or one sentence after the other; a text may stand
    within another, where a placeholder was. Everything else that stands beside a text was not in its translation.
    """
    depth, outside, ended = 0, "", True
    place, seen = 0, False
    # A separator may be a text of its own: other languages have other commas.
    rest = _SEPARATOR_TEXT.sub(r"\1", data.taken_out_of(shown))
    for match in GROUP.finditer(rest):
        between = rest[place : match.start()]
        place = match.end()
        if depth == 0:
            outside = between
            if seen and not _may_part(outside, ended=ended):
                return True
        if match[1]:
            depth += 1
        else:
            # A text that ends with another one ends as that does.
            ended = bool(_SENTENCE_END.search(between)) if between else ended
            depth -= 1
            seen = True
        if depth < 0:
            return True
    leftover = GROUP.sub("", rest)
    return depth != 0 or any(sign in leftover for sign in "⟦⟧Жж")


def _may_part(between: str, *, ended: bool) -> bool:
    if "\n" in between:
        # Lines of their own, perhaps with data between them, or with a sign before the text.
        behind, *_, before = between.split("\n")
        return behind.strip() == "" and not any(character.isalnum() for character in before)
    if between.strip() == "":
        return ended
    parts = re.split(r"\s*(?:·|,|:|—)\s*", between)
    # Nothing but separators, with data between them; or a word such as "and", which the locale puts into lists.
    return (parts[0] == "" and parts[-1] == "") or between in _words_of_lists()


def _words_of_lists() -> set[str]:
    return {
        part for count in (2, 3) for part in QLocale().createSeparatedList(["◌"] * count).split("◌") if part.strip()
    }


def judged(texts: Iterable[ShownText], data: Data) -> list[str]:
    """Return what is wrong with texts, each with its place.

    Of the same texts of many rows, or of widgets that differ in their number alone, the first is told.
    """
    found: dict[tuple[str, str], str] = {}
    for shown in texts:
        place = (re.sub("[0-9]+", "", shown.widget), shown.what)
        if place in found:
            continue
        if words := plain_words(shown, data):
            found[place] = f"{shown}: no translation reaches {words}"
        # What was cut to its place has lost the end of its last text.
        elif shown.what != PAINTED and is_glued(shown, data):
            found[place] = f"{shown}: this is put together of pieces, or was changed afterwards"
    return list(found.values())
