"""The line that shows and hides a model's reasoning, with the time that it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.formats import seconds
from caal_desktop.widgets.common.tooltips import set_tooltip

if TYPE_CHECKING:
    from caal_desktop.services.chat.conversation import ChatMessage


class ReasoningFold(QToolButton):
    """A flat button with a triangle.

    Signals:
        foldToggled: whether the reasoning is to be shown.
    """

    foldToggled = Signal(bool)

    def __init__(self, *, name: str, is_open: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._is_open = is_open
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFont(design.scaled_font(self, 0.92))
        self.setProperty("shift", -4)
        self.clicked.connect(self._toggle)
        self._show_arrow()

    def show_message(self, message: ChatMessage) -> None:
        """Show how long the model thought, or that it still does."""
        facts = message.facts
        if facts is not None and facts.reasoning_s is not None:
            text = self.tr("Thought for {time}").format(time=seconds(facts.reasoning_s))
        elif message.status.is_open and not message.parts:
            text = self.tr("Thinking…")
        else:
            text = self.tr("Reasoning")
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(text)

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        self._show_arrow()
        self.foldToggled.emit(self._is_open)

    def _show_arrow(self) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if self._is_open else Qt.ArrowType.RightArrow)
        text = (
            self.tr("Hide what the model thought before it answered")
            if self._is_open
            else self.tr("Show what the model thought before it answered")
        )
        set_tooltip(self, text)
        self.setAccessibleDescription(text)
