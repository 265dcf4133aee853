"""Filters as chips: buttons that stay down, each with the number of models that it would leave."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.flow_layout import FlowLayout
from caal_desktop.widgets.common.formats import number
from caal_desktop.widgets.common.icons import icon_pixmap
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands
from caal_desktop.widgets.common.tooltips import set_tooltip

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
_CHECK = 12


class Chip(QToolButton):
    """One filter.

    Args:
        text: its name.
        help_text: what passes it, as a tooltip and for screen readers.

    Signals:
        stepped: an arrow key asks for the chip before (-1) or after (1) this one.
    """

    stepped = Signal(int)

    def __init__(self, text: str, help_text: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._name = text
        self.setText(with_plain_ampersands(text))
        set_tooltip(self, help_text)
        self.setAccessibleDescription(help_text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._count: int | None = None
        self._digits = 0
        self.set_count(None)

    @property
    def count(self) -> int | None:
        """The number that is shown."""
        return self._count

    def set_count(self, count: int | None) -> None:
        """Show how many models it would leave; None while that is not known."""
        if count == self._count and self.accessibleName():
            return
        # It never gets narrower: the chips behind it would move with each letter that is typed.
        digits = max(self._digits, len(self._count_text(count)))
        longer, self._digits = digits != self._digits, digits
        self._count = count
        name = self._name
        self.setAccessibleName(name if count is None else self.tr("{name}, %Ln models", "", count).format(name=name))
        if longer:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of name, number and tick, ticked or not: nothing moves when it is toggled."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._name) + design.GRID * 3 + _CHECK
        if self._digits:
            width += design.GRID // 2 + metrics.horizontalAdvance("0") * self._digits
        return QSize(width, metrics.height() + design.GRID)

    def minimumSizeHint(self) -> QSize:
        """Return the whole size: a chip is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chip."""
        colours = design.colours(self.palette())
        base = self.palette().color(QPalette.ColorRole.Window)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        empty = self._count == 0 and not self.isChecked()
        pill = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked():
            painter.setBrush(design.mix(colours.accent, base, 0.28 if colours.is_dark else 0.18))
            painter.setPen(QPen(colours.accent, 1))
        else:
            painter.setBrush(colours.hover if self.underMouse() else colours.card)
            painter.setPen(QPen(colours.line, 1))
        if self.hasFocus():
            painter.setPen(QPen(colours.accent, 2))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        left = design.GRID
        if self.isChecked():
            top = (self.height() - _CHECK) // 2
            tick = icon_pixmap("check", colours.text, _CHECK, self.devicePixelRatioF())
            painter.drawPixmap(left, top, tick)
            left += _CHECK + design.GRID // 2
        else:
            left += _CHECK // 2 + design.GRID // 4
        painter.setPen(colours.muted if empty else colours.text)
        metrics = self.fontMetrics()
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), middle, self._name)
        if self._count is not None:
            left += metrics.horizontalAdvance(self._name) + design.GRID // 2 + 1
            painter.setPen(colours.muted)
            painter.drawText(self.rect().adjusted(left, 0, 0, 0), middle, self._count_text(self._count))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from chip to chip with the arrow keys; leave Enter to the dialog."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            if self.isRightToLeft() and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                step = -step
            self.stepped.emit(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Measure again with another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _count_text(self, count: int | None) -> str:
        return "" if count is None else number(count)


class ChipBar(QWidget):
    """Chips in as many lines as they need: one stop of the Tab key, arrows inside."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._chips: list[Chip] = []
        self._flow = FlowLayout(self, spacing=design.GRID * 3 // 4)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def chips(self) -> list[Chip]:
        """The chips, in order."""
        return self._chips

    def add_chip(self, chip: Chip) -> None:
        """Add a chip at the end."""
        chip.setParent(self)
        self._chips.append(chip)
        self._flow.addWidget(chip)
        chip.stepped.connect(lambda step, chip=chip: self._step(chip, step))
        chip.installEventFilter(self)
        self._set_tab_stop(self._chips[0])

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Let Tab come back to the chip that was focused last."""
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusIn and isinstance(watched, Chip):
            self._set_tab_stop(watched)
        return False

    def _step(self, chip: Chip, step: int) -> None:
        shown = [one for one in self._chips if one.isVisibleTo(self)]
        target = shown[(shown.index(chip) + step) % len(shown)]
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_tab_stop(self, chip: Chip) -> None:
        for one in self._chips:
            one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if one is chip else Qt.FocusPolicy.ClickFocus)
