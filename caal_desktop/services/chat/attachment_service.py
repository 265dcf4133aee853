"""Reads files to attach to a message, off the event loop, and refuses those that no model accepts."""

from __future__ import annotations

import asyncio
import base64
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.chat.conversation import Attachment
from caal_desktop.services.task_scope import TaskScope

MAX_TEXT_BYTES = 200_000
"""Bytes of a text file: about 50,000 tokens. More would be most of a usual context."""
MAX_IMAGE_BYTES = 5_000_000
"""Bytes of an image: the limit of the strictest of the large providers."""

_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class Refusal(StrEnum):
    """Why a file cannot be attached to a message."""

    MISSING = "missing"
    TEXT_TOO_LARGE = "text_too_large"
    IMAGE_TOO_LARGE = "image_too_large"
    NOT_TEXT = "not_text"
    EMPTY = "empty"


class AttachmentRefusedError(ValueError):
    """The file cannot be attached to a message.

    Attributes:
        reason: why.
        name: the file's name.
    """

    def __init__(self, reason: Refusal, name: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.reason, self.name = reason, name


def image_type(head: bytes) -> str | None:
    """Return an image's media type by its first bytes, whatever its name says; None for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _IMAGES.items() if head.startswith(magic)), None)


def read_attachment(path: Path) -> Attachment:
    """Read a file.

    Raises:
        AttachmentRefusedError: it is too large, cannot be read, or is neither text nor an image.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_IMAGE_BYTES + 1)
    except OSError as error:
        raise AttachmentRefusedError(Refusal.MISSING, path.name) from error
    media_type = image_type(data[:16])
    if media_type is not None:
        return from_image(path.name, media_type, data)
    if not data:
        raise AttachmentRefusedError(Refusal.EMPTY, path.name)
    if len(data) > MAX_TEXT_BYTES:
        is_text = b"\0" not in data[:8192]
        raise AttachmentRefusedError(Refusal.TEXT_TOO_LARGE if is_text else Refusal.NOT_TEXT, path.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AttachmentRefusedError(Refusal.NOT_TEXT, path.name) from error
    if "\0" in text:
        raise AttachmentRefusedError(Refusal.NOT_TEXT, path.name)
    return Attachment(path.name, "text/plain", text, len(data))


def from_image(name: str, media_type: str, data: bytes) -> Attachment:
    """Return an image with its ``data:`` URL.

    Raises:
        AttachmentRefusedError: it is too large.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise AttachmentRefusedError(Refusal.IMAGE_TOO_LARGE, name)
    return Attachment(name, media_type, f"data:{media_type};base64,{base64.b64encode(data).decode()}", len(data))


class AttachmentService(QObject):
    """Reads files.

    Signals:
        ready: carries an :class:`~caal_desktop.services.chat.conversation.Attachment`, and the path of its file.
        refused: carries the :class:`AttachmentRefusedError`.
    """

    ready = Signal(object, str)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scope = TaskScope("attachments")

    def read(self, path: str) -> None:
        """Begin to read a file; ``ready`` or ``refused`` carries the result."""
        self._scope.start(self._read(Path(path)), name="read", exclusive=False)

    async def close(self) -> None:
        """Stop reading."""
        await self._scope.close()

    async def _read(self, path: Path) -> None:
        try:
            attachment = await asyncio.to_thread(read_attachment, path)
        except AttachmentRefusedError as error:
            self.refused.emit(error)
        else:
            self.ready.emit(attachment, str(path))
