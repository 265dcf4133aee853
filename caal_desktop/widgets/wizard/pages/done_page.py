"""The last step: what was set up, in a few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconLabel, PlainLabel, TextLabel
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from caal_desktop.widgets.wizard.pages.summary import Summary


class DonePage(WizardPage):
    """A summary, with what is still missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Your assistant can think"),
            self.tr("Everything can be changed later, from the menu."),
            name="wizard.done",
            parent=parent,
        )
        self._mark = IconLabel("check-circle", "good", size=40, parent=self)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(design.GRID * 3)
        self._form.setVerticalSpacing(design.GRID)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._note = TextLabel(name="wizard.done.note", parent=self)
        self.body.addWidget(self._mark)
        self.body.addLayout(self._form)
        self.body.addWidget(self._note)
        self.body.addStretch(1)

    def show_summary(self, summary: Summary) -> None:
        """Show what was set up."""
        while self._form.rowCount():
            self._form.removeRow(0)
        for label, value in summary.rows:
            text = TextLabel(value, name="wizard.done.value", bold=True, parent=self)
            text.setAccessibleName(self.tr("{label}: {value}").format(label=label, value=value))
            self._form.addRow(PlainLabel(label, self), text)
        if summary.expectation:
            text = TextLabel(summary.expectation, name="wizard.done.expectation", muted=True, parent=self)
            self._form.addRow(PlainLabel("", self), text)
        note = summary.note
        self._mark.set_icon("caution" if note else "check-circle", "caution" if note else "good")
        self.title.setText(self.tr("Almost there") if note else self.tr("Your assistant can think"))
        self._note.setText(note)
        self._note.setVisible(bool(note))
