"""The wizard's buttons: leave, skip, back, next. One row, or two where the screen is too narrow for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from caal_desktop.setup_flow import STEPS
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import DoubleClickGuard, PaddedButton, TextLabel
from caal_desktop.widgets.common.formats import number

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

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
        for button in (self.skip, self.next):
            DoubleClickGuard(button)
        self._next_had_focus = False
        self._progress = TextLabel(name="wizard.progress", muted=True, parent=self)
        # It has its place also where it is hidden: whether it is shown follows from the window's width, which would
        # follow from it in turn.
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)
        self._leaving, self._going = QHBoxLayout(), QHBoxLayout()
        self._leaving.addWidget(self.later)
        self._leaving.addWidget(self._progress, 1)
        self._going.addStretch(1)
        for button in (self.skip, self.back, self.next):
            self._going.addWidget(button)
        rows = self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        rows.setContentsMargins(design.GRID * 4, design.GRID * 3 // 2, design.GRID * 4, design.GRID * 2)
        for layout in (self._leaving, self._going, rows):
            layout.setSpacing(design.GRID)
        rows.addLayout(self._leaving, 1)
        rows.addLayout(self._going)

    def needed_width(self, room: int) -> int:
        """Return the buttons' minimum width in pixels, which grows with large text and long words.

        Args:
            room: pixels that there are. All of them are needed where one row does not fit; only what two rows do not
                fit into is more.
        """
        one, two = self._widths()
        return min(one, max(two, room))

    def _widths(self) -> tuple[int, int]:
        """Return the minimum widths of the buttons in one row, and in two."""
        for layout in (self._leaving, self._going, self._rows):
            layout.invalidate()
        left, right = (layout.minimumSize().width() for layout in (self._leaving, self._going))
        margins = self._rows.contentsMargins()
        beside = margins.left() + margins.right()
        return beside + left + self._rows.spacing() + right, beside + max(left, right)

    def arrange(self) -> None:
        """Arrange the buttons for the width that there is; to be called when that or they have changed."""
        fits = self._widths()[0] <= self.width()
        self._rows.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the buttons."""
        super().resizeEvent(event)
        self.arrange()

    def set_completed(self, *, completed: bool) -> None:
        """Label the button that leaves: setup continues at the next start, or was completed before."""
        self.later.setText(self.tr("Close") if completed else self.tr("Finish later"))

    def show_progress(self, step: SetupStep, *, shown: bool) -> bool:
        """Show the current step's number, or hide it; return whether the text has changed, and with it the width."""
        text = self.tr("Step {number} of {count}").format(
            number=number(STEPS.index(step) + 1), count=number(len(STEPS))
        )
        self._progress.setVisible(shown)
        if text == self._progress.text():
            return False
        self._progress.setText(text)
        return True

    def show_state(self, setup: SetupService) -> bool:
        """Enable what can be done now; return whether the default button is the page's own (the trial's)."""
        flow, step = setup.flow, setup.state.step
        can_go_on = (flow.can_continue and not setup.key.is_busy) or step is SetupStep.DONE
        if not can_go_on and self.next.hasFocus():
            # Qt would hand it to a control of the page, which the next press of Enter would use.
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)
            self._next_had_focus = True
        self.next.setEnabled(can_go_on)
        if can_go_on and self._next_had_focus:
            self._next_had_focus = False
            if self.window().hasFocus():
                self.next.setFocus(Qt.FocusReason.OtherFocusReason)
        titles = {SetupStep.WELCOME: self.tr("Start"), SetupStep.DONE: self.tr("Open the chat")}
        self.next.setText(titles.get(step, self.tr("Next")))
        self.skip.setVisible(setup.can_skip)
        self.back.setVisible(flow.can_go_back)
        self.later.setVisible(step is not SetupStep.DONE)
        page_has_default = step is SetupStep.TRY and not setup.state.tried
        self.next.setDefault(self.next.isEnabled() and not page_has_default)
        return page_has_default
