"""Reads an exported conversation (JSON) part by part, whatever else the file may be."""

from __future__ import annotations

import os
import threading
import uuid
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from caal_desktop.llm.fields import MAX_DEPTH, as_dict, as_float, as_string, depth_of, whole_characters
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.services.history.conversation_export import FORMAT, VERSION
from caal_desktop.services.history.json_members import JsonMembers
from caal_desktop.storage.atomic_file import reason_of
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history.draft_file import Draft, read_draft
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.rows import is_moment
from caal_desktop.storage.regular_file import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH_CHARACTERS = 500_000
BATCH_MESSAGES = 200
"""Of one part: the database writes it in a fraction of a second, so that nothing else waits for it."""


class ConversationNotImported(StorageError):  # noqa: N818 - a message names what happened
    """A file was not imported as a conversation. Params: ``file``, ``reason``."""

    what = QT_TRANSLATE_NOOP("StorageError", "The conversation in {file} was not imported.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Check the file's permissions and try again.")


class NotAConversation(ConversationNotImported):
    """The file is something else."""

    why = QT_TRANSLATE_NOOP("StorageError", "It is not a conversation of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Choose a file that “Export as JSON…” has written.")


class IncompleteConversation(ConversationNotImported):
    """The file begins as one, and is broken or cut off further on."""

    why = QT_TRANSLATE_NOOP("StorageError", "The file is damaged, or a part of it is missing.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Export the conversation once more, or copy the file again.")


class NewerConversation(ConversationNotImported):
    """The file was written by a newer version."""

    why = QT_TRANSLATE_NOOP("StorageError", "It was exported by a newer version of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Update CAAL Desktop first.")


class ConversationFile:
    """An exported conversation that is read as a new one: its ids are new. Everything here blocks.

    Args:
        path: the file.

    Attributes:
        head: title, times and options, as far as they have been read.
        draft: the message that was being written, which stands in a file that was not exported by the user; or an empty
            one.
        fraction: how much of the file has been read, from 0 to 1.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._path = path
        self._file: IO[bytes] | None = None
        self._size = 1
        self._lock, self._is_closed = threading.Lock(), False
        self._format: Any = None
        self._version: Any = None
        self._ids: dict[str, str] = {}
        self._batches = self._read()
        now = datetime.now(UTC).timestamp()
        self.head = ConversationRecord(uuid.uuid4().hex, "", now, now)
        self.draft = Draft()
        self.fraction = 0.0

    @property
    def message_ids(self) -> list[str]:
        """The ids of the messages that have been read."""
        return list(self._ids.values())

    @property
    def is_draft_alone(self) -> bool:
        """Whether there is no conversation beside the message that was being written; known when all has been read."""
        return not self._ids and not self.draft.is_empty

    def next_messages(self) -> list[MessageRecord]:
        """Return the next messages; none at the end of the file, which is a whole conversation then.

        Raises:
            ConversationNotImported: it cannot be read, is something else, or was written by a later version.
        """
        with self._lock:
            try:
                return next(self._batches, [])
            finally:
                if self._is_closed:
                    self._close()

    def close(self) -> None:
        """Close the file, at once or when what is being read of it has been read; blocks for neither."""
        self._is_closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._lock.release()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self) -> Iterator[list[MessageRecord]]:
        try:
            self._file = file = open_regular(self._path)
            self._size = max(1, os.fstat(file.fileno()).st_size)
            yield from self._batches_of(file)
        except OSError as error:
            raise ConversationNotImported(file=self._name, reason=reason_of(error)) from error
        except (ValueError, RecursionError) as error:
            kind = NotAConversation if self._format != FORMAT else IncompleteConversation
            raise kind(file=self._name) from error

    def _batches_of(self, file: IO[bytes]) -> Iterator[list[MessageRecord]]:
        batch: list[MessageRecord] = []
        characters = 0
        for name, value in JsonMembers(file, "messages"):
            # Below the object, and a message below the array, too.
            if depth_of(value) + 1 + (name == "messages") > MAX_DEPTH:
                raise NotAConversation(file=self._name)
            if name != "messages":
                self._take_member(name, value)
                continue
            self._check(is_whole=False)
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                self._ids[value["id"]] = uuid.uuid4().hex
                batch.append(_record(value, self._ids))
                characters += len(batch[-1].text) + len(batch[-1].reasoning)
            if len(batch) >= BATCH_MESSAGES or characters >= BATCH_CHARACTERS:
                self.fraction = min(1.0, file.tell() / self._size)
                yield batch
                batch, characters = [], 0
        self._check(is_whole=True)
        self.fraction = 1.0
        if batch:
            yield batch

    def _take_member(self, name: str, value: Any) -> None:
        head = self.head
        match name:
            case "format":
                self._format = value
            case "version":
                self._version = value
            case "draft":
                self.draft = read_draft(value)
            case "title":
                head.title = as_string(value) or ""
            case "created":
                head.created = _moment(value, head.created)
            case "options":
                head.options = as_dict(value)

    def _check(self, *, is_whole: bool) -> None:
        """Find out whether it is the right kind of file, as far as it has said so."""
        if self._format != FORMAT and (is_whole or self._format is not None):
            raise NotAConversation(file=self._name)
        if self._version != VERSION and (is_whole or self._version is not None):
            raise NewerConversation(file=self._name)


def _moment(value: object, default: float) -> float:
    seconds = as_float(value)
    return seconds if is_moment(seconds) else default


def _record(row: dict[str, Any], ids: dict[str, str]) -> MessageRecord:
    def text(name: str) -> str:
        return whole_characters(as_string(row.get(name)) or "")

    return MessageRecord(
        ids[row["id"]],
        ids.get(text("parent")),
        text("role"),
        text("status"),
        _moment(row.get("created"), 0.0),
        text("text"),
        text("reasoning"),
        _extra(as_dict(row.get("extra"))),
        row.get("shown") is not False,
    )


def _extra(extra: dict[str, Any]) -> dict[str, Any]:
    """Return a message's facts without what only the account that asked could find out."""
    if "awaited_costs" in (facts := as_dict(extra.get("facts"))):
        return {**extra, "facts": {name: value for name, value in facts.items() if name != "awaited_costs"}}
    return extra
