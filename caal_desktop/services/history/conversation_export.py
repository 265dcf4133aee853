"""A conversation as a file for people (Markdown), and as one for programs (JSON), which can be read back."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import as_dict, as_dicts, as_float, as_string, parse_json
from caal_desktop.services.history.conversation_records import to_conversation
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord

if TYPE_CHECKING:
    from caal_desktop.services.chat.conversation import Message

FORMAT = "caal-desktop-conversation"
VERSION = 1


class NotAConversationError(ValueError):
    """The file is no exported conversation."""


def to_markdown(record: ConversationRecord) -> str:
    """What is shown of a conversation, as Markdown."""
    parts = [f"# {' '.join(record.title.split()) or 'Conversation'}"]
    for message in to_conversation(record).path():
        parts.append(f"## {_speaker(message)}")
        parts.extend(f"*File: {attachment.name}*" for attachment in message.attachments)
        if message.reasoning:
            parts.append("> " + message.reasoning.strip().replace("\n", "\n> "))
        for call in message.tool_calls:
            fence = "`" * (3 + call.arguments.count("`"))
            parts.append(f"Tool call: {call.name}\n\n{fence}json\n{call.arguments}\n{fence}")
        if message.text:
            parts.append(message.text.strip("\n"))
        if message.error is not None:
            parts.append(f"*{message.error}*")
    return "\n\n".join(parts) + "\n"


def _speaker(message: Message) -> str:
    if message.facts is None:
        return "You"
    return message.facts.model or message.facts.asked_model or "Assistant"


def to_json(record: ConversationRecord) -> str:
    """Everything of a conversation, all versions included, as JSON."""
    return json.dumps({"format": FORMAT, "version": VERSION, **asdict(record)}, ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> ConversationRecord:
    """Read what :func:`to_json` wrote, as a new conversation: its ids are new.

    Raises:
        NotAConversationError: it is something else, or of a later version.
    """
    document = parse_json(text)
    if document is None:
        raise NotAConversationError("This file is not JSON.")
    value = as_dict(document)
    if value.get("format") != FORMAT:
        raise NotAConversationError("This file is not a conversation of CAAL Desktop.")
    if value.get("version") != VERSION:
        raise NotAConversationError("This conversation was exported by a newer version of CAAL Desktop.")
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
        as_float(value.get("created")) or now,
        now,
        as_dict(value.get("options")),
        messages,
    )


def _record(row: dict[str, Any], ids: dict[str, str]) -> MessageRecord:
    def text(name: str) -> str:
        return as_string(row.get(name)) or ""

    return MessageRecord(
        ids[row["id"]],
        ids.get(text("parent")),
        text("role"),
        text("status"),
        as_float(row.get("created")) or 0.0,
        text("text"),
        text("reasoning"),
        as_dict(row.get("extra")),
        row.get("shown") is not False,
    )
