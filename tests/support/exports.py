"""Exported conversations as whole texts, which the program itself reads and writes part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.services.history.conversation_export import json_parts, markdown_parts
from caal_desktop.services.history.conversation_import import ConversationFile

if TYPE_CHECKING:
    from pathlib import Path

    from caal_desktop.storage.history.records import ConversationRecord


def to_json(record: ConversationRecord) -> str:
    """Return everything of a conversation as JSON."""
    return "".join(json_parts(record))


def to_markdown(record: ConversationRecord) -> str:
    """Return what is shown of a conversation as Markdown, in English."""
    return "".join(markdown_parts(record))


def read_conversation(path: Path) -> ConversationRecord:
    """Return what a file holds, read to its end.

    Raises:
        ConversationNotImported: it is no whole conversation.
    """
    source = ConversationFile(path)
    try:
        while messages := source.next_messages():
            source.head.messages += messages
    finally:
        source.close()
    return source.head
