"""The panel that says what happened: an icon, one sentence, what to do, and the buttons that do it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import (
    BusyRing,
    DoubleClickGuard,
    IconLabel,
    PaddedButton,
    TextLabel,
    bring_into_view,
    control_before,
    hand_focus_to,
)
from caal_desktop.widgets.common.flow_layout import FlowLayout
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands
from caal_desktop.widgets.common.translation import reason_and_advice, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from caal_desktop.widgets.common.translation import Described


class MessageKind(StrEnum):
    """The kind of a message, which decides its icon and colour."""

    BUSY = "busy"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


_ICONS = {
    MessageKind.INFO: ("info", "accent_text"),
    MessageKind.SUCCESS: ("check-circle", "good"),
    MessageKind.WARNING: ("caution", "caution"),
    MessageKind.ERROR: ("error", "bad"),
}


_SETTLING_MS = 250
"""How long a new message may take to get its size; what is scrolled later is the user's business."""


@dataclass(frozen=True, slots=True)
class MessageAction:
    """One button of a message.

    Attributes:
        name: the last part of the button's object name.
        text: what the button says, translated.
        run: what it does.
    """

    name: str
    text: str
    run: Callable[[], object]

    def named(self, name: str) -> MessageAction:
        """Return the same action with another name."""
        return replace(self, name=name)

    def titled(self, text: str) -> MessageAction:
        """Return the same action with another text on its button."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class PanelMessage:
    """What a message panel shows.

    Attributes:
        kind: what kind of message it is.
        title: what happened, in one sentence.
        body: why, and what to do.
        actions: what can be done, the most helpful first.
    """

    kind: MessageKind
    title: str
    body: str = ""
    actions: tuple[MessageAction, ...] = ()

    def with_actions(self, *actions: MessageAction) -> PanelMessage:
        """Return the same message with more actions."""
        return replace(self, actions=(*self.actions, *actions))


def error_message(kind: MessageKind, error: Described, actions: Iterable[MessageAction] = ()) -> PanelMessage:
    """Return a message that says what an error says of itself."""
    text = words_of(error)
    return PanelMessage(kind, text.what, reason_and_advice(text), tuple(actions))


class MessagePanel(QFrame):
    """A message within a window, with up to a few actions.

    The focus of a button that goes with its message passes to what the next one offers, and to the panel itself while
    that offers nothing.
    """

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._kind = MessageKind.INFO
        self._settling = QTimer(self, interval=_SETTLING_MS, singleShot=True)
        self._icon = IconLabel("info", "accent_text", parent=self)
        self._ring = BusyRing(parent=self)
        symbols = QWidget(self)
        symbols.setFixedSize(20, 20)
        self._symbols = QStackedLayout(symbols)
        self._symbols.addWidget(self._icon)
        self._symbols.addWidget(self._ring)
        self._title = TextLabel(name=f"{name}.title", bold=True, parent=self)
        self._body = TextLabel(name=f"{name}.body", parent=self)
        for label in (self._title, self._body):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = FlowLayout(spacing=design.GRID)
        self._tab_anchor: QWidget | None = None
        self._focus_successor: QWidget | None = None
        texts = QVBoxLayout()
        texts.setSpacing(design.GRID // 2)
        texts.addWidget(self._title)
        texts.addWidget(self._body)
        self._gap = QWidget(self)
        self._gap.setFixedHeight(design.GRID // 2)
        texts.addWidget(self._gap)
        texts.addLayout(self._buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(12)
        layout.addWidget(symbols, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.hide()

    @property
    def kind(self) -> MessageKind:
        """The kind of message that is shown."""
        return self._kind

    @property
    def title(self) -> str:
        """The sentence that is shown."""
        return self._title.text()

    @property
    def body(self) -> str:
        """The explanation that is shown."""
        return self._body.text()

    def draw(self, message: PanelMessage | None) -> None:
        """Show a message in place of the one before; without one there is no panel."""
        if message is None:
            self.hide()
        else:
            self.show_message(message.kind, message.title, message.body, message.actions)

    def show_message(
        self, kind: MessageKind, title: str, body: str = "", actions: Sequence[MessageAction] = ()
    ) -> None:
        """Show a message in place of the one before.

        Args:
            kind: what kind of message it is.
            title: what happened, in one sentence.
            body: why, and what to do.
            actions: what can be done, the most helpful first.
        """
        same = (kind, title, body) == (self._kind, self.title, self.body) and self.isVisible()
        self._kind = kind
        self.setAccessibleName(title)
        self.setAccessibleDescription(body)
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._body.setText(body)
        self._body.setVisible(bool(body))
        if kind is MessageKind.BUSY:
            self._symbols.setCurrentWidget(self._ring)
        else:
            self._icon.set_icon(*_ICONS[kind])
            self._symbols.setCurrentWidget(self._icon)
        self._set_actions(actions)
        self.show()
        self.update()
        if not same:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            if kind in (MessageKind.WARNING, MessageKind.ERROR):
                # In a small window its buttons would be below what is seen.
                self._settling.start()
                QTimer.singleShot(0, self, self._come_into_view)

    def show_error(self, kind: MessageKind, error: Described | None, actions: Sequence[MessageAction] = ()) -> None:
        """Show an error in its own words; nothing changes where there is none.

        Args:
            kind: what kind of message it is.
            error: what went wrong.
            actions: what can be done, the most helpful first.
        """
        if error is not None:
            self.draw(error_message(kind, error, actions))

    def follow_in_tab_order(self, widget: QWidget) -> None:
        """Place the buttons after this control in the tab order, and not after what was made before the panel."""
        self._tab_anchor = widget

    def return_focus_to(self, widget: QWidget) -> None:
        """Set the widget that gets the focus when the panel is hidden while it has it."""
        self._focus_successor = widget

    def setVisible(self, visible: bool) -> None:
        """Show or hide the panel; a focused button does not pass the focus to what comes next in the tab order."""
        loses_focus = not visible and self._holds_focus()
        if loses_focus and self._focus_successor is not None and self._focus_successor.isVisible():
            hand_focus_to(self._focus_successor)
        super().setVisible(visible)

    def _holds_focus(self) -> bool:
        """Return whether the keyboard is here, or will be once the window is active again."""
        # Where nothing has the focus, it is None, of which nothing is an ancestor.
        focused = self.window().focusWidget()
        return focused is self or self.isAncestorOf(focused)

    def button(self, name: str) -> QPushButton | None:
        """Return the button of an action that is shown now, by the action's name; None where there is none."""
        return self.findChild(QPushButton, f"{self.objectName()}.{name}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card: a soft ground in the kind's colour, with a line around it."""
        colours = design.colours(self.palette())
        colour = colours.line if self._kind is MessageKind.BUSY else getattr(colours, _ICONS[self._kind][1])
        line = colours.accent if self.hasFocus() else design.mix(colour, colours.card, 0.55)
        design.paint_card(self, line, design.mix(colour, colours.card, 0.07))

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in other colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay in view while a new message gets its height, which takes several passes."""
        super().resizeEvent(event)
        if self._settling.isActive():
            QTimer.singleShot(0, self, self._come_into_view)

    def _come_into_view(self) -> None:
        if self.isVisible():
            bring_into_view(self)

    def _set_actions(self, actions: Sequence[MessageAction]) -> None:
        has_focus = self._holds_focus()
        if has_focus:
            # The keyboard stays with the message whose button it has just pressed, also while that has none.
            hand_focus_to(self)
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                # Not deleted at once: this may run inside the very button's own signal.
                widget.hide()
                widget.setObjectName("")
                widget.deleteLater()
        self._gap.setVisible(bool(actions))
        before = self._tab_anchor or control_before(self)
        for action in actions:
            button = PaddedButton(
                with_plain_ampersands(action.text), name=f"{self.objectName()}.{action.name}", parent=self
            )
            # The button in the place of the first may be another one by the second click.
            DoubleClickGuard(button)
            button.clicked.connect(lambda _checked=False, run=action.run: run())
            self._buttons.addWidget(button)
            # Made late, it would come after everything else of the window.
            if before is not None:
                self.setTabOrder(before, button)
            before = button
            if has_focus:
                button.show()
                hand_focus_to(button)
                has_focus = False
