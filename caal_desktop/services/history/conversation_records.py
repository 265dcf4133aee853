"""Between a conversation in memory and the records in which it is kept. What was kept is read leniently."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.events import FinishReason, UsageReport
from caal_desktop.llm.fields import as_bool, as_dict, as_dicts, as_float, as_int, as_list, as_string, as_text
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    AnswerStatus,
    Attachment,
    ChatMessage,
    Conversation,
    Role,
    ToolCallText,
)
from caal_desktop.services.history.failure_records import from_failure_record, to_failure_record
from caal_desktop.storage.history.records import MessageRecord

if TYPE_CHECKING:
    from caal_desktop.storage.history.records import ConversationRecord

_TITLE_LENGTH = 60


def title_of(message: ChatMessage) -> str:
    """Return the title of a conversation that begins with this message."""
    text = message.text or ", ".join(attachment.name for attachment in message.attachments)
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_LENGTH else f"{line[: _TITLE_LENGTH - 1].rstrip()}…"


def to_record(message: ChatMessage, *, shown: bool) -> MessageRecord:
    """Return a message as it is kept."""
    extra: dict[str, Any] = {}
    if message.facts is not None:
        facts = message.facts
        extra["facts"] = {
            **{name: getattr(facts, name) for name in _FACTS if getattr(facts, name) is not None},
            **({"usage": asdict(facts.usage)} if facts.usage is not None else {}),
            **({"awaited_costs": list(facts.awaited_costs)} if facts.awaited_costs else {}),
            **({"finish_reason": str(facts.finish_reason)} if facts.finish_reason is not None else {}),
        }
    if message.tool_calls:
        extra["tool_calls"] = [asdict(call) for call in message.tool_calls]
    if message.attachments:
        extra["attachments"] = [asdict(attachment) for attachment in message.attachments]
    if message.error is not None:
        extra["failure"] = to_failure_record(message.error)
    return MessageRecord(
        message.id,
        None if message.parent is None else message.parent.id,
        str(message.role),
        str(message.status),
        message.created.timestamp(),
        message.text,
        message.reasoning,
        extra,
        shown,
    )


_FACTS = ("asked_model", "model", "provider", "first_token_s", "duration_s", "reasoning_s", "generation_id")


def to_conversation(record: ConversationRecord) -> Conversation:
    """Return a conversation as it was kept. An answer that was still streaming then counts as stopped."""
    conversation = Conversation()
    conversation.id = record.id
    known: dict[str, ChatMessage] = {}
    for kept in record.messages:
        message = _message(kept)
        if message.id in known:
            continue
        parent = known.get(kept.parent) if kept.parent is not None else None
        known[message.id] = message
        before = conversation.chosen_root if parent is None else parent.chosen
        conversation.add(message, parent)
        if not kept.shown and before is not None:
            conversation.choose(before)
    return conversation


def _message(kept: MessageRecord) -> ChatMessage:
    role = Role.USER if kept.role == Role.USER else Role.ASSISTANT
    try:
        status = AnswerStatus(kept.status)
    except ValueError:
        status = AnswerStatus.COMPLETE
    if status.is_open:
        status = AnswerStatus.STOPPED
    extra = kept.extra
    try:
        created = datetime.fromtimestamp(kept.created, UTC)
    except (ValueError, OverflowError, OSError):
        created = datetime.now(UTC)
    return ChatMessage(
        role,
        [kept.text] if kept.text else [],
        status,
        _read_facts(extra.get("facts")) if role is Role.ASSISTANT else None,
        from_failure_record(extra.get("failure")),
        [kept.reasoning] if kept.reasoning else [],
        [ToolCallText(**_texts(call, ("name", "arguments", "call_id"))) for call in as_dicts(extra.get("tool_calls"))],
        tuple(
            Attachment(**_texts(file, ("name", "media_type", "content")), size=as_int(file.get("size")) or 0)
            for file in as_dicts(extra.get("attachments"))
        ),
        kept.id,
        created,
    )


def _texts(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: as_string(row.get(name)) or "" for name in names}


def _read_facts(value: object) -> AnswerFacts | None:
    if not isinstance(value, dict):
        return None
    told = as_dict(value.get("usage"))
    usage = None
    if told:
        numbers: dict[str, Any] = {}
        for spec in fields(UsageReport):
            raw = told.get(spec.name)
            if spec.name == "is_byok":
                numbers[spec.name] = as_bool(raw)
            elif "cost" in spec.name:
                numbers[spec.name] = as_float(raw)
            else:
                numbers[spec.name] = as_int(raw)
        usage = UsageReport(**numbers)
    try:
        reason = FinishReason(str(value.get("finish_reason")))
    except ValueError:
        reason = None
    return AnswerFacts(
        as_text(value.get("asked_model")) or "",
        as_text(value.get("model")),
        as_text(value.get("provider")),
        as_float(value.get("first_token_s")),
        as_float(value.get("duration_s")),
        as_float(value.get("reasoning_s")),
        as_text(value.get("generation_id")),
        usage,
        reason,
        [found for found in map(as_text, as_list(value.get("awaited_costs"))) if found],
    )
