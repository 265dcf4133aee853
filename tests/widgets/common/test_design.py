"""Every colour that text is drawn in can be read, whatever the platform's palette."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor, QPalette

from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

READABLE = 4.5
"""The contrast of WCAG 2.2 for text."""


def palette_of(window: str, text: str, base: str) -> QPalette:
    palette = QPalette()
    for role, name in (
        (QPalette.ColorRole.Window, window),
        (QPalette.ColorRole.WindowText, text),
        (QPalette.ColorRole.Base, base),
        (QPalette.ColorRole.Text, text),
    ):
        palette.setColor(role, QColor(name))
    return palette


PALETTES = {
    "light": palette_of("#efefef", "#000000", "#ffffff"),
    "dark": palette_of("#1e1e1e", "#f0f0f0", "#141414"),
    "black and white": palette_of("#ffffff", "#000000", "#ffffff"),
    "high contrast": palette_of("#000000", "#ffff00", "#000000"),
    "sepia": palette_of("#f4ecd8", "#433422", "#fbf5e6"),
    "solarized": palette_of("#002b36", "#eee8d5", "#073642"),
    "dark window, light fields": palette_of("#3c3c3c", "#ffffff", "#4a4a4a"),
    "grey": palette_of("#c0c0c0", "#000000", "#d4d4d4"),
}
ACCENTS = ["#308cc6", "#0a84ff", "#ffd60a", "#ff375f", "#101010", "#fafafa", "#8e8e93", "#30d158"]


@pytest.fixture
def accented(qapp: QApplication) -> object:
    own = qapp.palette()

    def set_accent(name: str) -> None:
        palette = qapp.palette()
        palette.setColor(QPalette.ColorRole.Accent, QColor(name))
        qapp.setPalette(palette)

    yield set_accent
    qapp.setPalette(own)


@pytest.mark.parametrize(("name", "accent"), list(itertools.product(PALETTES, ACCENTS)))
def test_text_can_be_read_on_every_ground(name: str, accent: str, accented: object) -> None:
    accented(accent)  # type: ignore[operator]
    palette = PALETTES[name]
    colours = design.colours(palette)
    grounds = {"window": palette.window().color(), "card": colours.card, "base": palette.base().color()}
    for kind in ("muted", "accent_text", "good", "caution", "bad", "text"):
        for ground, colour in grounds.items():
            ratio = design.contrast(getattr(colours, kind), colour)
            assert ratio >= READABLE, f"{kind} on {ground}: {ratio:.2f}"
    assert design.contrast(colours.on_accent, colours.accent) >= READABLE


@pytest.mark.parametrize("name", PALETTES)
def test_dark_is_told_from_light(name: str) -> None:
    dark = ("dark", "high contrast", "solarized", "dark window, light fields")
    assert design.colours(PALETTES[name]).is_dark is (name in dark)


def test_contrast_is_that_of_the_standard() -> None:
    white, black, grey = QColor("#ffffff"), QColor("#000000"), QColor("#767676")
    assert design.contrast(white, black) == pytest.approx(21)
    assert design.contrast(black, white) == pytest.approx(21)
    assert design.contrast(white, white) == pytest.approx(1)
    assert design.contrast(grey, white) == pytest.approx(4.54, abs=0.01)


def test_a_palette_without_any_contrast_still_gives_colours() -> None:
    colours = design.colours(palette_of("#808080", "#808080", "#808080"))
    assert colours.muted.isValid()
