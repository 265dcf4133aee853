"""One setting on its page: label, control, explanation, and why the value cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconButton, IconLabel, PlainLabel, TextLabel
from caal_desktop.widgets.common.translation import in_words, translated
from caal_desktop.widgets.settings.editors import SwitchEditor, make_editor

if TYPE_CHECKING:
    from caal_desktop.llm.translation import FilledText
    from caal_desktop.storage.settings.setting import SettingSpec


@dataclass(frozen=True, slots=True)
class RowState:
    """What a row shows.

    Attributes:
        value: the setting's value.
        error: why it cannot be used, in a sentence; None where it can.
        note: why the setting has no effect now; "" where it has one.
        is_found: whether a search has found it.
    """

    value: Any
    error: FilledText | None = None
    note: str = ""
    is_found: bool = False


class SettingRow(QWidget):
    """A setting.

    Signals:
        edited: carries the setting's key and the new value.
        resetRequested: carries the setting's key.
    """

    edited = Signal(str, object)
    resetRequested = Signal(str)

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.setObjectName(f"settings.row.{spec.key}")
        self._state: RowState | None = None
        self.editor = make_editor(spec, self)
        self._reset = IconButton(
            "undo",
            self.tr("Back to the default of “{name}”").format(name=translated(spec.label)),
            name=f"settings.{spec.key}.reset",
            parent=self,
        )
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._long = TextLabel(
            translated(spec.description), name=f"settings.{spec.key}.long", scale=0.92, muted=True, parent=self
        )
        self._note = TextLabel(name=f"settings.{spec.key}.note", scale=0.92, parent=self)
        self._error_icon = IconLabel("error", "bad", size=16, parent=self)
        self._error = TextLabel(name=f"settings.{spec.key}.problem", parent=self)
        control = QHBoxLayout()
        control.setSpacing(design.GRID // 2)
        control.addWidget(self.editor, 1)
        control.addWidget(self._reset)
        error = QHBoxLayout()
        error.setSpacing(design.GRID // 2)
        error.addWidget(self._error_icon)
        error.addWidget(self._error, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID, design.GRID, design.GRID, design.GRID)
        layout.setSpacing(design.GRID // 2)
        if not isinstance(self.editor, SwitchEditor):
            label = PlainLabel(translated(spec.label), self)
            label.setObjectName(f"settings.{spec.key}.label")
            label.setBuddy(self.editor)
            layout.addWidget(label)
        layout.addLayout(control)
        layout.addLayout(error)
        layout.addWidget(self._long)
        layout.addWidget(self._note)
        self.editor.edited.connect(lambda value: self.edited.emit(spec.key, value))
        self._reset.clicked.connect(lambda: self.resetRequested.emit(spec.key))
        self._show_error(None)
        self._show_note("")

    @property
    def error(self) -> str:
        """Why the value cannot be used, as the row shows it; "" where it can."""
        return self._error.text()

    @property
    def is_highlighted(self) -> bool:
        """Whether a search has found this row."""
        return self._state is not None and self._state.is_found

    def show_state(self, state: RowState) -> None:
        """Draw the row, where it shows something else."""
        if state == self._state:
            return
        self._state = state
        self.setVisible(not state.note or state.is_found)
        self.editor.show_value(state.value)
        self._reset.setVisible(state.value != self.spec.default)
        self._show_error(state.error)
        self._show_note(state.note)
        self.update()

    def _show_error(self, error: FilledText | None) -> None:
        text = "" if error is None else in_words(error)
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._error_icon.setVisible(bool(text))
        control = self.editor.focusProxy()
        if control is not None:
            control.setAccessibleDescription(text or translated(self.spec.description))

    def _show_note(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self.editor.setEnabled(not text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark of a found row."""
        if not self.is_highlighted:
            return
        colours = design.colours(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.accent, 1.5))
        painter.setBrush(design.mix(colours.accent, colours.card, 0.12))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), design.RADIUS, design.RADIUS)
        painter.end()
