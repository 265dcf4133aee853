"""Texts from elsewhere, as Qt is given them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtGui import Qt

from caal_desktop.item_models.foreign_text import one_line, tooltip_text

MARKUP = [
    '<img src="file:///etc/hostname">',
    '  <img src="//host/share">',
    "< img src=x>",
    "<b>",
    "<!DOCTYPE html><p>",
    "<?xml version='1.0'?><b>x</b>",
    "&lt;b",
    "a &lt; b <i>c</i>",
    "\n\n<table><td background=x>",
    "\0<b>x</b>",
    "\u2060<b>x</b>",
    "<\u2060b>x</b>",
    "<\u200bimg src=x>",
    "<\nimg src=x>",
    "x" * 71 + "<img src=x>",
    "<" * 80 + "b>",
]

PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "&lt;",
            "&",
            "lt;",
            "b",
            "img src=x",
            "!",
            "!doctype",
            "?xml",
            "?>",
            "\n",
            "\t",
            " ",
            "/",
            "\r",
        ),
        *("\0", "\u2060", "\u200b", "\u202e", "\u2028", "\ufeff", "模型", "y" * 80),
    ]
)


@pytest.mark.parametrize("text", MARKUP)
def test_what_qt_takes_for_html_is_a_plain_tooltip(text: str) -> None:
    assert not Qt.mightBeRichText(tooltip_text(text))


def test_the_samples_are_what_qt_takes_for_html() -> None:
    assert sum(map(Qt.mightBeRichText, MARKUP)) > len(MARKUP) // 2


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=300))
@example("<img src=x>")
def test_no_tooltip_is_taken_for_html(text: str) -> None:
    shown = tooltip_text(text)
    assert not Qt.mightBeRichText(shown)
    # It wraps what stands where Qt does not, so neither of its lines is taken for any, wherever it may be put.
    assert not any(map(Qt.mightBeRichText, shown.split("\n")))
    assert shown.isascii() or not any(unicodedata.category(c) in {"Cc", "Cs"} for c in shown.replace("\n", ""))


@pytest.mark.parametrize("text", MARKUP[:8])
def test_every_visible_character_of_it_is_shown(text: str) -> None:
    shown = tooltip_text(text).replace("\u2060", "")
    assert "".join(shown.split()) == "".join(text.split())


def test_lines_stay_and_long_ones_are_wrapped() -> None:
    shown = tooltip_text("vendor/model\n" + "word " * 60)
    first, *rest = shown.split("\n")
    assert first == "vendor/model"
    assert len(rest) > 3
    assert max(map(len, rest)) <= 72
    assert " ".join(rest).split() == ["word"] * 60


def test_a_long_word_and_east_asian_text_are_wrapped_at_the_same_width() -> None:
    assert max(map(len, tooltip_text("x" * 400).split("\n"))) == 72
    assert max(map(len, tooltip_text("模" * 400).split("\n"))) == 36


def test_a_tooltip_is_bounded() -> None:
    assert len(tooltip_text("<" * 1_000_000)) < 3500
    assert tooltip_text("x" * 1_000_000).endswith("…")
    for lines in (30, 31, 1000):
        assert tooltip_text("\n".join("x" * lines)).count("\n") == 29


def test_what_reorders_reading_is_left_out_and_joiners_stay() -> None:
    assert tooltip_text("gpt\u202e4\u2066\0") == "gpt4"
    assert one_line("gpt\u202e4\u2066\0") == "gpt4"
    assert tooltip_text("می\u200cخواهم") == "می\u200cخواهم"


def test_one_line_is_one_line_and_bounded() -> None:
    assert one_line("a\nb\r\n\u2028c\t d") == "a b c d"
    assert len(one_line("x" * 1_000_000)) == 1000
    assert one_line("x" * 1_000_000, most=10) == "x" * 9 + "…"
