"""Formats of a rendered answer, derived from a palette and a font."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QPalette,
    QTextCharFormat,
    QTextFormat,
)

from caal_desktop.widgets.common.design import mix
from caal_desktop.widgets.markdown.parse.inline import InlineStyle


class BlockProperty(IntEnum):
    """Properties of text blocks that the renderer sets for views."""

    KIND = QTextFormat.Property.UserProperty.value + 0x40
    """`structure.LeafKind` by name."""
    CODE_ID = KIND + 1
    """Number of the code block within its document, from 1."""
    CODE_LANGUAGE = KIND + 2
    CODE_CONTINUES = KIND + 3
    """This block continues the line of the one before: join their texts without a line feed."""
    BARS = KIND + 4
    """Steps of indentation at which the bars of block quotes are painted, joined by commas."""


_LIGHT = {
    "keyword": "#6f42c1",
    "type": "#953800",
    "function": "#0550ae",
    "string": "#116329",
    "number": "#0550ae",
    "comment": "#59636e",
    "inserted": "#116329",
    "deleted": "#a40e26",
}
_DARK = {
    "keyword": "#d2a8ff",
    "type": "#ffa657",
    "function": "#79c0ff",
    "string": "#7ee787",
    "number": "#79c0ff",
    "comment": "#9198a1",
    "inserted": "#7ee787",
    "deleted": "#ff9d96",
}
_HEADING_SCALE = (1.5, 1.3, 1.15, 1.05, 1.0, 0.95)


class MarkdownStyle:
    """Colours, sizes and character formats for one palette and one default font.

    Attributes:
        line_height: The default font's, in pixels; all distances are multiples of it.
        indent_width: Width of one step of indentation in pixels.
        padding: Inner distance of a code card in pixels.
        character_width: The average, in pixels.
    """

    def __init__(self, palette: QPalette, font: QFont) -> None:
        self.palette = QPalette(palette)
        self.font = QFont(font)
        base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
        self.is_dark = base.lightnessF() < text.lightnessF()
        self.text = text
        self.muted = mix(text, base, 0.62)
        self.code_background = mix(text, base, 0.055 if not self.is_dark else 0.075)
        self.inline_code_background = mix(text, base, 0.075 if not self.is_dark else 0.13)
        self.rule = mix(text, base, 0.16 if not self.is_dark else 0.22)
        self.quote_bar = mix(text, base, 0.25)
        self.table_header_background = mix(text, base, 0.04 if not self.is_dark else 0.06)
        link = palette.color(QPalette.ColorRole.Link)
        # Palettes of some platforms keep the light style's dark blue in their dark style.
        self.link = QColor("#79b8ff") if self.is_dark and link.lightnessF() < 0.55 else link
        self.code_colours = {role: QColor(name) for role, name in (_DARK if self.is_dark else _LIGHT).items()}
        self.metrics = QFontMetricsF(font)
        bold = QFont(font)
        bold.setBold(True)
        self.bold_metrics = QFontMetricsF(bold)
        self.line_height = self.metrics.height()
        self.indent_width = round(self.line_height * 1.5)
        self.padding = round(self.line_height * 0.7)
        self.character_width = self.metrics.averageCharWidth()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.code_families = [*fixed.families(), "monospace"]
        self._formats: dict[object, QTextCharFormat] = {}

    def heading_scale(self, level: int) -> float:
        """Return a heading's size relative to text."""
        return _HEADING_SCALE[min(max(level, 1), 6) - 1]

    def span_format(
        self, style: InlineStyle, href: str, level: int = 0, *, muted: bool = False, strong: bool = False
    ) -> QTextCharFormat:
        """Return the format of a span in text, or in a heading of ``level``."""
        key = (style, href, level, muted, strong)
        found = self._formats.get(key)
        if found is None:
            found = self._formats[key] = self._new_span_format(style, href, level, muted=muted, strong=strong)
            if len(self._formats) > 2000:  # each address has a format of its own
                self._formats.clear()
        return found

    def _new_span_format(
        self, style: InlineStyle, href: str, level: int, *, muted: bool, strong: bool
    ) -> QTextCharFormat:
        result = QTextCharFormat()
        scale = 1.0
        if level:
            scale = self.heading_scale(level)
            result.setFontWeight(QFont.Weight.DemiBold)
        if strong:
            result.setFontWeight(QFont.Weight.DemiBold)
        if muted or level == 6:
            result.setForeground(QBrush(self.muted))
        if style & InlineStyle.BOLD:
            result.setFontWeight(QFont.Weight.Bold)
        if style & InlineStyle.ITALIC:
            result.setFontItalic(True)
        if style & InlineStyle.STRIKE:
            result.setFontStrikeOut(True)
        if style & (InlineStyle.CODE | InlineStyle.MATH):
            self._set_code_font(result)
            scale *= 0.93
        if style & InlineStyle.CODE:
            result.setBackground(QBrush(self.inline_code_background))
        if style & InlineStyle.LINK:
            result.setForeground(QBrush(self.link))
            result.setFontUnderline(bool(href))
        if href:
            result.setAnchor(True)
            result.setAnchorHref(href)
        if scale != 1.0:
            self._set_size(result, scale)
        return result

    def code_format(self, role: str) -> QTextCharFormat:
        """Return the format of a run in a code block."""
        found = self._formats.get(role)
        if found is None:
            found = QTextCharFormat()
            self._set_code_font(found)
            self._set_size(found, 0.93)
            colour = self.code_colours.get(role)
            if colour is not None:
                found.setForeground(QBrush(colour))
            self._formats[role] = found
        return found

    def spacer_format(self) -> QTextCharFormat:
        """Return the format of the empty blocks that Qt needs around tables."""
        result = QTextCharFormat()
        result.setFontPointSize(1)
        return result

    def _set_code_font(self, target: QTextCharFormat) -> None:
        target.setFontFamilies(self.code_families)
        target.setFontFixedPitch(True)
        target.setFontStyleHint(QFont.StyleHint.Monospace)

    def _set_size(self, target: QTextCharFormat, scale: float) -> None:
        if self.font.pointSizeF() > 0:
            target.setFontPointSize(round(self.font.pointSizeF() * scale, 1))
        else:
            target.setProperty(QTextFormat.Property.FontPixelSize, max(1, round(self.font.pixelSize() * scale)))
