"""How this conversation is asked: instructions, and the parameters that the model takes, with its own defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.services.chat.chat_options import NO_REASONING, ChatOptions, efforts_of, takes
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel, WheelGuard

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.storage.settings.schema import Settings


class OptionsDialog(QDialog):
    """Changes nothing until it is confirmed.

    Signals:
        chosen: the new :class:`ChatOptions`.
    """

    chosen = Signal(object)

    def __init__(
        self, options: ChatOptions, settings: Settings, model: ModelInfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("options")
        self.setWindowTitle(self.tr("This conversation"))
        self.resize(design.first_size(self, 520, 460))
        self._settings, self._model = settings, model
        defaults = dict(model.default_parameters) if model is not None else {}
        self._prompt = QPlainTextEdit(self)
        self._prompt.setObjectName("options.prompt")
        self._prompt.setAccessibleName(self.tr("Instructions"))
        self._prompt.setTabChangesFocus(True)
        self._prompt.setPlainText(settings.system_prompt if options.system_prompt is None else options.system_prompt)
        self._own = QCheckBox(self.tr("Leave it to the model"), self)
        self._own.setObjectName("options.defaults")
        self._own.setChecked(options.model_defaults)
        self._temperature = QDoubleSpinBox(self)
        self._temperature.setObjectName("options.temperature")
        self._temperature.setAccessibleName(self.tr("Temperature"))
        self._temperature.setRange(0.0, 2.0)
        self._temperature.setSingleStep(0.1)
        self._temperature.setValue(settings.temperature if options.temperature is None else options.temperature)
        self._longest = QSpinBox(self)
        self._longest.setObjectName("options.max_tokens")
        self._longest.setAccessibleName(self.tr("Longest answer"))
        ceiling = model.max_completion_tokens if model is not None else None
        self._longest.setRange(1, ceiling or 1_000_000)
        self._longest.setSingleStep(256)
        self._longest.setSuffix(self.tr(" tokens"))
        self._longest.setValue(options.max_tokens or settings.max_tokens)
        self._effort = QComboBox(self)
        self._effort.setObjectName("options.reasoning")
        self._effort.setAccessibleName(self.tr("Reasoning"))
        self._fill_efforts(options)
        for box in (self._temperature, self._longest, self._effort):
            WheelGuard(box)
        form = QFormLayout()
        form.setVerticalSpacing(design.GRID)
        form.setHorizontalSpacing(design.GRID * 2)
        form.addRow(self.tr("Parameters"), self._own)
        for label, control, note in (
            (self.tr("Temperature"), self._temperature, self._note("temperature", defaults.get("temperature"))),
            (self.tr("Longest answer"), self._longest, self._longest_note(ceiling)),
            (self.tr("Reasoning"), self._effort, self._reasoning_note()),
        ):
            # Close to what it explains, and away from what comes next.
            pair = QVBoxLayout()
            pair.setContentsMargins(0, 0, 0, design.GRID // 2)
            pair.setSpacing(design.GRID // 4)
            pair.addWidget(control)
            pair.addWidget(note)
            note.setVisible(bool(note.text()))
            form.addRow(label, pair)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        reset = buttons.addButton(self.tr("As in the settings"), QDialogButtonBox.ButtonRole.ResetRole)
        reset.setObjectName("options.reset")
        reset.clicked.connect(self._reset)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID)
        layout.addWidget(TextLabel(self.tr("Instructions"), name="options.prompt.label", bold=True, parent=self))
        layout.addWidget(self._prompt, 1)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self._own.toggled.connect(self._enable)
        self._enable()

    def _fill_efforts(self, options: ChatOptions) -> None:
        policy = self._model.reasoning if self._model is not None else None
        names = {
            NO_REASONING: self.tr("None"),
            "minimal": self.tr("Minimal"),
            "low": self.tr("A little"),
            "medium": self.tr("Medium"),
            "high": self.tr("A lot"),
            "xhigh": self.tr("Very much"),
        }
        default = self.tr("As in the settings")
        if policy is not None and policy.mandatory and policy.default_effort:
            effort = names.get(policy.default_effort, policy.default_effort)
            default = self.tr("The model's own ({effort})").format(effort=effort)
        self._effort.addItem(default, None)
        for effort in efforts_of(self._model):
            self._effort.addItem(names.get(effort, effort), effort)
        self._effort.setCurrentIndex(max(0, self._effort.findData(options.reasoning)))

    def _note(self, parameter: str, default: float | None) -> TextLabel:
        if not takes(self._model, parameter):
            text = self.tr("This model does not take it; it is not sent.")
        elif default is not None:
            text = self.tr("The model's own: {value}").format(value=f"{default:g}")
        else:
            text = self.tr("The model does not tell its own.")
        return TextLabel(text, name=f"options.{parameter}.note", scale=0.9, muted=True, parent=self)

    def _longest_note(self, ceiling: int | None) -> TextLabel:
        text = self.tr("The model writes up to {count} tokens.").format(count=f"{ceiling:,}") if ceiling else ""
        return TextLabel(text, name="options.max_tokens.note", scale=0.9, muted=True, parent=self)

    def _reasoning_note(self) -> TextLabel:
        policy = self._model.reasoning if self._model is not None else None
        if policy is None:
            text = self.tr("This model does not reason.")
        elif policy.mandatory:
            text = self.tr("This model always reasons before it answers.")
        else:
            text = self.tr("Off unless you choose an effort: who thinks first is silent first.")
        return TextLabel(text, name="options.reasoning.note", scale=0.9, muted=True, parent=self)

    def _enable(self) -> None:
        own = self._own.isChecked()
        self._temperature.setEnabled(not own and takes(self._model, "temperature"))
        self._effort.setEnabled(not own and self._effort.count() > 1)

    def _reset(self) -> None:
        self.chosen.emit(ChatOptions())
        self.accept()

    def _accept(self) -> None:
        settings = self._settings
        prompt, temperature = self._prompt.toPlainText(), round(self._temperature.value(), 2)
        longest = self._longest.value()
        self.chosen.emit(
            ChatOptions(
                None if prompt == settings.system_prompt else prompt,
                None if temperature == round(settings.temperature, 2) else temperature,
                None if longest == settings.max_tokens else longest,
                self._effort.currentData(),
                self._own.isChecked(),
            )
        )
        self.accept()
