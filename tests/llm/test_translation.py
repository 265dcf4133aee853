"""Texts of the modules without Qt: filled, and translated before that."""

from __future__ import annotations

import pytest

from caal_desktop.llm.translation import NO_TEXT, Count, Duration, FilledText, SourceText, Unit, fill

GERMAN = {
    "It lacks {what} for {wait}.": "Ihm fehlt seit {wait} {what}.",
    "a key": "ein Schlüssel",
    "a model": "ein Modell",
    "a {kind} server": "ein {kind}er Server",
    "far": "fern",
    "Lost: {what}": "Verloren: {wat}",
    "Broken: {what}": "Kaputt: {what",
}


def text(words: str) -> SourceText:
    return SourceText("Test", words)


def german(source: SourceText) -> str:
    assert source.context == "Test"
    return GERMAN.get(source, source)


def in_german(value: object) -> str:
    if isinstance(value, Duration):
        return f"{value.in_whole_units().number} Minuten"
    return " und ".join(value) if isinstance(value, tuple) else f"<{value}>"


LACKS = text("It lacks {what} for {wait}.")


def test_a_message_is_filled_in_english() -> None:
    message = FilledText(LACKS, {"what": (text("a key"), text("a model")), "wait": Duration(120)})
    assert message.in_words() == "It lacks a key, a model for 2 minutes."


def test_a_message_and_what_fills_it_are_translated_first() -> None:
    server = FilledText(text("a {kind} server"), {"kind": text("far")})
    message = FilledText(LACKS, {"what": (text("a key"), server), "wait": Duration(120)})
    assert message.in_words(german, in_german) == "Ihm fehlt seit 2 Minuten ein Schlüssel und ein ferner Server."


def test_plain_words_are_not_looked_up() -> None:
    assert FilledText(LACKS, {"what": "far", "wait": 3}).in_words(german, in_german) == "Ihm fehlt seit <3> <far>."


@pytest.mark.parametrize(("source", "shown"), [("Lost: {what}", "Verloren: …"), ("Broken: {what}", "Broken: all")])
def test_a_wrong_translation_does_no_harm(source: str, shown: str) -> None:
    assert fill(text(source), {"what": "all"}, german) == shown


def test_what_fills_a_placeholder_is_not_filled_again() -> None:
    assert fill(LACKS, {"what": "{wait}", "wait": "ever"}) == "It lacks {wait} for ever."


def test_no_text_is_not_looked_up() -> None:
    assert fill(NO_TEXT, {}, german) == ""


@pytest.mark.parametrize(
    ("seconds", "count"),
    [
        (0.2, Count(1, Unit.SECOND)),
        (119.4, Count(119, Unit.SECOND)),
        (120, Count(2, Unit.MINUTE)),
        (7_100, Count(118, Unit.MINUTE)),
        (7_200, Count(2, Unit.HOUR)),
    ],
)
def test_a_duration_has_the_unit_that_a_reader_wants(seconds: float, count: Count) -> None:
    assert Duration(seconds).in_whole_units() == count


@pytest.mark.parametrize("unit", Unit)
def test_a_count_has_the_noun_that_goes_with_its_number(unit: Unit) -> None:
    assert fill(text("{n}"), {"n": Count(1, unit)}) == f"1 {unit}"
    assert fill(text("{n}"), {"n": Count(2, unit)}) == f"2 {unit}s"
