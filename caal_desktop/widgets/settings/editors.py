"""One control for each kind of setting. Each shows a value, and emits a signal when the user changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from caal_desktop.storage.settings.setting import Editor, NumberUnit
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import WheelGuard
from caal_desktop.widgets.common.formats import number, tokens
from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.settings.setting_texts import choice_label

if TYPE_CHECKING:
    from caal_desktop.storage.settings.setting import SettingSpec

_LINES_SHOWN = {True: 7, False: 3}


class SettingEditor(QWidget):
    """The base class of the editors.

    Signals:
        edited: carries the new value, unchecked.
    """

    edited = Signal(object)

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(design.GRID)

    def _add_control(self, control: QWidget, *, stretch: int = 0) -> None:
        control.setObjectName(f"settings.{self.spec.key}")
        control.setAccessibleName(translated(self.spec.label))
        control.setAccessibleDescription(translated(self.spec.description))
        self._row.addWidget(control, stretch)
        self.setFocusProxy(control)

    def show_value(self, value: Any) -> None:
        """Show a value without emitting ``edited``."""
        raise NotImplementedError


class SwitchEditor(SettingEditor):
    """An editor of a switch, which has its label beside it."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._box = QCheckBox(translated(spec.label), self)
        self._add_control(self._box, stretch=1)
        self._box.toggled.connect(self.edited.emit)

    def show_value(self, value: Any) -> None:
        """See the base class."""
        with QSignalBlocker(self._box):
            self._box.setChecked(bool(value))


class ChoiceEditor(SettingEditor):
    """An editor of a choice among a few values."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._combo = QComboBox(self)
        WheelGuard(self._combo)
        for choice in spec.choices:
            self._combo.addItem(choice_label(spec, choice), choice)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        longest = max(len(self._combo.itemText(index)) for index in range(self._combo.count()))
        self._combo.setMinimumContentsLength(min(longest, 26))
        self._add_control(self._combo)
        self._row.addStretch(1)
        self._combo.currentIndexChanged.connect(lambda index: self.edited.emit(self.spec.choices[index]))

    def show_value(self, value: Any) -> None:
        """See the base class."""
        with QSignalBlocker(self._combo):
            choices = [str(choice) for choice in self.spec.choices]
            self._combo.setCurrentIndex(choices.index(str(value)) if str(value) in choices else -1)


class NumberEditor(SettingEditor):
    """An editor of a number with its unit. What is out of bounds cannot be entered."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._decimals = 0 if spec.kind is int or (spec.step is not None and spec.step >= 1) else 2
        box: QSpinBox | QDoubleSpinBox
        if spec.kind is int:
            box = QSpinBox(self)
            box.setRange(round(spec.minimum or 0), round(spec.maximum or 0))
            box.setSingleStep(round(spec.step or 1))
        else:
            box = QDoubleSpinBox(self)
            box.setDecimals(self._decimals)
            box.setRange(spec.minimum or 0.0, spec.maximum or 0.0)
            box.setSingleStep(spec.step or 0.1)
        WheelGuard(box)
        box.setGroupSeparatorShown(True)
        if spec.minimum_label:
            box.setSpecialValueText(translated(spec.minimum_label))
        box.setMinimumWidth(box.fontMetrics().horizontalAdvance("0" * 14))
        self._box = box
        self._show_unit(box.value())
        self._add_control(box)
        self._row.addStretch(1)
        box.valueChanged.connect(self.edited.emit)

    def show_value(self, value: Any) -> None:
        """See the base class."""
        # What is being typed comes back as a value: setting it again would write "0.00" where "0.5" has only begun.
        if self._box.value() != value:
            with QSignalBlocker(self._box):
                self._box.setValue(value)
        self._show_unit(self._box.value())

    def _show_unit(self, value: float) -> None:
        # Number and unit are translated as one text: the unit may be a plural, and may stand in front.
        before, found, after = self._with_unit(value).partition(number(value, self._decimals))
        prefix, suffix = (before, after) if found else ("", "")
        # Setting them again would reformat what is being typed.
        if self._box.prefix() != prefix:
            self._box.setPrefix(prefix)
        if self._box.suffix() != suffix:
            self._box.setSuffix(suffix)

    def _with_unit(self, value: float) -> str:
        whole = round(value)
        match self.spec.unit:
            case NumberUnit.USD:
                return QLocale().toCurrencyString(value, "$", self._decimals)
            case NumberUnit.TOKENS:
                return tokens(whole)
            case NumberUnit.SECONDS:
                return self.tr("%Ln seconds", "", whole)
            case NumberUnit.DAYS:
                return self.tr("%Ln days", "", whole)
            case NumberUnit.TIMES:
                return self.tr("%Ln times", "", whole)
            case NumberUnit.FACTOR:
                return f"{number(value, self._decimals)} ×"
            case _:
                return number(value, self._decimals)


