"""A conversation in memory: its messages, and the facts of each answer. Plain data.

Messages form a tree. An answer that is generated again, or a question that is edited, becomes a sibling of the first
one; the path of the chosen children is shown. So no text is lost by generating an answer again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.events import UsageReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caal_desktop.llm.errors import ErrorText, ProviderError, Remedy
    from caal_desktop.llm.events import FinishReason
    from caal_desktop.llm.translation import FormatValue, Translate

CONTINUE_PROMPT = "Continue exactly where your last answer stopped. Do not repeat anything and do not comment on it."
"""Requests the rest of an answer; it is sent and not shown."""


class Role(StrEnum):
    """The author of a message."""

    USER = "user"
    ASSISTANT = "assistant"


class AnswerStatus(StrEnum):
    """How far an answer has come."""

    WAITING = "waiting"
    """Sent; no token yet."""
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    """The user stopped it; its text so far stays."""
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether more text may arrive."""
        return self in (AnswerStatus.WAITING, AnswerStatus.STREAMING)


class SavedFailureError(Exception):
    """An error of an earlier run of which only the English words are known.

    Attributes:
        text: the words.
        remedy: what helps.
    """

    def __init__(self, text: ErrorText, remedy: Remedy) -> None:
        super().__init__(text.what)
        self.text = text
        self.remedy = remedy

    def describe(self, translate: Translate, format_value: FormatValue) -> ErrorText:
        """Return the words that were kept, whatever the language: there is nothing else to translate."""
        return self.text


@dataclass(slots=True)
class AnswerFacts:
    """What is known about how an answer was generated.

    Attributes:
        asked_model: the id of the model that was requested.
        model, provider: those that answered, as far as the server tells.
        first_token_s: seconds from sending to the first piece of text (TTFT); None before it came.
        duration_s: seconds from sending to the end.
        reasoning_s: seconds from the first piece of reasoning to its end; None without reasoning.
        generation_id: OpenRouter's id of the answer.
        usage: tokens and cost, once the server has reported them.
        finish_reason: why it ended.
        awaited_costs: the ids of the answer's parts that are not in the usage: they were stopped, and what they have
            cost is not known yet.
        last_token_s: seconds from sending to the last piece of text; like the next, not kept with the conversation.
        was_repeated: the request had failed, and was sent again after a pause.
    """

    asked_model: str
    model: str | None = None
    provider: str | None = None
    first_token_s: float | None = None
    duration_s: float | None = None
    reasoning_s: float | None = None
    generation_id: str | None = None
    usage: UsageReport | None = None
    finish_reason: FinishReason | None = None
    awaited_costs: list[str] = field(default_factory=list)
    last_token_s: float | None = None
    was_repeated: bool = False

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens per second of streaming, the wait for the first one left out; None where unknown."""
        if self.usage is None or not self.usage.completion_tokens or self.duration_s is None:
            return None
        streamed = self.duration_s - (self.first_token_s or 0.0)
        # Reasoning counts as completion tokens, and streams before the first token of the text.
        tokens = self.usage.completion_tokens - (self.usage.reasoning_tokens or 0)
        return tokens / streamed if streamed > 0.05 and tokens > 0 else None

    def add_continuation(self, rest: AnswerFacts) -> None:
        """Add the facts of the part by which the answer was continued."""
        self.asked_model = rest.asked_model
        self.model = rest.model or self.model
        self.provider = rest.provider or self.provider
        self.first_token_s = self.first_token_s if self.first_token_s is not None else rest.first_token_s
        self.duration_s = _sum((self.duration_s, rest.duration_s))
        self.reasoning_s = _sum((self.reasoning_s, rest.reasoning_s))
        self.generation_id = rest.generation_id or self.generation_id
        self.finish_reason = rest.finish_reason
        self.awaited_costs += rest.awaited_costs
        self.add_usage(rest.usage)

    def add_usage(self, usage: UsageReport | None) -> None:
        """Add the usage of a part of the answer; None where it is not known."""
        self.usage = total_usage(reported for reported in (self.usage, usage) if reported is not None)


def _sum(values: Iterable[float | None]) -> float | None:
    reported = [value for value in values if value is not None]
    return sum(reported) if reported else None


def _count(values: Iterable[int | None]) -> int | None:
    reported = [value for value in values if value is not None]
    return sum(reported) if reported else None


def total_usage(usages: Iterable[UsageReport]) -> UsageReport | None:
    """Return the sum of several answers' usage, where a figure that none of them has is None; None without answers.

    What a hosting provider charged counts where the account's own key was used; elsewhere the cost contains it.
    """
    reported = list(usages)
    if not reported:
        return None
    return UsageReport(
        _count(usage.prompt_tokens for usage in reported),
        _count(usage.completion_tokens for usage in reported),
        _count(usage.reasoning_tokens for usage in reported),
        _count(usage.cached_tokens for usage in reported),
        _sum(usage.cost for usage in reported),
        _sum(usage.upstream_cost for usage in reported if usage.is_byok),
        any(usage.is_byok for usage in reported) or None,
    )


@dataclass(slots=True)
class ToolCallText:
    """A tool call as it streamed. ``arguments`` is what the model wrote, which need not be JSON."""

    name: str = ""
    arguments: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message.

    Attributes:
        name: the file's name.
        media_type: ``text/plain`` or an image's.
        content: the text, or the image's ``data:`` URL.
        size: bytes of the file.
    """

    name: str
    media_type: str
    content: str = field(repr=False)
    size: int = 0

    @property
    def is_image(self) -> bool:
        """Whether it is shown to the model as an image."""
        return self.media_type.startswith("image/")


