"""The wizard's row of buttons: leave, skip, back, next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from caal_desktop.setup_flow import STEPS
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PaddedButton, TextLabel
from caal_desktop.widgets.common.formats import number

if TYPE_CHECKING:
    from caal_desktop.services.setup.setup_service import SetupService


class WizardFooter(QWidget):
    """The buttons, and the current step's number where the list of steps does not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wizard.footer")
        self.later = PaddedButton(self.tr("Finish later"), name="wizard.later", parent=self)
        self.skip = PaddedButton(self.tr("Skip"), name="wizard.skip", parent=self)
        self.back = PaddedButton(self.tr("Back"), name="wizard.back", parent=self)
        self.next = PaddedButton(self.tr("Next"), name="wizard.next", parent=self)
        self._progress = TextLabel(name="wizard.progress", muted=True, parent=self)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(design.GRID * 4, design.GRID * 3 // 2, design.GRID * 4, design.GRID * 2)
        row.setSpacing(design.GRID)
        row.addWidget(self.later)
        row.addWidget(self._progress, 1)
        for button in (self.skip, self.back, self.next):
            row.addWidget(button)

    def needed_width(self) -> int:
        """Return the buttons' minimum width in pixels, which grows with large text and long words."""
        self._row.invalidate()
        return self._row.minimumSize().width()

    def set_completed(self, *, completed: bool) -> None:
        """Label the button that leaves: setup continues at the next start, or was completed before."""
        self.later.setText(self.tr("Close") if completed else self.tr("Finish later"))

    def show_progress(self, step: SetupStep, *, shown: bool) -> bool:
        """Show the current step's number, or hide it; return whether the text has changed, and with it the width."""
        text = (
            self.tr("Step {number} of {count}").format(number=number(STEPS.index(step) + 1), count=number(len(STEPS)))
            if shown
            else ""
        )
        if text == self._progress.text():
            return False
        self._progress.setText(text)
        return True

    def show_state(self, setup: SetupService) -> bool:
        """Enable what can be done now; return whether the default button is the page's own (the trial's)."""
        flow, step = setup.flow, setup.state.step
        self.next.setEnabled((flow.can_continue and not setup.key.is_busy) or step is SetupStep.DONE)
        titles = {SetupStep.WELCOME: self.tr("Start"), SetupStep.DONE: self.tr("Open the chat")}
        self.next.setText(titles.get(step, self.tr("Next")))
        self.skip.setVisible(setup.can_skip)
        self.back.setVisible(flow.can_go_back)
        self.later.setVisible(step is not SetupStep.DONE)
        page_has_default = step is SetupStep.TRY and not setup.state.tried
        self.next.setDefault(self.next.isEnabled() and not page_has_default)
        return page_has_default
