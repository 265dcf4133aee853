"""The program's look, derived from the platform's palette and font: colours, spacing, type sizes.

Nothing here fixes a colour for a scheme: every colour is computed from the current ``QPalette``, so that the
platform's light, dark and high-contrast schemes are followed live.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPalette, QPen

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

GRID = 8
"""Pixels; every margin and gap is a multiple or half of it."""

RADIUS = 8
"""Pixels; corners of cards and panels."""

_READABLE = 4.55
"""The contrast of WCAG 2.2 for text is 4.5; colours are rounded to eight bits when they are drawn."""


_ORDINARY_LINE = 18.0
"""Pixels; the height of a line for which windows are laid out."""

_COMPACT_REDUCTION = 8
"""Pixels that a control loses in the compact density: those of 34 stay above the 24 that WCAG 2.2 asks for."""

_HEIGHT = "comfortableHeight"
_SQUARE = "isSquare"


class _Density:
    """The density of the whole program, which has one like it has one font."""

    is_compact = False


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours that the palette has no role for."""

    is_dark: bool
    text: QColor
    muted: QColor
    """Secondary text; at least 4.5:1 against the window."""
    line: QColor
    """Borders and rules."""
    card: QColor
    """The ground of cards on the window."""
    hover: QColor
    accent: QColor
    on_accent: QColor
    accent_text: QColor
    """The accent, strong enough for text on the window."""
    good: QColor
    caution: QColor
    bad: QColor


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of two opaque colours by WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """Blend two colours; `share` is the part of `one`, from 0 to 1."""
    return QColor(
        round(other.red() + (one.red() - other.red()) * share),
        round(other.green() + (one.green() - other.green()) * share),
        round(other.blue() + (one.blue() - other.blue()) * share),
    )


def colours(palette: QPalette) -> Colours:
    """Derive the program's colours from a palette."""
    # The application's, not the widget's: platform themes give some widget classes a palette without an accent.
    accent = QGuiApplication.palette().color(QPalette.ColorRole.Accent)
    roles = (QPalette.ColorRole.Window, QPalette.ColorRole.WindowText, QPalette.ColorRole.Base)
    window, text, base = (palette.color(role).rgba() for role in roles)
    return _colours(window, text, base, accent.rgba())


@lru_cache(maxsize=64)
def _colours(window_rgba: int, text_rgba: int, base_rgba: int, accent_rgba: int) -> Colours:
    # Kept, because every icon asks for its colour, and finding readable ones takes a millisecond.
    window, text, base, accent = (QColor.fromRgba(c) for c in (window_rgba, text_rgba, base_rgba, accent_rgba))
    is_dark = _luminance(window) < _luminance(text)
    white, black = QColor(255, 255, 255), QColor(0, 0, 0)
    card = mix(white, window, 0.06) if is_dark else mix(base, window, 0.75)
    grounds = (window, card, base)
    return Colours(
        is_dark=is_dark,
        text=text,
        muted=_readable(mix(text, window, 0.66), text, grounds),
        line=mix(text, window, 0.22 if is_dark else 0.18),
        card=card,
        hover=mix(text, window, 0.08),
        accent=accent,
        # White is what platforms write on their accents; black where white could not be read.
        on_accent=white if contrast(white, accent) >= _READABLE else black,
        accent_text=_readable(accent, text, grounds),
        good=_readable(QColor(0x2E, 0xA0, 0x43), text, grounds),
        caution=_readable(QColor(0xD2, 0x8A, 0x00), text, grounds),
        bad=_readable(QColor(0xE5, 0x48, 0x4D), text, grounds),
    )


def _readable(colour: QColor, text: QColor, grounds: tuple[QColor, ...], ratio: float = _READABLE) -> QColor:
    """Move a colour towards the text colour until it can be read on every ground."""
    for step in range(21):
        candidate = mix(text, colour, step / 20)
        if all(contrast(candidate, ground) >= ratio for ground in grounds):
            return candidate
    return text


def _luminance(colour: QColor) -> float:
    def channel(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF()) + 0.0722 * channel(colour.blueF())


def scaled_font(widget: QWidget, factor: float, *, bold: bool = False) -> QFont:
    """Return the application's font for this widget's class, scaled: sizes follow the user's own font size."""
    from PySide6.QtWidgets import QApplication

    font = QFont(QApplication.font(widget))
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(round(font.pixelSize() * factor))
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def first_size(widget: QWidget, width: int, height: int) -> QSize:
    """Return a window's size when it opens for the first time: larger with larger text, at most the screen's.

    Args:
        widget: the window.
        width: pixels with a font of ordinary size.
        height: pixels with a font of ordinary size.
    """
    from PySide6.QtWidgets import QApplication

    font, plain = QApplication.font(), QFontMetricsF(QApplication.font()).height()
    scale = min(max(plain / _ORDINARY_LINE, 1.0), 1.6) if font.pointSizeF() > 0 else 1.0
    return QSize(round(width * scale), round(height * scale)).boundedTo(room(widget))


def room(widget: QWidget) -> QSize:
    """Return the size that a window can have on its screen."""
    # The window manager's frame takes its share as well.
    return widget.screen().availableSize() - QSize(GRID * 2, GRID * 6)


def paint_card(widget: QWidget, line: QColor, ground: QColor) -> None:
    """Paint a widget's whole area as a card; for its ``paintEvent``."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(widget.rect().adjusted(0, 0, -1, -1), RADIUS, RADIUS)
    painter.end()


def set_density(*, compact: bool) -> None:
    """Set the density; :mod:`caal_desktop.widgets.common.appearance` has all windows follow."""
    _Density.is_compact = compact


def gap(pixels: int) -> int:
    """Return a distance at the current density.

    Args:
        pixels: the distance at the comfortable density.
    """
    return pixels // 2 if _Density.is_compact else pixels


def control_height(pixels: int) -> int:
    """Return a control's minimum height at the current density.

    Args:
        pixels: the height at the comfortable density.
    """
    return pixels - _COMPACT_REDUCTION if _Density.is_compact else pixels


def keep_height(widget: QWidget, pixels: int, *, square: bool = False) -> None:
    """Set a control's minimum height, which follows the density.

    Args:
        widget: the control.
        pixels: its height at the comfortable density.
        square: exactly this high, and as wide.
    """
    widget.setProperty(_HEIGHT, pixels)
    widget.setProperty(_SQUARE, square)
    fit_height(widget)


def fit_height(widget: QWidget) -> None:
    """Set a control's height for the current density, if :func:`keep_height` has given it one."""
    pixels = widget.property(_HEIGHT)
    if pixels is None:
        return
    height = control_height(int(pixels))
    if widget.property(_SQUARE):
        widget.setFixedSize(height, height)
    else:
        widget.setMinimumHeight(height)
