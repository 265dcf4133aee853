"""What the walk in the pseudo language calls plain, and what glued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.plain_texts import Data, is_glued, plain_words
from tests.support.pseudo_language import numbers_in, strange
from tests.support.shown_texts import ShownText

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def data(qapp: object) -> Data:
    # Qt knows the platform's keys once there is an application.
    data = Data()
    data.add(["GPT-5.4", "GPT-5.4 Nano"])
    data.add(["tools"], within="sheet")
    return data


def shown(text: str, widget: str = "window/label") -> ShownText:
    return ShownText(text, "text", widget, "here")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("⟦Ж¹ Ťřý áǧáíñж⟧", []),
        ("Try again", ["Try again"]),
        ("⟦Ж¹ Ťřý áǧáíñж⟧ now", ["now"]),
        ("⟦Ж¹ Íť íš brokenж⟧", ["broken"]),
        ("⟦Ж¹ Úšé GPT-5.4 Nanoж⟧", []),
        ("⟦Ж¹ Úšé GPT-5.5ж⟧", ["GPT-5.5"]),
        ("⟦Ж¹ $१.२५ þéř ĥóúřж⟧", []),
        ("⟦Ж¹ $1.25 þéř ĥóúřж⟧", ["1.25"]),
        ("⟦Ж¹ २००K ťóķéñšж⟧ · ०.५ s · १२ KiB", []),
        ("K", ["K"]),
        ("⟦Ж¹ Óþéñ https://a.example/b?c=1.ж⟧", []),
        ("⟦Ж¹ Ñéŵж⟧ (Ctrl+N)", []),
        ("tools", ["tools"]),
    ],
)
def test_what_no_translation_reaches_is_plain(data: Data, text: str, words: list[str]) -> None:
    assert plain_words(shown(text), data) == words


def test_data_of_one_place_is_not_taken_for_data_elsewhere(data: Data) -> None:
    assert plain_words(shown("tools", "picker/details.sheet"), data) == []


@pytest.mark.parametrize(
    ("text", "glued"),
    [
        ("⟦Ж¹ Áж⟧", False),
        ("⟦Ж¹ Á.ж⟧ ⟦Ж² Ƀж⟧", False),
        ("⟦Ж¹ Áж⟧ ⟦Ж² Ƀж⟧", True),
        ("⟦Ж¹ Áж⟧ · ⟦Ж² Ƀж⟧ · GPT-5.4", False),
        ("⟦Ж¹ Áж⟧, ⟦Ж² Ƀж⟧", False),
        ("⟦Ж¹ Áж⟧\n✓  ⟦Ж² Ƀж⟧", False),
        ("⟦Ж¹ Áж⟧ (⟦Ж² Ƀж⟧)", True),
        ("⟦Ж¹ Áж⟧; ⟦Ж² Ƀж⟧", True),
        ("⟦Ж¹ Áж⟧ GPT-5.4 ⟦Ж² Ƀж⟧", True),
        ("⟦Ж¹ Á ⟦Ж² Ƀж⟧ж⟧", False),
        ("⟦Ж¹ Á ⟦Ж² Ƀ.ж⟧ж⟧ ⟦Ж³ Çж⟧", False),
        ("⟦Ж¹ Áж⟧⟦Ж² , ж⟧⟦Ж³ Ƀж⟧", False),
        ("⟦ж¹ áж⟧", True),
        ("⟦Ж¹ ÁЖ⟧", True),
        ("⟦Ж¹ Á", True),
        ("Áж⟧", True),
    ],
)
def test_pieces_of_a_sentence_are_glued_and_texts_beside_each_other_are_not(data: Data, text: str, glued: bool) -> None:
    assert is_glued(shown(text), data) is glued


def test_the_locale_may_put_its_own_word_between_the_texts_of_a_list(
    data: Data, speak_pseudo: Callable[[], None]
) -> None:
    speak_pseudo()
    assert not is_glued(shown("⟦Ж¹ Áж⟧ र ⟦Ж² Ƀж⟧"), data)


def test_what_is_filled_in_and_markup_stay_as_they_are() -> None:
    assert strange("<b>{count} &amp; %n</b> of 5") == "<b>{count} &amp; %n</b> óƒ ५"
    assert numbers_in("⟦Ж¹² Á ⟦Ж⁷ Ƀж⟧ж⟧") == {7, 12}
