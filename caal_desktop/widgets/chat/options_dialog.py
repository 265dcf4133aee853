"""The dialog for one conversation's options: instructions, and the parameters that the model takes."""

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

from caal_desktop.llm.models.effort import NO_REASONING, voice_effort
from caal_desktop.services.chat.chat_options import ChatOptions, efforts_of, takes
from caal_desktop.storage.settings.choices import Reasoning
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PlainLabel, TextLabel, WheelGuard
from caal_desktop.widgets.common.formats import format_value

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.storage.settings.schema import Settings


class OptionsDialog(QDialog):
    """Shows and changes the options of a conversation; nothing changes until the dialog is accepted.

    Args:
        options: those to begin with.
        settings: what holds where the options do not say.
        model: the model that is asked; None where nothing is known about it.

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
        self._model_defaults = QCheckBox(self.tr("Leave it to the model"), self)
        self._model_defaults.setObjectName("options.defaults")
        self._model_defaults.setChecked(options.model_defaults)
        self._temperature = QDoubleSpinBox(self)
        self._temperature.setObjectName("options.temperature")
        self._temperature.setAccessibleName(self.tr("Temperature"))
        self._temperature.setRange(0.0, 2.0)
        self._temperature.setSingleStep(0.1)
        self._temperature.setValue(settings.temperature if options.temperature is None else options.temperature)
        self._max_tokens = QSpinBox(self)
        self._max_tokens.setObjectName("options.max_tokens")
        self._max_tokens.setAccessibleName(self.tr("Longest answer, in tokens"))
        ceiling = model.max_completion_tokens if model is not None else None
        self._max_tokens.setRange(1, ceiling or 1_000_000)
        self._max_tokens.setSingleStep(256)
        self._max_tokens.setGroupSeparatorShown(True)
        self._max_tokens.setValue(options.max_tokens or settings.max_tokens)
        self._effort = QComboBox(self)
        self._effort.setObjectName("options.reasoning")
        self._effort.setAccessibleName(self.tr("Reasoning"))
        self._fill_efforts(options)
        for box in (self._temperature, self._max_tokens, self._effort):
            WheelGuard(box)
        form = QFormLayout()
        form.setVerticalSpacing(design.GRID)
        form.setHorizontalSpacing(design.GRID * 2)
        parameters = PlainLabel(self.tr("Parameters"))
        parameters.setBuddy(self._model_defaults)
        form.addRow(parameters, self._model_defaults)
        for label, control, note in (
            (self.tr("Temperature"), self._temperature, self._note("temperature", defaults.get("temperature"))),
            (self.tr("Longest answer, in tokens"), self._max_tokens, self._max_tokens_note(ceiling)),
            (self.tr("Reasoning"), self._effort, self._reasoning_note()),
        ):
            # Close to what it explains, and away from what comes next.
            pair = QVBoxLayout()
            pair.setContentsMargins(0, 0, 0, design.GRID // 2)
            pair.setSpacing(design.GRID // 4)
            pair.addWidget(control)
            pair.addWidget(note)
            note.setVisible(bool(note.text()))
            form.addRow(PlainLabel(label), pair)
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
        self._model_defaults.toggled.connect(self._enable_controls)
        self._enable_controls()

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
        if policy is not None and policy.mandatory and self._settings.reasoning is Reasoning.DEFAULT:
            least, own = voice_effort(policy), policy.default_effort
            if least is not None:
                default = self.tr("As little as it can ({effort})").format(effort=names.get(least, least))
            elif own is not None:
                default = self.tr("The model's own ({effort})").format(effort=names.get(own, own))
        self._effort.addItem(default, None)
        for effort in efforts_of(self._model):
            self._effort.addItem(names.get(effort, effort), effort)
        self._effort.setCurrentIndex(max(0, self._effort.findData(options.reasoning)))

    def _note(self, parameter: str, default: float | None) -> TextLabel:
        if not takes(self._model, parameter):
            text = self.tr("This model does not take it; it is not sent.")
        elif default is not None:
            text = self.tr("The model's own: {value}").format(value=format_value(default))
        else:
            text = self.tr("The model's own value is not known.")
        return TextLabel(text, name=f"options.{parameter}.note", scale=0.9, muted=True, parent=self)

    def _max_tokens_note(self, ceiling: int | None) -> TextLabel:
        text = self.tr("The model writes up to %Ln tokens.", "", ceiling) if ceiling else ""
        return TextLabel(text, name="options.max_tokens.note", scale=0.9, muted=True, parent=self)

    def _reasoning_note(self) -> TextLabel:
        policy = self._model.reasoning if self._model is not None else None
        if policy is None:
            text = self.tr("This model does not reason.")
        elif policy.mandatory:
            text = self.tr("This model always reasons before it answers.")
        else:
            text = self.tr("Off unless you choose an effort: thinking delays the first word.")
        return TextLabel(text, name="options.reasoning.note", scale=0.9, muted=True, parent=self)

    def _enable_controls(self) -> None:
        leaves_it = self._model_defaults.isChecked()
        self._temperature.setEnabled(not leaves_it and takes(self._model, "temperature"))
        self._effort.setEnabled(not leaves_it and self._effort.count() > 1)

    def _reset(self) -> None:
        self.chosen.emit(ChatOptions())
        self.accept()

    def _accept(self) -> None:
        settings = self._settings
        prompt, temperature = self._prompt.toPlainText(), round(self._temperature.value(), 2)
        max_tokens = self._max_tokens.value()
        self.chosen.emit(
            ChatOptions(
                None if prompt == settings.system_prompt else prompt,
                None if temperature == round(settings.temperature, 2) else temperature,
                None if max_tokens == settings.max_tokens else max_tokens,
                self._effort.currentData(),
                self._model_defaults.isChecked(),
            )
        )
        self.accept()
