"""One conversation with a model: sends, streams, stops; and tells of text at most once a frame."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from caal_desktop.llm.errors import EmptyAnswer, ProviderError
from caal_desktop.llm.events import AnsweredBy, KeepAlive, StreamFinished, StreamStarted, TextDelta, UsageReport
from caal_desktop.services.conversation import AnswerFacts, AnswerStatus, Message, Role, wire_messages
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.services.provider_pool import Connection, ProviderPool

FRAME_MS = 16
"""Milliseconds between two deliveries of text: the window is drawn no more often than that."""

YIELD_AFTER_S = 0.008
"""Seconds of uninterrupted reading after which the event loop gets a turn, however fast the server is."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a message is sent with.

    Attributes:
        connection: the provider.
        model: the model id.
        system_prompt: "" for none.
        temperature: 0 to 2.
        max_tokens: tokens of the answer at the most.
    """

    connection: Connection
    model: str
    system_prompt: str = ""
    temperature: float = 0.7
    max_tokens: int = 4096


class ChatService(QObject):
    """A conversation whose answers stream.

    Signals:
        messageAdded: index of a new message.
        textArrived: index and the text that came since the last frame.
        keptAlive: index; the server is still working on it.
        statusChanged: index; status, facts or error of an answer changed.
        busyChanged: an answer began or ended.
        cleared: the conversation was emptied.
    """

    messageAdded = Signal(int)
    textArrived = Signal(int, str)
    keptAlive = Signal(int)
    statusChanged = Signal(int)
    busyChanged = Signal(bool)
    cleared = Signal()

    def __init__(self, pool: ProviderPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._messages: list[Message] = []
        self._pending: list[str] = []
        self._pending_index = -1
        self._answering: Message | None = None
        self._scope = TaskScope("chat")
        self._frame = QTimer(self, interval=FRAME_MS, singleShot=True)
        self._frame.setTimerType(Qt.TimerType.PreciseTimer)
        self._frame.timeout.connect(self._deliver)

    @property
    def messages(self) -> list[Message]:
        """The conversation; not to be changed by others."""
        return self._messages

    @property
    def is_busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._answering is not None

    def send(self, text: str, request: ChatRequest) -> None:
        """Add the person's message and stream the answer to it. An answer on its way is stopped first."""
        self._add(Message(Role.USER, [text]))
        self._ask(request)

    def retry(self, request: ChatRequest) -> None:
        """Ask again for the last answer; what was there of it is replaced."""
        if self.is_busy or not self._messages or self._messages[-1].role is not Role.ASSISTANT:
            return
        history = self._messages[:-1]
        self.clear()
        for message in history:
            self._add(message)
        self._ask(request)

    def stop(self) -> None:
        """Stop the answer that is on its way; what has come stays."""
        self._scope.cancel("answer")

    def clear(self) -> None:
        """Begin a new conversation."""
        self.stop()
        self._pending.clear()
        self._frame.stop()
        self._messages = []
        self._set_answering(None)
        self.cleared.emit()

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()
        self._frame.stop()

    def _add(self, message: Message) -> int:
        self._messages.append(message)
        self.messageAdded.emit(len(self._messages) - 1)
        return len(self._messages) - 1

    def _ask(self, request: ChatRequest) -> None:
        self._deliver()
        wire = wire_messages(self._messages, request.system_prompt)
        answer = Message(Role.ASSISTANT, status=AnswerStatus.WAITING, facts=AnswerFacts(request.model))
        index = self._add(answer)
        self._set_answering(answer)
        task = self._scope.start(self._answer(index, answer, wire, request), name="answer")
        # Here and not in the coroutine: a task that is stopped before its first step never enters it.
        task.add_done_callback(lambda _task: self._finish(index, answer))

    async def _answer(self, index: int, answer: Message, wire: list[dict[str, object]], request: ChatRequest) -> None:
        started = time.monotonic()
        try:
            await self._stream(index, answer, wire, request, started)
            if not answer.text:
                raise EmptyAnswer(provider=request.connection.provider)
            answer.status = AnswerStatus.COMPLETE
        except (ProviderError, ValueError) as error:
            answer.status = AnswerStatus.FAILED
            answer.error = error
        finally:
            if answer.facts is not None:
                answer.facts.duration_s = time.monotonic() - started

    def _finish(self, index: int, answer: Message) -> None:
        if answer.status in (AnswerStatus.WAITING, AnswerStatus.STREAMING):
            answer.status = AnswerStatus.STOPPED
        if self._is_current(index, answer):
            self._deliver()
            self.statusChanged.emit(index)
        if self._answering is answer:
            self._set_answering(None)

    async def _stream(
        self, index: int, answer: Message, wire: list[dict[str, object]], request: ChatRequest, started: float
    ) -> None:
        async with (
            self._pool.use(request.connection) as provider,
            contextlib.aclosing(
                provider.stream_events(
                    wire, model=request.model, temperature=request.temperature, max_tokens=request.max_tokens
                )
            ) as events,
        ):
            turn = time.monotonic()
            async for event in events:
                self._take(index, answer, event, started)
                # A fast server fills the buffer faster than we read: without this the window would never be drawn.
                if (now := time.monotonic()) - turn > YIELD_AFTER_S:
                    await asyncio.sleep(0)
                    turn = now

    def _take(self, index: int, answer: Message, event: StreamEvent, started: float) -> None:
        facts = answer.facts
        assert facts is not None  # noqa: S101 - set where the answer is made
        match event:
            case TextDelta(text=text):
                answer.parts.append(text)
                if facts.first_token_s is None:
                    facts.first_token_s = time.monotonic() - started
                    answer.status = AnswerStatus.STREAMING
                    if self._is_current(index, answer):
                        self.statusChanged.emit(index)
                if self._is_current(index, answer):
                    self._pending.append(text)
                    self._pending_index = index
                    if not self._frame.isActive():
                        self._frame.start()
            case KeepAlive():
                if self._is_current(index, answer):
                    self.keptAlive.emit(index)
            case AnsweredBy(model=model, provider=provider):
                facts.model, facts.provider = model or facts.model, provider or facts.provider
            case StreamStarted(generation_id=generation_id):
                facts.generation_id = generation_id
            case UsageReport():
                facts.usage = event
            case StreamFinished(reason=reason):
                facts.finish_reason = reason
            case _:
                pass

    def _is_current(self, index: int, answer: Message) -> bool:
        return index < len(self._messages) and self._messages[index] is answer

    def _deliver(self) -> None:
        self._frame.stop()
        if self._pending:
            text = "".join(self._pending)
            self._pending.clear()
            self.textArrived.emit(self._pending_index, text)

    def _set_answering(self, answer: Message | None) -> None:
        was_busy = self.is_busy
        self._answering = answer
        if self.is_busy != was_busy:
            self.busyChanged.emit(self.is_busy)
