"""Draws a model's row: name and vendor, price and context, what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from caal_desktop.item_models.model_list import ModelRole, ModelRow
from caal_desktop.widgets import theme
from caal_desktop.widgets.icons import icon_pixmap

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_PAD = theme.GRID * 3 // 2
_ICON = 16
_GAP = theme.GRID


class ModelDelegate(QStyledItemDelegate):
    """Two lines a row: what it is, what it costs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._colours: theme.Colours | None = None
        self._palette_key = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The same height for every row: the view lays out ten thousand of them at once."""
        return QSize(200, QFontMetrics(option.font).height() * 2 + theme.GRID * 2 + 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        row: ModelRow = index.data(ModelRole.ROW)
        colours = self._colours_of(option.palette)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter, option, colours, selected=selected)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        small = QFontMetrics(option.font)
        area = option.rect.adjusted(_PAD, theme.GRID, -_PAD, -theme.GRID)
        line = QFontMetrics(option.font).height()
        first, second = QRect(area), QRect(area)
        first.setHeight(line)
        second.setTop(area.top() + line + 2)
        right = self._draw_icons(painter, row, first, colours, option.widget)
        self._draw_name(
            painter, row, QRect(first.left(), first.top(), right - first.left(), line), option, bold, colours
        )
        painter.setFont(option.font)
        painter.setPen(colours.muted)
        left_text = "  ·  ".join(part for part in (row.price, row.hourly) if part) or row.model.id
        context = row.context
        width = small.horizontalAdvance(context)
        painter.drawText(second, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, context)
        room = second.width() - width - (_GAP * 2 if context else 0)
        painter.drawText(
            second, Qt.AlignmentFlag.AlignLeft, small.elidedText(left_text, Qt.TextElideMode.ElideRight, room)
        )
        painter.restore()

    def _draw_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, colours: theme.Colours, *, selected: bool
    ) -> None:
        area = QRectF(option.rect).adjusted(2, 1, -2, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        base = option.palette.color(QPalette.ColorRole.Base)
        if selected:
            painter.setBrush(theme.mix(colours.accent, base, 0.22 if colours.is_dark else 0.14))
            if option.state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(QPen(colours.accent, 1.5))
            painter.drawRoundedRect(area, 6, 6)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme.mix(colours.text, base, 0.06))
            painter.drawRoundedRect(area, 6, 6)

    def _draw_icons(
        self, painter: QPainter, row: ModelRow, area: QRect, colours: theme.Colours, widget: QWidget | None
    ) -> int:
        right = area.right() + 1
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        for name, _words in reversed(row.icons):
            right -= _ICON
            tone = colours.good if name == "mic" else colours.muted
            painter.drawPixmap(right, area.top() + (area.height() - _ICON) // 2, icon_pixmap(name, tone, _ICON, ratio))
            right -= _GAP // 2
        return right - _GAP

    def _draw_name(
        self,
        painter: QPainter,
        row: ModelRow,
        area: QRect,
        option: QStyleOptionViewItem,
        bold: QFont,
        colours: theme.Colours,
    ) -> None:
        metrics = QFontMetrics(bold)
        badge_width = QFontMetrics(option.font).horizontalAdvance(row.badge) + theme.GRID * 2 if row.badge else 0
        name = metrics.elidedText(row.model.name, Qt.TextElideMode.ElideRight, area.width() - badge_width)
        painter.setFont(bold)
        painter.setPen(colours.text)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        left = area.left() + metrics.horizontalAdvance(name) + _GAP
        painter.setFont(option.font)
        if row.badge:
            badge = QRectF(left, area.top(), badge_width, area.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.mix(colours.accent, colours.card, 0.25))
            painter.drawRoundedRect(badge, badge.height() / 2, badge.height() / 2)
            painter.setPen(colours.text)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, row.badge)
            left += badge_width + _GAP
        painter.setPen(colours.muted)
        vendor = QFontMetrics(option.font).elidedText(
            row.model.vendor, Qt.TextElideMode.ElideRight, max(0, area.right() - left)
        )
        painter.drawText(
            QRect(left, area.top(), max(0, area.right() - left), area.height()),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            vendor,
        )

    def _colours_of(self, palette: QPalette) -> theme.Colours:
        if self._colours is None or palette.cacheKey() != self._palette_key:
            self._palette_key = palette.cacheKey()
            self._colours = theme.colours(palette)
        return self._colours
