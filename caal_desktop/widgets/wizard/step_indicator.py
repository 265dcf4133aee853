"""The list of steps at the wizard's side: the current one, those done and those to come."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.formats import number
from caal_desktop.widgets.common.icons import application_icon, icon_pixmap

_MARK = 26


class StepIndicator(QWidget):
    """Shows the steps. It is no control: Back and Next change the step."""

    def __init__(self, titles: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wizard.rail")
        self._titles = titles
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.set_current(0)

    def set_current(self, index: int) -> None:
        """Mark the current step, counted from 0."""
        self._current = index
        self.setAccessibleName(
            self.tr("Step {number} of {count}: {title}").format(
                number=number(index + 1), count=number(len(self._titles)), title=self._titles[index]
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size as wide as the longest title needs."""
        metrics = QFontMetrics(design.scaled_font(self, 1.0, bold=True))
        widest = max(metrics.horizontalAdvance(title) for title in self._titles)
        return QSize(design.GRID * 3 + _MARK + design.GRID * 3 // 2 + widest + design.GRID * 4, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw logo, line and marks."""
        colours = design.colours(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), design.mix(colours.text, self.palette().window().color(), 0.045))
        painter.setPen(QPen(colours.line, 1))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        left = design.GRID * 3
        application_icon().paint(painter, QRect(left, design.GRID * 4, 44, 44))
        row = max(44, QFontMetrics(self.font()).height() + 24)
        top = design.GRID * 4 + 44 + design.GRID * 4
        for index, title in enumerate(self._titles):
            middle = top + index * row + row // 2
            if index < len(self._titles) - 1:
                painter.setPen(QPen(colours.line, 1.5))
                painter.drawLine(
                    left + _MARK // 2, middle + _MARK // 2 + 3, left + _MARK // 2, middle + row - _MARK // 2 - 3
                )
            self._draw_mark(painter, index, QRectF(left, middle - _MARK / 2, _MARK, _MARK), colours)
            current = index == self._current
            painter.setFont(design.scaled_font(self, 1.0, bold=current))
            painter.setPen(colours.text if index <= self._current else colours.muted)
            text_left = left + _MARK + design.GRID * 3 // 2
            painter.drawText(
                QRect(text_left, middle - row // 2, self.width() - text_left - design.GRID, row),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                title,
            )
        painter.end()

    def _draw_mark(self, painter: QPainter, index: int, area: QRectF, colours: design.Colours) -> None:
        if index < self._current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(design.mix(colours.accent, colours.card, 0.25))
            painter.drawEllipse(area)
            check = icon_pixmap("check", colours.text, 16, self.devicePixelRatioF())
            painter.drawPixmap(round(area.center().x()) - 8, round(area.center().y()) - 8, check)
            return
        current = index == self._current
        painter.setPen(Qt.PenStyle.NoPen if current else QPen(colours.muted, 1.3))
        painter.setBrush(colours.accent if current else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(area)
        painter.setFont(design.scaled_font(self, 0.95, bold=current))
        painter.setPen(colours.on_accent if current else colours.muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, number(index + 1))
