"""The files that are sent with the message being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from caal_desktop.item_models.foreign_text import one_line
from caal_desktop.services.chat.attachment_service import MAX_IMAGE_BYTES, MAX_TEXT_BYTES, Refusal
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import ElidedLabel, IconButton, IconLabel
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel

if TYPE_CHECKING:
    from caal_desktop.services.chat.attachment_service import AttachmentRefusedError
    from caal_desktop.services.chat.conversation import Attachment

MAX_FILES = 8


class AttachmentBar(QWidget):
    """The attached files, a row each, and why another file was refused.

    Signals:
        changed: a file was attached or removed.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("chat.attachments")
        self._files: list[Attachment] = []
        # Of the same files, in the same order.
        self._paths: list[str] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self.message = MessagePanel(name="chat.attachments.message", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID // 2)
        layout.addWidget(self.message)
        layout.addLayout(self._rows)
        self.hide()

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The attached files."""
        return tuple(self._files)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the attached files were read from."""
        return tuple(path for path in self._paths if path)

    def add(self, attachment: Attachment, path: str = "") -> None:
        """Attach a file.

        Args:
            attachment: its content.
            path: where it was read from; "" for what was not read from a file: it is not part of a draft.
        """
        if len(self._files) >= MAX_FILES:
            self._show_refusal(self.tr("No more than %n files can go with one message", "", MAX_FILES), "")
            return
        self.message.hide()
        self._files.append(attachment)
        self._paths.append(path)
        self._draw()

    def clear(self) -> None:
        """Remove all files."""
        self.message.hide()
        self._files.clear()
        self._paths.clear()
        self._draw()

    def refuse(self, error: AttachmentRefusedError) -> None:
        """Say why a file was not attached."""
        locale = QLocale()
        why = {
            Refusal.MISSING: self.tr("It cannot be read."),
            Refusal.TEXT_TOO_LARGE: self.tr("Text files may have up to {size}.").format(
                size=locale.formattedDataSize(MAX_TEXT_BYTES)
            ),
            Refusal.IMAGE_TOO_LARGE: self.tr("Images may have up to {size}.").format(
                size=locale.formattedDataSize(MAX_IMAGE_BYTES)
            ),
            Refusal.NOT_TEXT: self.tr("Only text in UTF-8 and images (PNG, JPEG, GIF, WebP) can be sent."),
            Refusal.EMPTY: self.tr("It is empty."),
        }
        self._show_refusal(self.tr("“{name}” was not attached").format(name=one_line(error.name)), why[error.reason])

    def refuse_image(self, model: str) -> None:
        """Say that the model takes no images.

        Args:
            model: its name; "" where that is not known.
        """
        self._show_refusal(
            self.tr("{model} takes no images").format(model=model) if model else self.tr("This model takes no images"),
            self.tr("Remove the image, or choose a model that takes images."),
        )

    def _show_refusal(self, title: str, body: str) -> None:
        self.message.show_message(
            MessageKind.WARNING, title, body, (MessageAction("close", self.tr("OK"), self._hide_message),)
        )
        self.show()

    def _hide_message(self) -> None:
        self.message.hide()
        self.setVisible(bool(self._files))

    def _draw(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.setObjectName("")
                widget.deleteLater()
        for number, attachment in enumerate(self._files):
            self._rows.addWidget(self._row(number, attachment))
        self.setVisible(bool(self._files) or not self.message.isHidden())
        self.changed.emit()

    def _row(self, number: int, attachment: Attachment) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(design.GRID, 0, 0, 0)
        layout.addWidget(IconLabel("image" if attachment.is_image else "attach", "muted", size=16, parent=row))
        size = QLocale().formattedDataSize(attachment.size)
        layout.addWidget(ElidedLabel(f"{attachment.name} · {size}", name=f"chat.attachment.{number}", parent=row), 1)
        label = self.tr("Remove {name}").format(name=one_line(attachment.name))
        remove = IconButton("close", label, name=f"chat.attachment.{number}.remove", parent=row)
        remove.clicked.connect(lambda: self._remove(attachment))
        layout.addWidget(remove)
        return row

    def _remove(self, attachment: Attachment) -> None:
        if attachment in self._files:
            del self._paths[self._files.index(attachment)]
            self._files.remove(attachment)
            self._draw()
