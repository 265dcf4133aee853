"""One conversation with a model: sends, streams, stops; and delivers text at most once a frame."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from caal_desktop.llm.errors import EmptyAnswer, ProviderError
from caal_desktop.llm.events import (
    AnsweredBy,
    KeepAlive,
    ReasoningDelta,
    StreamFinished,
    StreamStarted,
    TextDelta,
    ToolCallDelta,
    UsageReport,
    Waiting,
)
from caal_desktop.services.chat.answered_turn import AnsweredTurn
from caal_desktop.services.chat.conversation import (
    CONTINUE_PROMPT,
    AnswerFacts,
    AnswerStatus,
    Attachment,
    ChatMessage,
    Conversation,
    Role,
    ToolCallText,
    wire_messages,
)
from caal_desktop.services.chat.cost_lookup import CostLookup, can_tell_cost
from caal_desktop.services.chat.pause import Pause
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool

FRAME_MS = 16
"""Milliseconds between two deliveries of text: the window is painted no more often than that."""

YIELD_AFTER_S = 0.008
"""Seconds of uninterrupted reading after which the event loop gets a turn, however fast the server is."""

MAX_TOOL_CALLS = 64
"""Calls of one answer that are kept: the index comes from the server, and must not exhaust the memory."""


class ChatService(QObject):
    """A conversation whose answers stream.

    Indices count the messages that are shown (:attr:`messages`).

    Signals:
        messageAdded: index of a new message.
        textArrived: index and the text that came since the last frame.
        reasoningArrived: index and the reasoning that came since the last frame.
        toolCallArrived: index; the answer's tool calls changed.
        keptAlive: index; the server has signalled that it is still working.
        paused: index; nothing has come yet, and the request is sent again after a :class:`Pause`.
        statusChanged: index; status, facts or error of an answer changed.
        pathChanged: index from which on other messages are shown than before.
        messageRemoved: the message that was removed from the conversation.
        costFound: the message whose cost, or another of its facts, became known after its end.
        busyChanged: an answer began or ended.
        cleared: the conversation was replaced by an empty one, or by another.
        answered: an answer has come whole, and is no longer being generated; carries the :class:`AnsweredTurn`.
    """

    messageAdded = Signal(int)
    textArrived = Signal(int, str)
    reasoningArrived = Signal(int, str)
    toolCallArrived = Signal(int)
    keptAlive = Signal(int)
    paused = Signal(int, object)
    statusChanged = Signal(int)
    pathChanged = Signal(int)
    messageRemoved = Signal(object)
    costFound = Signal(object)
    busyChanged = Signal(bool)
    cleared = Signal()
    answered = Signal(object)

    def __init__(self, pool: ProviderPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._conversation = Conversation()
        self._messages: list[ChatMessage] = []
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._tools_changed = False
        self._reasoning_since: float | None = None
        self._answering: ChatMessage | None = None
        self._answering_index = -1
        self._scope = TaskScope("chat")
        self._costs = CostLookup(pool, self._scope, self._on_cost_found)
        self._frame = QTimer(self, interval=FRAME_MS, singleShot=True)
        self._frame.setTimerType(Qt.TimerType.PreciseTimer)
        self._frame.timeout.connect(self._deliver)

    @property
    def conversation(self) -> Conversation:
        """The whole conversation, with the versions that are not shown; to be read only."""
        return self._conversation

    @property
    def messages(self) -> list[ChatMessage]:
        """The messages that are shown; to be read only."""
        return self._messages

    @property
    def is_busy(self) -> bool:
        """Whether an answer is being generated."""
        return self._answering is not None

    # --- commands of the user

    def send(self, text: str, request: ChatRequest, attachments: tuple[Attachment, ...] = ()) -> None:
        """Add the user's message and stream the answer to it. An answer that is being generated is stopped first."""
        self._deliver()
        self._add(ChatMessage(Role.USER, [text] if text else [], attachments=attachments))
        self._request_answer(request)

    def regenerate(self, index: int, request: ChatRequest) -> None:
        """Generate an answer again; the old one stays as another version, unless it is empty."""
        if self.is_busy or not self._is_answer(index):
            return
        old = self._messages[index]
        self._truncate(index)
        if old.is_empty and not old.children:
            self._conversation.remove(old)
            self.messageRemoved.emit(old)
        self._request_answer(request)

    def resend(self, index: int, text: str, request: ChatRequest) -> None:
        """Send a message of the user's again with another text; the old one stays as another version."""
        if self.is_busy or not 0 <= index < len(self._messages) or self._messages[index].role is not Role.USER:
            return
        attachments = self._messages[index].attachments
        self._truncate(index)
        self._add(ChatMessage(Role.USER, [text], attachments=attachments))
        self._request_answer(request)

    def continue_answer(self, request: ChatRequest) -> None:
        """Request the rest of the last answer, which is appended to the same message."""
        index = len(self._messages) - 1
        if self.is_busy or not self._is_answer(index) or not self._messages[index].text:
            return
        answer = self._messages[index]
        wire = wire_messages(self._messages, request.system_prompt)
        wire.append({"role": "user", "content": CONTINUE_PROMPT})
        earlier_facts, answer.facts = answer.facts, AnswerFacts(request.model)
        answer.status, answer.error = AnswerStatus.WAITING, None
        self.pathChanged.emit(index)
        self._start_answer(index, answer, wire, request, earlier_facts)

    def show_version(self, index: int, step: int) -> None:
        """Show the previous (-1) or the next (1) version of a message."""
        if self.is_busy or not 0 <= index < len(self._messages):
            return
        siblings = self._conversation.siblings(self._messages[index])
        place = siblings.index(self._messages[index]) + step
        if 0 <= place < len(siblings):
            self._conversation.choose(siblings[place])
            self._messages = self._conversation.path()
            self.pathChanged.emit(index)

    def delete(self, index: int) -> None:
        """Remove one message from the conversation."""
        if self.is_busy or not 0 <= index < len(self._messages):
            return
        message = self._messages[index]
        self._conversation.remove(message)
        self._messages = self._conversation.path()
        self.messageRemoved.emit(message)
        self.pathChanged.emit(index)

    def stop(self) -> None:
        """Stop the answer that is being generated; its text so far stays."""
        self._scope.cancel("answer")

    def clear(self) -> None:
        """Begin a new conversation."""
        self.show_conversation(Conversation())

    def show_conversation(self, conversation: Conversation) -> None:
        """Show another conversation in place of this one; an answer that is being generated is stopped and kept."""
        self.stop()
        self._deliver()
        if self._answering is not None:
            self._finish(self._answering_index, self._answering)
        self._conversation = conversation
        self._messages = conversation.path()
        self._costs.take_over(conversation)
        self.cleared.emit()

    def look_up_missing_costs(self, connection: Connection) -> None:
        """Ask for the costs that did not become known before the conversation was left, or the program ended."""
        for message in self._conversation:
            if message.facts is not None and message.facts.awaited_costs and not message.status.is_open:
                self._costs.start(message, message.facts, connection)

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()
        self._frame.stop()

    # --- requests

    def _is_answer(self, index: int) -> bool:
        return 0 <= index < len(self._messages) and self._messages[index].role is Role.ASSISTANT

    def _truncate(self, index: int) -> None:
        del self._messages[index:]
        self.pathChanged.emit(index)

    def _add(self, message: ChatMessage) -> int:
        self._conversation.add(message, self._messages[-1] if self._messages else None)
        self._messages.append(message)
        self.messageAdded.emit(len(self._messages) - 1)
        return len(self._messages) - 1

    def _request_answer(self, request: ChatRequest) -> None:
        wire = wire_messages(self._messages, request.system_prompt)
        answer = ChatMessage(Role.ASSISTANT, status=AnswerStatus.WAITING, facts=AnswerFacts(request.model))
        self._start_answer(self._add(answer), answer, wire, request, None)

    def _start_answer(
        self,
        index: int,
        answer: ChatMessage,
        wire: list[dict[str, Any]],
        request: ChatRequest,
        earlier_facts: AnswerFacts | None,
    ) -> None:
        if self._answering is not None:
            self._finish(self._answering_index, self._answering)
        self._reasoning_since = None
        self._set_answering(answer, index)
        length_before = len(answer.text)
        task = self._scope.start(self._answer(answer, wire, request), name="answer")

        # Here and not in the coroutine: a task that is cancelled before its first step never enters it.
        def on_done(_task: object) -> None:
            if answer is self._answering:
                self._deliver()
            part, is_replaced = answer.facts, answer is not self._answering
            if part is not None and part.usage is None and part.generation_id and can_tell_cost(request.connection):
                # Before the answer's end is told: what is kept of it says what is still missing.
                part.awaited_costs.append(part.generation_id)
            if earlier_facts is not None and part is not None:
                # The answer keeps the first object: the cost of that part may still be looked up.
                earlier_facts.add_continuation(part)
                answer.facts = earlier_facts
            self._finish(index, answer)
            if is_replaced:
                # Another conversation was shown before its duration and its usage were known.
                self.costFound.emit(answer)
            if answer.facts is not None:
                self._costs.start(answer, answer.facts, request.connection)
            if part is not None and answer.status is AnswerStatus.COMPLETE:
                self.answered.emit(AnsweredTurn(request, wire, part, len(answer.text) - length_before))

        task.add_done_callback(on_done)

    async def _answer(self, answer: ChatMessage, wire: list[dict[str, Any]], request: ChatRequest) -> None:
        started = time.monotonic()
        try:
            async with self._pool.use(request.connection) as provider:
                # The client may have had to be built first: no other turn waits for that.
                started = time.monotonic()
                await self._stream(answer, wire, request, provider, started)
            if not answer.text.strip() and not answer.tool_calls:
                raise EmptyAnswer(
                    provider=request.connection.provider,
                    params={"provider": request.connection.provider, "model": request.model},
                )
            answer.status = AnswerStatus.COMPLETE
        except ProviderError as error:
            if request.routed_id is not None and error.params.get("model") == request.routed_id:
                # How its hosts are chosen is no part of the name that the user knows.
                error.params["model"] = request.model
            answer.status = AnswerStatus.FAILED
            answer.error = error
        finally:
            if answer.facts is not None:
                answer.facts.duration_s = time.monotonic() - started
                self._end_reasoning(answer.facts)

    def _finish(self, index: int, answer: ChatMessage) -> None:
        if answer.status.is_open:
            answer.status = AnswerStatus.STOPPED
        if self._answering is answer:
            self._set_answering(None, -1)
            self.statusChanged.emit(index)

    async def _stream(
        self,
        answer: ChatMessage,
        wire: list[dict[str, Any]],
        request: ChatRequest,
        provider: LLMProvider,
        started: float,
    ) -> None:
        async with contextlib.aclosing(
            provider.stream_events(
                wire,
                model=request.routed_id or request.model,
                temperature=request.temperature,
                max_tokens=request.max_tokens,
                reasoning=None if request.reasoning is None else dict(request.reasoning),
                extra_body=dict(request.extra),
            )
        ) as events:
            turn = time.monotonic()
            async for event in events:
                if isinstance(event, Waiting):
                    if answer.facts is not None:
                        answer.facts.was_repeated = True
                    if answer is self._answering:
                        pause = Pause(provider.display_name, event.seconds, event.status, event.is_asked)
                        self.paused.emit(self._answering_index, pause)
                    continue
                self._handle(answer, event, started)
                # A fast server fills the buffer faster than it is read: without this the window would never be painted.
                if (now := time.monotonic()) - turn > YIELD_AFTER_S:
                    await asyncio.sleep(0)
                    turn = now

    # --- events of the stream

    def _handle(self, answer: ChatMessage, event: StreamEvent, started: float) -> None:
        facts = answer.facts
        assert facts is not None  # noqa: S101 - set where the answer is made
        shown = answer is self._answering
        match event:
            case TextDelta(text=text):
                answer.parts.append(text)
                facts.last_token_s = time.monotonic() - started
                if facts.first_token_s is None:
                    facts.first_token_s = facts.last_token_s
                    self._end_reasoning(facts)
                    self._set_streaming(answer)
                if shown:
                    self._text.append(text)
                    self._schedule_delivery()
            case ReasoningDelta(text=text):
                if self._reasoning_since is None and facts.first_token_s is None:
                    self._reasoning_since = time.monotonic()
                if text:
                    answer.reasoning_parts.append(text)
                    if shown:
                        self._reasoning.append(text)
                        self._schedule_delivery()
            case ToolCallDelta():
                self._add_tool_call(answer, event)
                if shown:
                    self._tools_changed = True
                    self._schedule_delivery()
            case KeepAlive():
                if shown:
                    self.keptAlive.emit(self._answering_index)
            case AnsweredBy(model=model, provider=provider):
                facts.model, facts.provider = model or facts.model, provider or facts.provider
            case StreamStarted(generation_id=generation_id):
                facts.generation_id = generation_id
            case UsageReport():
                facts.usage = event
            case StreamFinished(reason=reason):
                facts.finish_reason = reason

    def _end_reasoning(self, facts: AnswerFacts) -> None:
        if self._reasoning_since is not None:
            facts.reasoning_s = time.monotonic() - self._reasoning_since
            self._reasoning_since = None

    def _add_tool_call(self, answer: ChatMessage, event: ToolCallDelta) -> None:
        if not 0 <= event.index < MAX_TOOL_CALLS:
            return
        while len(answer.tool_calls) <= event.index:
            answer.tool_calls.append(ToolCallText())
        call = answer.tool_calls[event.index]
        call.name = event.name or call.name
        call.call_id = event.call_id or call.call_id
        call.arguments += event.arguments

    def _set_streaming(self, answer: ChatMessage) -> None:
        answer.status = AnswerStatus.STREAMING
        if answer is self._answering:
            self.statusChanged.emit(self._answering_index)

    def _schedule_delivery(self) -> None:
        if not self._frame.isActive():
            self._frame.start()

    def _deliver(self) -> None:
        self._frame.stop()
        index = self._answering_index
        reasoning, self._reasoning = self._reasoning, []
        text, self._text = self._text, []
        tools, self._tools_changed = self._tools_changed, False
        if reasoning:
            self.reasoningArrived.emit(index, "".join(reasoning))
        if text:
            self.textArrived.emit(index, "".join(text))
        if tools:
            self.toolCallArrived.emit(index)

    def _set_answering(self, answer: ChatMessage | None, index: int) -> None:
        was_busy = self.is_busy
        self._answering, self._answering_index = answer, index
        if self.is_busy != was_busy:
            self.busyChanged.emit(self.is_busy)

    # --- the cost of a stopped answer

    def _on_cost_found(self, answer: ChatMessage) -> None:
        self.costFound.emit(answer)
        if answer in self._messages:
            self.statusChanged.emit(self._messages.index(answer))
