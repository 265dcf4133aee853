"""The dialog about a start that has failed: what happened, what can be done, and the details for who can help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconLabel, PaddedButton, TextLabel
from caal_desktop.widgets.common.flow_layout import FlowLayout
from caal_desktop.widgets.common.message_box import breakable, message_title
from caal_desktop.widgets.main.failed_start import fresh_text, leave_text

if TYPE_CHECKING:
    from caal_desktop.widgets.main.failed_start import FailedStart

_NAME = "failure"
_DETAILS_LINES = 6


class StartFailureDialog(QDialog):
    """Says what happened; closing it changes nothing.

    Args:
        failed: what is known of the failure.

    Signals:
        freshRequested: the program is to start with fresh settings; the dialog closes.
    """

    freshRequested = Signal()

    def __init__(self, failed: FailedStart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failed = failed
        self.setObjectName(_NAME)
        self.setWindowTitle(message_title())
        self.setAccessibleName(failed.title)
        self.setAccessibleDescription(failed.text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID * 2)
        layout.addWidget(self._texts(), 1)
        layout.addLayout(self._buttons())
        least = QSize(self.fontMetrics().averageCharWidth() * 44, self.fontMetrics().lineSpacing() * 16)
        self.setMinimumSize(least.boundedTo(design.room(self)))
        self.resize(design.first_size(self, 620, 460))

    @property
    def details(self) -> QPlainTextEdit:
        """The field with the technical side."""
        return self._details

    def _texts(self) -> QWidget:
        # Scrolled, or large text would push the buttons out of a small screen.
        area = QScrollArea(self)
        area.setObjectName(f"{_NAME}.area")
        area.setAccessibleName(self._failed.title)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        inner = QWidget(area)
        texts = QVBoxLayout()
        texts.setSpacing(design.GRID)
        for label in (
            TextLabel(self._failed.title, name=f"{_NAME}.title", scale=1.2, bold=True, parent=inner),
            TextLabel(breakable(self._failed.text), name=f"{_NAME}.text", parent=inner),
        ):
            texts.addWidget(label)
        self._details = QPlainTextEdit(self._failed.details, inner)
        self._details.setObjectName(f"{_NAME}.details")
        self._details.setAccessibleName(self.tr("Details"))
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setMinimumHeight(self.fontMetrics().lineSpacing() * _DETAILS_LINES)
        texts.addWidget(self._details, 1)
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(design.GRID * 2)
        row.addWidget(IconLabel("error", "bad", size=32, parent=inner), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        area.setWidget(inner)
        return area

    def _buttons(self) -> FlowLayout:
        # Made in the order in which they are shown, which is the tab order.
        flow = FlowLayout(spacing=design.GRID)
        if self._failed.fresh_name:
            fresh = PaddedButton(fresh_text(), name=f"{_NAME}.fresh", parent=self)
            fresh.clicked.connect(self._start_afresh)
            flow.addWidget(fresh)
        self._copy = PaddedButton(self.tr("Copy the details"), name=f"{_NAME}.copy", parent=self)
        self._copy.clicked.connect(self._copy_details)
        flow.addWidget(self._copy)
        if self._failed.log_file is not None:
            log = PaddedButton(self.tr("Open the log"), name=f"{_NAME}.log", parent=self)
            log.clicked.connect(self._open_log)
            flow.addWidget(log)
        leave = PaddedButton(leave_text(self._failed), name=f"{_NAME}.leave", parent=self)
        leave.clicked.connect(self.reject)
        # What changes nothing, as in every other question of the program.
        leave.setDefault(True)
        leave.setFocus()
        flow.addWidget(leave)
        return flow

    def _start_afresh(self) -> None:
        self.freshRequested.emit()
        self.accept()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._failed.details)
        # The buttons beside it stay where they are.
        self._copy.setMinimumWidth(self._copy.width())
        self._copy.setText(self.tr("Copied"))

    def _open_log(self) -> None:
        log = self._failed.log_file
        if log is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(log))):
            self._details.appendPlainText(
                "\n" + self.tr("The log could not be opened. It is here: {file}").format(file=log)
            )
