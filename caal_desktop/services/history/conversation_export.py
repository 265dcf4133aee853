"""A conversation as a text to read (Markdown), and as one that can be imported again (JSON)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

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
from caal_desktop.storage.history.records import ConversationRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.storage.history.draft_file import Draft

FORMAT = "caal-desktop-conversation"
VERSION = 1

_UNTITLED: Final = QT_TRANSLATE_NOOP("ConversationExport", "Conversation")
_USER: Final = QT_TRANSLATE_NOOP("ConversationExport", "You")
_ASSISTANT: Final = QT_TRANSLATE_NOOP("ConversationExport", "Assistant")
_FILE: Final = QT_TRANSLATE_NOOP("ConversationExport", "File: {name}")
_TOOL_CALL: Final = QT_TRANSLATE_NOOP("ConversationExport", "Tool call: {name}")


def markdown_parts(
    record: ConversationRecord, translate: Translate = untranslated, format_value: FormatValue = plain_value
) -> Iterator[str]:
    """Yield, as parts of one Markdown text, what is shown of a conversation.

    Args:
        record: the conversation.
        translate: turns the headings and the errors from English into another language.
        format_value: turns what fills a placeholder into words.
    """
    yield f"# {' '.join(record.title.split()) or translate(_UNTITLED)}"
    for message in to_conversation(record).path():
        for part in _parts_of(message, translate, format_value):
            yield f"\n\n{part}"
    yield "\n"


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


def json_parts(record: ConversationRecord, draft: Draft | None = None) -> Iterator[str]:
    """Yield, as parts of one JSON text, everything of a conversation, all versions included.

    Args:
        record: the conversation.
        draft: a message that was being written, which is to stand in the same file.
    """
    head = asdict(ConversationRecord(record.id, record.title, record.created, record.updated, record.options))
    beside = {} if draft is None else {"draft": asdict(draft)}
    text = json.dumps({"format": FORMAT, "version": VERSION, **beside, **head}, ensure_ascii=False, indent=2)
    yield text.removesuffix("[]\n}") + "["
    for number, message in enumerate(record.messages):
        written = json.dumps(asdict(message), ensure_ascii=False, indent=2).replace("\n", "\n    ")
        yield f"{',' if number else ''}\n    {written}"
    yield "\n  ]\n}\n"