@dataclass(slots=True, eq=False)
class ChatMessage:
    """One turn.

    Attributes:
        role: the author.
        parts: pieces of the text in the order of their arrival; joined by :attr:`text`.
        status, facts, error: of an answer.
        reasoning_parts: pieces of the model's reasoning.
        tool_calls: the tools that an answer called.
        attachments: files that go with a question.
        id: unique among all conversations.
        created: when it was made (UTC).
        parent, children, chosen: its place in the tree, and which child is shown.
    """

    role: Role
    parts: list[str] = field(default_factory=list)
    status: AnswerStatus = AnswerStatus.COMPLETE
    facts: AnswerFacts | None = None
    error: ProviderError | SavedFailureError | None = None
    reasoning_parts: list[str] = field(default_factory=list)
    tool_calls: list[ToolCallText] = field(default_factory=list)
    attachments: tuple[Attachment, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    parent: ChatMessage | None = field(default=None, repr=False)
    children: list[ChatMessage] = field(default_factory=list, repr=False)
    chosen: ChatMessage | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The whole text."""
        return _joined(self.parts)

    @property
    def reasoning(self) -> str:
        """The whole reasoning, as far as the server sent it."""
        return _joined(self.reasoning_parts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all has arrived."""
        return not (self.parts or self.reasoning_parts or self.tool_calls)


def _joined(parts: list[str]) -> str:
    if len(parts) > 1:
        # Joined once: an answer of 20,000 pieces must not be joined again by every reader.
        parts[:] = ["".join(parts)]
    return parts[0] if parts else ""


class Conversation:
    """The tree of messages, and the path through it that is shown."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.roots: list[ChatMessage] = []
        self.chosen_root: ChatMessage | None = None

    def path(self) -> list[ChatMessage]:
        """Return the messages that are shown, from the first on."""
        found: list[ChatMessage] = []
        message = self.chosen_root
        while message is not None:
            found.append(message)
            message = message.chosen
        return found

    def add(self, message: ChatMessage, parent: ChatMessage | None) -> None:
        """Add a message below another one (or at the beginning), and show it."""
        message.parent = parent
        self.siblings_below(parent).append(message)
        self.choose(message)

    def choose(self, message: ChatMessage) -> None:
        """Show a message in place of its siblings."""
        if message.parent is None:
            self.chosen_root = message
        else:
            message.parent.chosen = message

    def siblings(self, message: ChatMessage) -> list[ChatMessage]:
        """Return all versions of a message, itself among them, the oldest first."""
        return self.siblings_below(message.parent)

    def siblings_below(self, parent: ChatMessage | None) -> list[ChatMessage]:
        """Return all versions of the message that follows another one."""
        return self.roots if parent is None else parent.children

    def remove(self, message: ChatMessage) -> None:
        """Remove a message; its children become children of its parent."""
        siblings, parent = self.siblings(message), message.parent
        place = siblings.index(message)
        siblings[place : place + 1] = message.children
        for child in message.children:
            child.parent = parent
        successor = message.chosen or (siblings[min(place, len(siblings) - 1)] if siblings else None)
        if parent is None:
            self.chosen_root = successor
        else:
            parent.chosen = successor
        message.parent, message.children, message.chosen = None, [], None

    def __iter__(self) -> Iterator[ChatMessage]:
        """Yield every message, parents before their children."""
        pending = list(reversed(self.roots))
        while pending:
            message = pending.pop()
            yield message
            pending.extend(reversed(message.children))


def wire_messages(messages: list[ChatMessage], system_prompt: str) -> list[dict[str, Any]]:
    """Return the messages as a provider takes them; answers without any text are left out."""
    wire: list[dict[str, Any]] = []
    if system_prompt.strip():
        wire.append({"role": "system", "content": system_prompt})
    wire.extend(
        {"role": str(message.role), "content": _content(message)}
        for message in messages
        if message.text or message.attachments
    )
    return wire


def _content(message: ChatMessage) -> str | list[dict[str, Any]]:
    if not message.attachments:
        return message.text
    parts: list[dict[str, Any]] = []
    for attachment in message.attachments:
        if attachment.is_image:
            parts.append({"type": "image_url", "image_url": {"url": attachment.content}})
        else:
            parts.append({"type": "text", "text": f"File “{attachment.name}”:\n\n{attachment.content}"})
    if message.text:
        parts.append({"type": "text", "text": message.text})
    return parts
