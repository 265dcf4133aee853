"""Every text on the screen can be translated: it is marked where it stands, and lupdate finds it there."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.support.source_texts import MarkedText, marked_texts, read_ts, tool
from tests.support.translation_faults import translation_faults
from tests.support.unmarked_texts import changed_texts, shown_sources, unmarked_literals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Where a text is given by a name and not by a literal: the one place that shows the marked texts of other layers.
TRANSLATES_WHAT_OTHERS_MARKED = "caal_desktop/widgets/common/translation.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, bool]]:
    """Return what lupdate finds in the package: context, text, and whether it has plurals."""
    # Any language but English, whose file has the plurals alone.
    target: Path = tmp_path_factory.mktemp("translations") / "caal_desktop_de.ts"
    tool().collect(target, "de")
    return {(text.context, text.source, text.is_plural) for text in read_ts(target)}


def marks() -> list[MarkedText]:
    return [text for text in marked_texts() if not text.place.startswith(TRANSLATES_WHAT_OTHERS_MARKED)]


def test_what_is_marked_is_a_literal() -> None:
    assert [text.place for text in marks() if not text.context or not text.source] == []


def test_lupdate_finds_what_is_marked_under_the_context_in_which_it_is_looked_up(
    found: set[tuple[str, str, bool]],
) -> None:
    wanted = {(text.context, text.source, text.is_plural): text.place for text in marks()}
    assert {key: place for key, place in wanted.items() if key not in found} == {}
    assert found == wanted.keys()
    assert len(found) > 500


def test_a_text_with_a_number_is_a_plural() -> None:
    # In any other form lupdate does not know it as one, and "1 answers" is what users read.
    assert [text.place for text in marks() if bool(re.search("%L?n", text.source or "")) != text.is_plural] == []


def test_no_literal_is_shown_that_is_not_marked() -> None:
    assert unmarked_literals(shown_sources()) == []


def test_no_marked_text_is_put_together_with_words_or_changed_afterwards() -> None:
    # A language that orders its words in another way needs the whole sentence.
    assert changed_texts(shown_sources()) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (unmarked_literals, 'label.setText("Try again")'),
        (unmarked_literals, 'label.setText(f"Try {name} again")'),
        (unmarked_literals, 'label.setText("Try {name} again".format(name=name))'),
        (unmarked_literals, 'MessageAction("retry", "Try again", run)'),
        (unmarked_literals, 'TextLabel(text if text else "Nothing", name="x")'),
        (changed_texts, "f'{self.tr(text)} by price'"),
        (changed_texts, 'self.tr("From {name}").format(name=name) + " and others"'),
        (changed_texts, "translated(spec.label).lower()"),
    ],
)
def test_a_text_that_cannot_be_translated_is_found(rule: Callable[[dict[str, str]], list[str]], code: str) -> None:
    assert rule({"one.py": code})


@pytest.mark.parametrize(
    "code",
    [
        'TextLabel(self.tr("Try again"), name="x.retry")',
        'label.setText("<b></b>")',
        "f\"{number(value)} · {self.tr('Models')}\"",
        "label.setText(name.lower())",
    ],
)
def test_a_text_that_can_be_translated_passes(code: str) -> None:
    assert unmarked_literals({"one.py": code}) == changed_texts({"one.py": code}) == []


def languages() -> list[str]:
    return [path.stem.removeprefix(f"{tool().NAME}_") for path in sorted(tool().FOLDER.glob("*.ts"))]


@pytest.mark.parametrize("language", languages())
def test_the_translators_files_are_up_to_date(language: str, tmp_path: Path) -> None:
    kept = tool().ts_file(language)
    fresh = tool().ts_file(language, tmp_path)
    shutil.copy(kept, fresh)
    tool().collect(fresh, language)
    again = "run scripts/update_translations.py"
    assert fresh.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), again
    tool().release(kept, fresh.with_suffix(".qm"))
    assert fresh.with_suffix(".qm").read_bytes() == kept.with_suffix(".qm").read_bytes(), again


@pytest.mark.parametrize("language", languages())
def test_translations_keep_what_is_filled_in(language: str) -> None:
    # A value that the code does not give is an error where the text is shown; so is a brace around none.
    assert translation_faults(tool().ts_file(language)) == []


@pytest.fixture(scope="module")
def untranslated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a translators' file in which every text still waits."""
    target: Path = tmp_path_factory.mktemp("untranslated") / "caal_desktop_de.ts"
    tool().collect(target, "de")
    return target


def with_translation(ts: Path, source: str, *forms: str) -> Path:
    """Return a copy of a translators' file in which one text is translated, though not marked as finished."""
    tree = ElementTree.parse(ts)  # noqa: S314 - lupdate's own output
    (message,) = (message for message in tree.iter("message") if message.findtext("source") == source)
    translation = message.find("translation")
    assert translation is not None
    for element, form in zip(list(translation) or [translation], forms, strict=True):
        element.text = form
    copy = ts.with_name("translated.ts")
    tree.write(copy, encoding="utf-8")
    return copy


WAIT = "It would speak after {time}: that feels live."
TOKENS = "%Ln tokens in, {completion} out"


@pytest.mark.parametrize(
    ("source", "forms", "fault"),
    [
        (WAIT, ["Erstes Wort sofort."], "it lacks {time}"),
        (WAIT, ["Erstes Wort nach {zeit}{time}."], "nothing fills {zeit}"),
        (WAIT, ["Erstes Wort nach {time} {."], "a brace around no value"),
        (WAIT, ["Erstes Wort nach {time} {0}."], "a brace around no value"),
        (WAIT, [" "], "one of its forms is empty"),
        (TOKENS, ["%Ln Token, {completion} zurück", "Token, {completion} zurück"], "the number stands in it"),
        (TOKENS, ["%Ln Token, {completion} zurück", ""], "one of its forms is empty"),
        ("&Quit", ["Beenden"], "underlined"),
        ("&Quit", ["&&Beenden"], "underlined"),
        ("&Quit", ["&Been&den"], "underlined"),
    ],
)
def test_a_broken_translation_is_found(untranslated: Path, source: str, forms: list[str], fault: str) -> None:
    (found,) = translation_faults(with_translation(untranslated, source, *forms))
    assert fault in found


@pytest.mark.parametrize(
    ("source", "forms"),
    [
        (WAIT, ["Nach {time} das erste Wort: nur {time}."]),
        (TOKENS, ["{completion} zurück, %n Token", "{completion} zurück, %Ln Token"]),
        ("&Quit", ["Schließen && B&eenden"]),
    ],
)
def test_a_translation_may_differ_in_its_words(untranslated: Path, source: str, forms: list[str]) -> None:
    assert translation_faults(untranslated) == []
    assert translation_faults(with_translation(untranslated, source, *forms)) == []


def test_english_has_a_singular_for_every_plural(found: set[tuple[str, str, bool]]) -> None:
    english = read_ts(tool().ts_file("en"))
    assert {(text.context, text.source, True) for text in english} == {text for text in found if text[2]}
    assert [text.source for text in english if not text.is_finished or "" in text.translations] == []
    assert [text.source for text in english if text.translations[1] != text.source] == [], "the plural is in the code"
