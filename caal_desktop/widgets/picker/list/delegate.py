"""Draws the list's rows: a model with what it can and costs, a heading, a notice. Matches of a search are marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPixmap, QStaticText
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from caal_desktop.item_models.model_list import HeadingRow, ModelRole, ModelRow, NoticeRow, Row
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.icons import icon_pixmap

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.catalogue.search.highlights import Spans

_PAD = design.GRID * 3 // 2
_GAP = design.GRID
_BETWEEN_LINES = 2
_KEPT_WIDTHS = 4_000
_KEPT_TEXTS = 400
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Look:
    """What is computed once for a palette and a font, and not for each row of each frame."""

    colours: design.Colours
    plain: QFont
    bold: QFont
    plain_metrics: QFontMetrics
    bold_metrics: QFontMetrics
    line: int
    icon: int
    selected: QColor
    hovered: QColor
    mark: QColor
    badge: QColor
    widths: dict[tuple[str, bool], int]
    """Of texts that were drawn, and whether in bold: measuring costs as much as drawing."""
    strips: dict[tuple[tuple[tuple[str, str], ...], float], QPixmap]
    laid_out: dict[tuple[str, bool], QStaticText]
    """Texts with their glyphs in place: the same rows are drawn with every letter that is typed."""

    def draw(self, painter: QPainter, area: QRect, text: str, ink: QColor, *, bold: bool = False) -> None:
        """Draw a text that fits at the leading edge of a line."""
        laid_out = self.laid_out.get((text, bold))
        if laid_out is None:
            if len(self.laid_out) > _KEPT_TEXTS:
                self.laid_out.clear()
            laid_out = QStaticText(text)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            self.laid_out[text, bold] = laid_out
        painter.setFont(self.bold if bold else self.plain)
        painter.setPen(ink)
        painter.drawStaticText(area.left(), area.top(), laid_out)

    def strip(self, icons: tuple[tuple[str, str], ...], ratio: float) -> QPixmap:
        """Return the icons of a row side by side, as one picture: all rows share a few sets of abilities."""
        strip = self.strips.get((icons, ratio))
        if strip is None:
            step = self.icon + _GAP // 2
            strip = QPixmap(max(1, round(len(icons) * step * ratio)), round(self.icon * ratio))
            strip.setDevicePixelRatio(ratio)
            strip.fill(Qt.GlobalColor.transparent)
            painter = QPainter(strip)
            for number, (name, _words) in enumerate(icons):
                tone = self.colours.good if name == "mic" else self.colours.muted
                painter.drawPixmap(QPointF(number * step + _GAP // 2, 0), icon_pixmap(name, tone, self.icon, ratio))
            painter.end()
            self.strips[icons, ratio] = strip
        return strip

    def width(self, text: str, *, bold: bool = False) -> int:
        """Return the width of a text."""
        width = self.widths.get((text, bold))
        if width is None:
            if len(self.widths) > _KEPT_WIDTHS:
                self.widths.clear()
            width = (self.bold_metrics if bold else self.plain_metrics).horizontalAdvance(text)
            self.widths[text, bold] = width
        return width

    def elided(self, text: str, available: int, *, bold: bool = False) -> str:
        """Return the text, or as much of it as fits."""
        if self.width(text, bold=bold) <= available:
            return text
        metrics = self.bold_metrics if bold else self.plain_metrics
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, available))


class ModelDelegate(QStyledItemDelegate):
    """Two lines a row; every row is equally high, since the view lays out ten thousand of them at once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look: _Look | None = None
        self._find_spans: Callable[[str], Spans] | None = None
        self._spans: dict[str, Spans] = {}

    def set_spans(self, find_spans: Callable[[str], Spans] | None) -> None:
        """Mark what a search has found.

        Args:
            find_spans: gives the matches in a text; called for texts that are drawn, once each. None marks nothing.
        """
        self._find_spans = find_spans
        self._spans = {}

    def forget_look(self) -> None:
        """Compute colours and fonts anew; the view calls it when its own have changed."""
        self._look = None

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the same size for every row."""
        return QSize(200, QFontMetrics(option.font).height() * 2 + _BETWEEN_LINES + design.gap(design.GRID) * 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        row: Row = index.data(ModelRole.ROW)
        look = self._look_of(option)
        painter.save()
        # Marks above and below letters can be piled up over several rows.
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        above = design.gap(design.GRID)
        area = option.rect.adjusted(_PAD, above, -_PAD, -above)
        if isinstance(row, HeadingRow):
            self._draw_heading(painter, row, option.rect.adjusted(_PAD, 0, -_PAD, 0), look)
        else:
            self._draw_background(painter, option, look)
            first = QRect(area.left(), area.top(), area.width(), look.line)
            second = QRect(area.left(), area.top() + look.line + _BETWEEN_LINES, area.width(), look.line)
            if isinstance(row, NoticeRow):
                self._draw_notice(painter, row, first, second, look)
            else:
                ratio = painter.device().devicePixelRatioF()
                self._draw_first_line(painter, row, first, look, ratio)
                self._draw_second_line(painter, row, second, look)
        painter.restore()

    # --- parts

    def _draw_background(self, painter: QPainter, option: QStyleOptionViewItem, look: _Look) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if not selected and not option.state & QStyle.StateFlag.State_MouseOver:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(look.colours.accent, 1.5))
        painter.setBrush(look.selected if selected else look.hovered)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(2, 1, -2, -1), 6, 6)

    def _draw_heading(self, painter: QPainter, row: HeadingRow, area: QRect, look: _Look) -> None:
        """Draw a heading at the bottom of its row: the space above separates it from the section before."""
        line = QRect(area.left(), area.bottom() - look.line - design.GRID // 2, area.width(), look.line)
        title = look.elided(row.title, line.width() - 60, bold=True)
        look.draw(painter, line, title, look.colours.text, bold=True)
        line.setLeft(line.left() + look.width(title, bold=True) + _GAP)
        look.draw(painter, line, row.count, look.colours.muted)
        painter.setPen(QPen(look.colours.line, 1))
        left = line.left() + look.width(row.count) + _GAP
        middle = line.center().y() + 0.5
        painter.drawLine(QPointF(left, middle), QPointF(area.right(), middle))

    def _draw_notice(self, painter: QPainter, row: NoticeRow, first: QRect, second: QRect, look: _Look) -> None:
        tone = getattr(look.colours, row.tone)
        painter.drawPixmap(
            first.left(), first.top() + (look.line - look.icon) // 2, icon_pixmap(row.icon, tone, look.icon)
        )
        indent = look.icon + _GAP
        painter.setFont(look.bold)
        painter.setPen(look.colours.text)
        available = first.width() - indent
        title = look.bold_metrics.elidedText(row.title, Qt.TextElideMode.ElideMiddle, available)
        painter.drawText(first.adjusted(indent, 0, 0, 0), _LEFT, title)
        painter.setFont(look.plain)
        painter.setPen(look.colours.muted)
        text = look.elided(row.text, available)
        painter.drawText(second.adjusted(indent, 0, 0, 0), _LEFT, text)

    def _draw_first_line(self, painter: QPainter, row: ModelRow, area: QRect, look: _Look, ratio: float) -> None:
        colours = look.colours
        top = area.top() + (look.line - look.icon) // 2
        strip = look.strip(row.icons, ratio)
        right = area.right() + 1 - round(strip.width() / ratio)
        painter.drawPixmap(right, top, strip)
        left = area.left()
        if row.is_favourite:
            painter.drawPixmap(left, top, icon_pixmap("star-filled", colours.caution, look.icon, ratio))
            left += look.icon + _GAP // 2
        name_spans = self._spans_of(row.model.name)
        badge_width = look.width(row.badge) + design.GRID * 2 if row.badge else 0
        available = right - _GAP - left - badge_width
        ink = colours.text if row.is_usable else colours.muted
        place = QRect(left, area.top(), available, look.line)
        left += self._draw_marked(painter, row.model.name, name_spans, place, ink, look, bold=True)
        left += _GAP
        if row.badge and right - left > badge_width:
            pill = QRectF(left, area.top(), badge_width, look.line)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.badge)
            painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
            inside = QRect(left + design.GRID, area.top(), badge_width, look.line)
            look.draw(painter, inside, row.badge, colours.text)
            left += badge_width + _GAP
        # Where the name does not show why a row was found, its id does.
        by_id = not name_spans and bool(self._spans_of(row.model.id))
        text = row.model.id if by_id else row.model.vendor
        available = right - _GAP - left
        if text and available > look.line * 2:
            place = QRect(left, area.top(), available, look.line)
            self._draw_marked(painter, text, self._spans_of(text), place, colours.muted, look)

    def _draw_second_line(self, painter: QPainter, row: ModelRow, area: QRect, look: _Look) -> None:
        colours = look.colours
        available = area.width()
        if row.context:
            width = look.width(row.context)
            look.draw(painter, area.adjusted(available - width, 0, 0, 0), row.context, colours.muted)
            available -= width + _GAP * 2
        if row.warning:
            warning = look.elided(f"{row.warning}  ·  ", available)
            look.draw(painter, area, warning, colours.caution if row.is_usable else colours.muted)
            used = look.width(warning)
            area = area.adjusted(used, 0, 0, 0)
            available -= used
        if available > look.line:
            look.draw(painter, area, look.elided(row.summary, available), colours.muted)

    def _draw_marked(
        self, painter: QPainter, text: str, spans: Spans, area: QRect, ink: QColor, look: _Look, *, bold: bool = False
    ) -> int:
        """Draw a text with its matches on a coloured background; return its width."""
        shown = look.elided(text, area.width(), bold=bold)
        kept = len(text) if shown == text else len(shown) - 1
        if spans:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.mark)
            for start, end in spans:
                if start < kept:
                    # Pieces of a Python string are cut at code points, so nothing has to be converted to Qt's units.
                    left = look.width(text[:start], bold=bold) if start else 0
                    width = look.width(text[: min(end, kept)], bold=bold) - left
                    painter.drawRoundedRect(QRectF(area.left() + left - 1, area.top(), width + 2, area.height()), 3, 3)
        look.draw(painter, area, shown, ink, bold=bold)
        return look.width(shown, bold=bold)

    # --- what is kept

    def _spans_of(self, text: str) -> Spans:
        if self._find_spans is None:
            return ()
        spans = self._spans.get(text)
        if spans is None:
            spans = self._spans[text] = self._find_spans(text)
        return spans

    def _look_of(self, option: QStyleOptionViewItem) -> _Look:
        if self._look is None:
            # A heading's option has the palette of what is disabled, so the view's own is asked.
            palette = QPalette(option.widget.palette())
            # A window that is shown is not active yet, and some platforms draw inactive text in grey.
            palette.setCurrentColorGroup(QPalette.ColorGroup.Active)
            colours = design.colours(palette)
            base = palette.color(QPalette.ColorRole.Base)
            plain, bold = QFont(option.font), QFont(option.font)
            bold.setWeight(QFont.Weight.DemiBold)
            metrics = QFontMetrics(plain)
            self._look = _Look(
                colours=colours,
                plain=plain,
                bold=bold,
                plain_metrics=metrics,
                bold_metrics=QFontMetrics(bold),
                line=metrics.height(),
                icon=max(16, round(metrics.height() * 0.9)),
                selected=design.mix(colours.accent, base, 0.22 if colours.is_dark else 0.14),
                hovered=design.mix(colours.text, base, 0.06),
                mark=design.mix(colours.caution, base, 0.3),
                badge=design.mix(colours.accent, colours.card, 0.25),
                widths={},
                strips={},
                laid_out={},
            )
        return self._look
