"""A language that nobody speaks, made of what lupdate finds: what it does not turn strange can never be translated.

Every letter of a text that lupdate has found becomes one with an accent, every digit one of another script, and each
line of it stands between brackets with the text's number: ``Try again`` is shown as ``⟦Ж⁴² Ťřý áǧáíñж⟧``. So a letter
from A to Z on the screen was not translated, two pairs of brackets with words between them are a sentence that was
glued, and a Ж that is small was made so afterwards.

The numbers, dates and lists are those of a language that writes neither Latin letters nor Latin digits. What Qt says
by itself is turned as well where Qt's own translations know it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from tests.support.qt_loop import turn
from tests.support.source_texts import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PLAIN = "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STRANGE = "áƀçđéƒǧĥíĵķļḿñóþɋřšťúṽŵẋýž" + "ÁɃÇĐÉƑǦĤÍĴĶĻḾÑÓÞɊŘŠŤÚṼŴẊÝŽ"
_ACCENTS = str.maketrans(_PLAIN + "0123456789", _STRANGE + "०१२३४५६७८९")
_NUMBER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_KEPT = re.compile(r"(\{\w*\}|%L?n|%\d|<[^<>]+>|&[a-z]+;)")
_PLURAL_LANGUAGE = "de"  # a singular and a plural, as in English

NEPALI: Final = QLocale(QLocale.Language.Nepali, QLocale.Country.Nepal)
"""Written from the left to the right, with digits and letters of its own."""

GROUP: Final = re.compile(r"⟦Ж([⁰¹²³⁴⁵⁶⁷⁸⁹]+) |ж⟧")
"""Where a text begins, with its number, or ends."""


def strange(text: str) -> str:
    """Return a text with other letters and digits; what is filled in, and what is markup, stays."""
    parts = _KEPT.split(text)
    parts[::2] = (part.translate(_ACCENTS) for part in parts[::2])
    return "".join(parts)


def _in_brackets(text: str, number: int) -> str:
    sign = str(number).translate(_NUMBER)
    return "\n".join(f"⟦Ж{sign} {strange(line)}ж⟧" if line.strip() else line for line in text.split("\n"))


@dataclass(frozen=True, slots=True)
class Source:
    """A text that lupdate has found.

    Attributes:
        context: what it is looked up under.
        text: the English.
        is_plural: it is given a number.
    """

    context: str
    text: str
    is_plural: bool


class PseudoLanguage:
    """The language, as a file that Qt loads.

    Args:
        folder: where the file is made.

    Attributes:
        sources: the texts that lupdate has found; a text's number is its place.
    """

    def __init__(self, folder: Path) -> None:
        self.sources: list[Source] = []
        written, self._file = folder / "pseudo.ts", folder / "pseudo.qm"
        tool().collect(written, _PLURAL_LANGUAGE)
        tree = ElementTree.parse(written)  # noqa: S314 - lupdate's own output
        for context in tree.getroot().iter("context"):
            for message in context.iter("message"):
                self._translate(message, context.findtext("name") or "")
        tree.write(written, encoding="utf-8", xml_declaration=True)
        tool().release(written, self._file)

    def _translate(self, message: ElementTree.Element, context: str) -> None:
        text, is_plural = message.findtext("source") or "", message.get("numerus") == "yes"
        shown = _in_brackets(text, len(self.sources))
        self.sources.append(Source(context, text, is_plural))
        translation = message.find("translation")
        assert translation is not None
        translation.attrib.pop("type", None)
        forms = list(translation.iter("numerusform"))
        for form in forms or [translation]:
            # Translators may write a number as their language does.
            form.text = shown.replace("%n", "%Ln")

    def translator(self) -> QTranslator:
        """Return what shows the program's texts in this language."""
        translator = QTranslator()
        assert translator.load(str(self._file))
        return translator


class QtsOwnTexts(QTranslator):
    """What Qt says by itself: the words of its dialogs, standard buttons and fields' menus.

    Only what stands in Qt's own translations is turned: whoever installs those has it in every language of Qt's.
    """

    _KEYS = frozenset({"QShortcut"})
    """The names of keys stay, so that they are known when they are shown."""

    def __init__(self) -> None:
        super().__init__()
        self._known = QTranslator()
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        assert self._known.load(f"qtbase_{_PLURAL_LANGUAGE}", folder)

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """Turn a text that Qt's own translations have; give none for others."""
        if context in self._KEYS or not self._known.translate(context, source, disambiguation, n):
            return None  # type: ignore[return-value] # an empty text would count as a translation
        return strange(source)

    def isEmpty(self) -> bool:
        """Qt leaves out translators that are empty."""
        return False


def numbers_in(text: str) -> set[int]:
    """Return the numbers of the texts that stand in what is shown."""
    return {int(match[1].translate(_DIGITS)) for match in GROUP.finditer(text) if match[1]}


@pytest.fixture(scope="session")
def pseudo_language(tmp_path_factory: pytest.TempPathFactory) -> PseudoLanguage:
    """The language; made once."""
    return PseudoLanguage(tmp_path_factory.mktemp("pseudo"))


@pytest.fixture
def speak_pseudo(qapp: object, pseudo_language: PseudoLanguage) -> Iterator[Callable[[], None]]:
    """Call it to have every text that is made from then on shown in the pseudo language."""
    translators = [QtsOwnTexts(), pseudo_language.translator()]
    before = QLocale()

    def begin() -> None:
        QLocale.setDefault(NEPALI)
        for translator in translators:
            assert QCoreApplication.installTranslator(translator)

    yield begin
    for translator in translators:
        QCoreApplication.removeTranslator(translator)
    QLocale.setDefault(before)
    turn(2)
