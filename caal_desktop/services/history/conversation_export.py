"""A conversation as a file to read (Markdown), and as one that can be imported again (JSON)."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.fields import as_dict, as_dicts, as_float, as_string, depth_of, parse_json, whole_characters
from caal_desktop.llm.translation import (
    QT_TRANSLATE_NOOP,
    FormatValue,
    Translate,
    fill,
    plain_value,
    untranslated,
)
from caal_desktop.services.chat.conversation import Role
from caal_desktop.services.history.conversation_records import to_conversation
from caal_desktop.storage.atomic_file import reason_of
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.rows import is_moment
from caal_desktop.storage.settings.document import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from caal_desktop.services.chat.conversation import ChatMessage

FORMAT = "caal-desktop-conversation"
VERSION = 1

_UNTITLED: Final = QT_TRANSLATE_NOOP("ConversationExport", "Conversation")
_USER: Final = QT_TRANSLATE_NOOP("ConversationExport", "You")
_ASSISTANT: Final = QT_TRANSLATE_NOOP("ConversationExport", "Assistant")
_FILE: Final = QT_TRANSLATE_NOOP("ConversationExport", "File: {name}")
_TOOL_CALL: Final = QT_TRANSLATE_NOOP("ConversationExport", "Tool call: {name}")


class ConversationNotImported(StorageError):  # noqa: N818 - a message names what happened
    """A file was not imported as a conversation. Params: ``file``, ``reason``."""

    what = QT_TRANSLATE_NOOP("StorageError", "The conversation in {file} was not imported.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Check the file's permissions and try again.")


class NotAConversation(ConversationNotImported):
    """The file is something else."""

    why = QT_TRANSLATE_NOOP("StorageError", "It is not a conversation of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Choose a file that “Export as JSON…” has written.")


class NewerConversation(ConversationNotImported):
    """The file was written by a newer version."""

    why = QT_TRANSLATE_NOOP("StorageError", "It was exported by a newer version of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Update CAAL Desktop first.")


def to_markdown(
    record: ConversationRecord, translate: Translate = untranslated, format_value: FormatValue = plain_value
) -> str:
    """Return what is shown of a conversation as Markdown.

    Args:
        record: the conversation.
        translate: turns the headings and the errors from English into another language.
        format_value: turns what fills a placeholder into words.
    """
    parts = [f"# {' '.join(record.title.split()) or translate(_UNTITLED)}"]
    for message in to_conversation(record).path():
        parts.extend(_parts_of(message, translate, format_value))
    return "\n\n".join(parts) + "\n"


def _parts_of(message: ChatMessage, translate: Translate, format_value: FormatValue) -> Iterator[str]:
    yield f"## {_speaker(message, translate)}"
    for attachment in message.attachments:
        yield f"*{fill(_FILE, {'name': attachment.name}, translate)}*"
    if message.reasoning:
        yield "> " + message.reasoning.strip().replace("\n", "\n> ")
    for call in message.tool_calls:
        fence = "`" * (3 + call.arguments.count("`"))
        yield f"{fill(_TOOL_CALL, {'name': call.name}, translate)}\n\n{fence}json\n{call.arguments}\n{fence}"
    if message.text:
        yield message.text.strip("\n")
    if message.error is not None:
        yield f"*{message.error.describe(translate, format_value).what}*"


def _speaker(message: ChatMessage, translate: Translate) -> str:
    if message.role is Role.USER:
        return translate(_USER)
    facts = message.facts
    name = "" if facts is None else facts.model or facts.asked_model
    return name or translate(_ASSISTANT)


def to_json(record: ConversationRecord) -> str:
    """Return everything of a conversation, all versions included, as JSON."""
    return json.dumps({"format": FORMAT, "version": VERSION, **asdict(record)}, ensure_ascii=False, indent=2) + "\n"


def read_conversation(path: Path) -> ConversationRecord:
    """Read a file that holds what :func:`to_json` wrote, as a new conversation: its ids are new.

    Raises:
        ConversationNotImported: it cannot be read, is something else, or was written by a later version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConversationNotImported(file=path.name, reason=reason_of(error)) from error
    value = as_dict(parse_json(content))
    if value.get("format") != FORMAT or depth_of(value) > MAX_DEPTH:
        raise NotAConversation(file=path.name)
    if value.get("version") != VERSION:
        raise NewerConversation(file=path.name)
    ids: dict[str, str] = {}
    messages = []
    for row in as_dicts(value.get("messages")):
        if isinstance(row.get("id"), str):
            ids[row["id"]] = uuid.uuid4().hex
            messages.append(_record(row, ids))
    now = datetime.now(UTC).timestamp()
    return ConversationRecord(
        uuid.uuid4().hex,
        as_string(value.get("title")) or "",
        _moment(value.get("created"), now),
        now,
        as_dict(value.get("options")),
        messages,
    )


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