class TextEditor(SettingEditor):
    """An editor of one line of text."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._line = QLineEdit(self)
        self._line.setMaxLength(spec.max_length)
        self._add_control(self._line, stretch=1)
        self._line.textEdited.connect(lambda text: self.edited.emit(text.strip()))

    def show_value(self, value: Any) -> None:
        """See the base class."""
        if self._line.text().strip() != str(value):
            self._line.setText(str(value))


class FileEditor(TextEditor):
    """An editor of a path, with a button for the file dialog."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._choose = QPushButton(self.tr("Choose…"), self)
        self._choose.setObjectName(f"settings.{spec.key}.choose")
        self._choose.setAutoDefault(False)
        self._choose.clicked.connect(self._open_dialog)
        self._row.addWidget(self._choose)

    def _open_dialog(self) -> None:
        dialog = QFileDialog(self, translated(self.spec.label), self._line.text())
        dialog.setObjectName(f"settings.{self.spec.key}.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Certificates (*.pem *.crt *.cer)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_file_selected)
        dialog.open()

    def _on_file_selected(self, path: str) -> None:
        self._line.setText(path)
        self.edited.emit(path)


class ModelEditor(TextEditor):
    """An editor of a model's id, with a button for the picker.

    Signals:
        pickRequested: the picker is to be shown.
    """

    pickRequested = Signal()

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._pick = QPushButton(self.tr("Choose…"), self)
        self._pick.setObjectName(f"settings.{spec.key}.choose")
        self._pick.setAutoDefault(False)
        self._pick.clicked.connect(self.pickRequested)
        self._row.addWidget(self._pick)


class _FixedHeightEdit(QPlainTextEdit):
    """A text field with room for a given number of lines in any font."""

    def __init__(self, lines: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again with another font."""
        super().changeEvent(event)
        if event.type() == event.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        margins = 2 * (round(self.document().documentMargin()) + self.frameWidth())
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + margins)


class ParagraphEditor(SettingEditor):
    """An editor of several lines of text, or of a list with one item a line."""

    def __init__(self, spec: SettingSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._edit = _FixedHeightEdit(_LINES_SHOWN[spec.multiline], self)
        if not spec.multiline:
            self._edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._add_control(self._edit, stretch=1)
        self._edit.textChanged.connect(lambda: self.edited.emit(self._value()))

    def show_value(self, value: Any) -> None:
        """See the base class."""
        if self._value() != value:
            with QSignalBlocker(self._edit):
                self._edit.setPlainText(value if isinstance(value, str) else "\n".join(value))

    def _value(self) -> str | tuple[str, ...]:
        text = self._edit.toPlainText()
        if self.spec.multiline:
            return text
        return tuple(line.strip() for line in text.split("\n") if line.strip())


def make_editor(spec: SettingSpec, parent: QWidget | None = None) -> SettingEditor:
    """Return a new editor of the kind that fits a setting."""
    if spec.editor is Editor.MODEL:
        return ModelEditor(spec, parent)
    if spec.editor is Editor.FILE:
        return FileEditor(spec, parent)
    if spec.editor is Editor.LINES or spec.multiline:
        return ParagraphEditor(spec, parent)
    if spec.choices:
        return ChoiceEditor(spec, parent)
    if spec.kind is bool:
        return SwitchEditor(spec, parent)
    if spec.kind in (int, float):
        return NumberEditor(spec, parent)
    return TextEditor(spec, parent)
