"""Which language the program speaks, and how it writes numbers and dates in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, QTranslator

from caal_desktop.app.languages import install_language
from caal_desktop.resource_files import resource_root
from caal_desktop.widgets.common import formats
from tests.support.source_texts import tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

Install = "Callable[[str, Path | None], None]"


@pytest.fixture
def install(qapp: QApplication) -> Iterator[Install]:
    """Give the program the languages of a user, and a folder of translations."""
    default, others = QLocale(), qapp.findChildren(QTranslator)
    # The English of all other tests would stand in for what is not installed here.
    installed = [translator for translator in others if qapp.removeTranslator(translator)]

    def do(locale: str, folder: Path | None = None) -> None:
        install_language(qapp, QLocale(locale), folder)

    yield do
    for translator in set(qapp.findChildren(QTranslator)).difference(others):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    for translator in installed:
        qapp.installTranslator(translator)
    QLocale.setDefault(default)


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """A folder with English, and a German that has one text."""
    source = tool().ts_file("de", tmp_path)
    tool().collect(source, "de")
    text = source.read_text(encoding="utf-8")
    untranslated = '<source>a moment ago</source>\n        <translation type="unfinished"></translation>'
    assert untranslated in text
    translated = "<source>a moment ago</source>\n        <translation>gerade eben</translation>"
    source.write_text(text.replace(untranslated, translated), encoding="utf-8")
    tool().release(source, source.with_suffix(".qm"))
    english = resource_root() / "translations" / "caal_desktop_en.qm"
    (tmp_path / english.name).write_bytes(english.read_bytes())
    return tmp_path


def test_a_language_that_there_is_none_of_is_english_throughout(install: Install) -> None:
    install("fr_FR")
    assert formats.age(datetime.now(UTC) - timedelta(hours=2, minutes=1)) == "2 hours ago"
    assert formats.day(date(2026, 8, 1)) == "1 August 2026", "a French date in an English sentence"
    assert QLocale().territory() is QLocale.Country.France


def test_the_users_language_is_taken_where_there_is_one(install: Install, german: Path) -> None:
    install("de_AT", german)
    assert formats.age(datetime.now(UTC)) == "gerade eben"
    assert formats.day(date(2026, 8, 1)) == "1. August 2026"
    assert formats.listed(["a", "b", "c"]) == "a, b und c"
    assert QLocale().name() == "de_AT"


def test_what_is_not_translated_yet_is_english(install: Install, german: Path) -> None:
    install("de_DE", german)
    assert formats.age(datetime.now(UTC) - timedelta(days=3, minutes=1)).endswith("3 days ago")
    assert formats.tokens(1) == "1 token"


@pytest.mark.parametrize(
    ("minutes", "words"), [(60, "60 minutes ago"), (24 * 60, "24 hours ago"), (49 * 60, "2 days ago")]
)
def test_english_has_plurals(install: Install, minutes: int, words: str) -> None:
    install("en_GB")
    assert formats.age(datetime.now(UTC) - timedelta(minutes=minutes, seconds=1)) == words


def test_a_single_one_is_no_plural(install: Install) -> None:
    install("C")
    assert formats.tokens(1) == "1 token"
    assert formats.tokens(12_345) == "12,345 tokens"


def test_qts_own_texts_are_in_the_language_of_the_programs_texts(
    qapp: QApplication, install: Install, german: Path
) -> None:
    install("de_AT", german)
    assert qapp.translate("QPlatformTheme", "Cancel") == "Abbrechen"


def test_qts_own_texts_are_english_beside_english_texts(qapp: QApplication, install: Install) -> None:
    install("fr_FR")
    assert qapp.translate("QPlatformTheme", "Cancel") == "Cancel"
