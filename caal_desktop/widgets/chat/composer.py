"""The field in which a message is written: grows with its text; Enter sends, Shift+Enter breaks the line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from caal_desktop.widgets.chat.attachment_bar import AttachmentBar
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import DoubleClickGuard, IconButton

_MAX_LINES = 8
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _MessageEdit(QPlainTextEdit):
    """A text field as high as its text, within bounds."""

    submitted = Signal()
    focusChanged = Signal()
    sends_with_control = False

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Send on Enter, or on Ctrl+Enter, as chosen; otherwise (or while an input method composes) break the line."""
        if event.key() in _ENTER:
            modifiers = event.modifiers()
            control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
            if control if self.sends_with_control else not modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.submitted.emit()
                return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Emit :attr:`focusChanged`, for the ring around the composer."""
        super().focusInEvent(event)
        self.focusChanged.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Emit :attr:`focusChanged`, for the ring around the composer."""
        super().focusOutEvent(event)
        self.focusChanged.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again with another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def sizeHint(self) -> QSize:
        """Return the height that the text needs."""
        return QSize(200, self.height())

    def _fit(self) -> None:
        # QPlainTextEdit's document is as many units high as it has lines.
        lines = max(1, round(self.document().size().height()))
        shown = min(lines, _MAX_LINES)
        margins = round(self.document().documentMargin() * 2)
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + margins + 2)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines > _MAX_LINES else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)


class Composer(QFrame):
    """The message being written, its attachments, and Send, which is Stop while an answer streams.

    Signals:
        submitted: carries the text; the field keeps it until :meth:`clear`.
        stopRequested: Stop was pressed.
        edited: the text has changed.
        attachRequested: a file is to be chosen.
        filesDropped: paths of files that were dropped or pasted.
    """

    submitted = Signal(str)
    stopRequested = Signal()
    edited = Signal()
    attachRequested = Signal()
    filesDropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chat.composer")
        self._busy = False
        self._can_send = True
        self.edit = _MessageEdit(self)
        self.edit.setObjectName("chat.composer.edit")
        self.edit.setAccessibleName(self.tr("Message"))
        self.edit.setPlaceholderText(self.tr("Write a message"))
        self.edit.viewport().setAutoFillBackground(False)
        transparent = QPalette(self.edit.palette())
        transparent.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.edit.setPalette(transparent)
        self._send = IconButton("send", self.tr("Send"), name="chat.send", parent=self)
        self._send.setIconSize(QSize(20, 20))
        DoubleClickGuard(self._send)
        design.keep_height(self._send, 36, square=True)
        self._attach = IconButton("attach", self.tr("Attach a file"), name="chat.attach", parent=self)
        design.keep_height(self._attach, 36, square=True)
        self.attachments = AttachmentBar(self)
        self.attachments.message.return_focus_to(self.edit)
        row = QHBoxLayout()
        row.setSpacing(design.GRID)
        row.addWidget(self.edit, 1)
        row.addWidget(self._attach, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self._send, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 3 // 2, design.GRID, design.GRID, design.GRID)
        layout.setSpacing(design.GRID // 2)
        layout.addWidget(self.attachments)
        layout.addLayout(row)
        self.setAcceptDrops(True)
        self.edit.setAcceptDrops(False)
        self.setFocusProxy(self.edit)
        self.edit.submitted.connect(self._submit)
        self.edit.focusChanged.connect(self.update)
        self.edit.textChanged.connect(self._on_text_changed)
        self._send.clicked.connect(self._on_button_clicked)
        self._attach.clicked.connect(self.attachRequested)
        self.attachments.changed.connect(self._show_button)
        self._show_button()

    @property
    def text(self) -> str:
        """The text that has been written."""
        return self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Put a text into the field, with the cursor behind it."""
        self.edit.setPlainText(text)
        self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)

    def hide_attach(self) -> None:
        """Allow no attachments."""
        self._attach.hide()
        self.setAcceptDrops(False)

    def set_sends_with_control(self, control: bool) -> None:
        """Choose the key that sends: Ctrl+Enter, or Enter alone."""
        self.edit.sends_with_control = control

    def set_placeholder(self, text: str) -> None:
        """Set the text that the empty field shows."""
        self.edit.setPlaceholderText(text)

    def clear(self) -> None:
        """Empty the field; undo brings the text back."""
        cursor = self.edit.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.removeSelectedText()

    def set_busy(self, busy: bool) -> None:
        """Turn Send into Stop, or back."""
        self._busy = busy
        self._show_button()

    def set_can_send(self, can_send: bool) -> None:
        """Allow sending, or not; writing is possible either way."""
        self._can_send = can_send
        self._show_button()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the background and the ring that shows the focus."""
        colours = design.colours(self.palette())
        focused = self.edit.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.accent if focused else colours.line, 2 if focused else 1.2))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 12, 12)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the text field's background transparent when the colours change."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "edit"):
            transparent = QPalette(self.palette())
            transparent.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
            self.edit.setPalette(transparent)

    def _submit(self) -> None:
        text = self.text.strip()
        if (text or self.attachments.files) and self._can_send and not self._busy:
            self.submitted.emit(text)

    def _on_text_changed(self) -> None:
        self._show_button()
        self.edited.emit()

    def _on_button_clicked(self) -> None:
        if self._busy:
            self.stopRequested.emit()
        else:
            self._submit()
        self.edit.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files of this machine."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit :attr:`filesDropped`."""
        self.filesDropped.emit([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()

    def _show_button(self) -> None:
        has_content = bool(self.text.strip()) or bool(self.attachments.files)
        self._send.set_icon_name("stop" if self._busy else "send")
        self._send.set_label(self.tr("Stop") if self._busy else self.tr("Send"))
        self._send.setEnabled(self._busy or (self._can_send and has_content))
