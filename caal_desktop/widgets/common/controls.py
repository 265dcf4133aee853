"""Small controls that several windows share: text in fixed roles, icon buttons, the busy ring."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QScrollArea, QSizePolicy, QToolButton, QWidget

from caal_desktop.item_models.foreign_text import one_line
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.icons import icon, icon_pixmap
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands
from caal_desktop.widgets.common.tooltips import set_tooltip

_RESTYLE_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


class PlainLabel(QLabel):
    """A label that shows its text as it is: Qt's own reads HTML, and opens what that names."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class TextLabel(PlainLabel):
    """Wrapped text in a fixed role, following font and palette.

    Args:
        text: plain text.
        name: the object name.
        scale: size against the application's font.
        bold: semi-bold weight.
        muted: secondary colour.
    """

    def __init__(
        self,
        text: str = "",
        *,
        name: str,
        scale: float = 1.0,
        bold: bool = False,
        muted: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._scale, self._bold, self._muted = scale, bold, muted
        self._restyling = False
        self.setObjectName(name)
        self.setWordWrap(True)
        # A widget whose font has a size of its own hears nothing of another application font; only windows do.
        QGuiApplication.instance().fontChanged.connect(self._restyle)  # type: ignore[union-attr]
        self._restyle()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's font and colours."""
        super().changeEvent(event)
        if event.type() in _RESTYLE_EVENTS and not self._restyling:
            self._restyle()

    def _restyle(self) -> None:
        self._restyling = True
        try:
            self.setFont(design.scaled_font(self, self._scale, bold=self._bold))
            if self._muted:
                palette = QPalette(self.palette())
                parent = self.parentWidget()
                source = parent.palette() if parent is not None else palette
                palette.setColor(QPalette.ColorRole.WindowText, design.colours(source).muted)
                self.setPalette(palette)
        finally:
            self._restyling = False


def control_before(widget: QWidget) -> QWidget | None:
    """Return the control that Tab reaches just before a widget; None where there is none in its window."""
    before = widget.previousInFocusChain()
    while before is not None and before is not widget and not before.focusPolicy() & Qt.FocusPolicy.TabFocus:
        before = before.previousInFocusChain()
    return before if before is not widget else None


class IconButton(QToolButton):
    """A flat button that shows one of the program's icons in the current text colour.

    Args:
        icon_name: a file of ``resources/icons``.
        text: its accessible name and tooltip; shown beside the icon when `show_text`.
    """

    def __init__(
        self, icon_name: str, text: str, *, name: str, show_text: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setObjectName(name)
        self.setText(with_plain_ampersands(text))
        self.setAccessibleName(text)
        set_tooltip(self, text)
        self.setAutoRaise(True)
        # A QToolButton takes the focus by Tab alone; a click has to move it here, too.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if show_text else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)
        self.setIconSize(QSize(18, 18))
        self._restyle()

    def set_icon_name(self, icon_name: str) -> None:
        """Show another icon."""
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self._restyle()

    def set_label(self, text: str) -> None:
        """Change text, tooltip and accessible name together."""
        self.setText(with_plain_ampersands(text))
        set_tooltip(self, text)
        self.setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def _restyle(self) -> None:
        palette = self.palette()
        # A disabled button's own palette answers with the colours of that state, which would stay with the icon.
        palette.setCurrentColorGroup(QPalette.ColorGroup.Active)
        disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        self.setIcon(icon(self._icon_name, design.colours(palette).text, disabled))


class NameButton(QToolButton):
    """A flat button that says a name from elsewhere, cut at its end where it does not fit."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_name(self, text: str) -> None:
        """Show a name; a tooltip and an accessible name are the caller's to set."""
        self._shown = one_line(text)
        self.setText(with_plain_ampersands(self._shown))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as the style does, with as much of the name as fits."""
        # Imported here: see BusyRing.
        from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter

        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        # One less, since the width of a text is rounded, often down: a name that fits would be cut.
        beside = self.sizeHint().width() - metrics.horizontalAdvance(self._shown) - 1
        # Cut before its ampersands are doubled, or the cut could leave one of two.
        shown = metrics.elidedText(self._shown, Qt.TextElideMode.ElideRight, self.width() - beside)
        option.text = with_plain_ampersands(shown)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.end()


class PaddedButton(QPushButton):
    """A push button with space around its text: some styles draw the frame close to the first and the last letter.

    Enter presses it only where it is the default button or has the focus.
    """

    def __init__(self, text: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAutoDefault(False)

    def sizeHint(self) -> QSize:
        """Return the style's size with space for a letter at both sides and for a finger above and below."""
        hint = super().sizeHint()
        line = self.fontMetrics().height()
        width = max(hint.width(), self.fontMetrics().horizontalAdvance(self.text()) + line * 2)
        return QSize(width, max(design.control_height(34), line + design.gap(line)))


class Rule(QWidget):
    """A thin line across."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), design.colours(self.palette()).line)
        painter.end()


class IconLabel(QWidget):
    """One icon in one of the program's colours, decorative: screen readers read the text beside it.

    Args:
        colour: the name of an attribute of :class:`~caal_desktop.widgets.common.design.Colours`.
    """

    def __init__(self, icon_name: str, colour: str, *, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self._colour, self._size = icon_name, colour, size
        self.setFixedSize(size, size)

    def set_icon(self, icon_name: str, colour: str) -> None:
        """Show another icon, in another colour."""
        self._icon_name, self._colour = icon_name, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon at the screen's density."""
        painter = QPainter(self)
        colour = getattr(design.colours(self.palette()), self._colour)
        painter.drawPixmap(0, 0, icon_pixmap(self._icon_name, colour, self._size, self.devicePixelRatioF()))
        painter.end()


class WheelGuard(QObject):
    """Keeps the wheel from a spin box or a combo box that is not in use, and leaves it to what scrolls around it.

    Scrolling must not change a value that happens to lie under the pointer.

    Args:
        control: what to guard; it owns the guard.
    """

    def __init__(self, control: QWidget) -> None:
        super().__init__(control)
        # Without the wheel among the ways to get the focus: the first notch would make it a control in use.
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ignore the wheel for a control without the focus."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class DoubleClickGuard(QObject):
    """Takes a double click on a button as one click.

    For buttons that mean something else once they have been pressed: the second click of a hand that is used to double
    clicks must not stop what the first has begun, nor pass over what it has opened.

    Args:
        button: what to guard; it owns the guard.
    """

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave out the second press of a double click."""
        return event.type() == QEvent.Type.MouseButtonDblClick or super().eventFilter(watched, event)


class BusyRing(QWidget):
    """A small turning ring, which stands still while hidden and where the platform asks for less motion."""

    def __init__(self, *, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._turn)

    def showEvent(self, event: QShowEvent) -> None:
        """Turn only while visible."""
        super().showEvent(event)
        # Imported here: its hundreds of names take longer to import than all of this module.
        from PySide6.QtWidgets import QStyle

        if self.style().styleHint(QStyle.StyleHint.SH_Widget_Animate, None, self):
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop while hidden."""
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the track and the turning arc."""
        colour = design.colours(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = max(2.0, self.width() / 9)
        area = QRectF(self.rect()).adjusted(width, width, -width, -width)
        painter.setPen(QPen(colour.line, width))
        painter.drawEllipse(area)
        painter.setPen(QPen(colour.accent_text, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(area, -self._angle * 16, 100 * 16)
        painter.end()

    def _turn(self) -> None:
        self._angle = (self._angle + 18) % 360
        self.update()


def hand_focus_to(widget: QWidget) -> None:
    """Give a widget the focus that another one loses; where the keyboard is in use, the focus is still seen.

    Qt draws it where Tab has led, and no longer once a program has moved it.
    """
    window = widget.window()
    is_seen = window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    widget.setFocus(Qt.FocusReason.OtherFocusReason)
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange, is_seen)


def bring_into_view(widget: QWidget) -> None:
    """Scroll the area that a widget is in, if it is in one, so that all of the widget is seen."""
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    if above is not None:
        above.ensureWidgetVisible(widget, 0, design.GRID)


class ElidedLabel(PlainLabel):
    """One line of plain text, cut with an ellipsis where it does not fit, and whole in its tooltip then."""

    clicked = Signal()

    def __init__(self, text: str = "", *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._full = ""
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_full_text(text)

    def set_full_text(self, text: str) -> None:
        """Show another text."""
        self._full = one_line(text)
        self.setAccessibleName(self._full)
        self._elide()

    def sizeHint(self) -> QSize:
        """Return a size as wide as the whole text."""
        hint = super().sizeHint()
        hint.setWidth(self.fontMetrics().horizontalAdvance(self._full) + 4)
        return hint

    def changeEvent(self, event: QEvent) -> None:
        """Measure again with another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._elide()

    def resizeEvent(self, event: object) -> None:
        """Cut again at another width."""
        self._elide()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit ``clicked``."""
        super().mouseReleaseEvent(event)
        self.clicked.emit()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self.setText(shown)
        set_tooltip(self, self._full if shown != self._full else "")
