"""The interface that the voice agent and this program speak to every language model through."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from caal_desktop.llm.errors import EmptyAnswer, NotOffered
from caal_desktop.llm.events import FinishReason, TextDelta, UsageReport
from caal_desktop.llm.fields import parse_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from types import TracebackType

    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelList
    from caal_desktop.llm.models.key_info import KeyInfo

logger = logging.getLogger(__name__)

Message = dict[str, Any]
"""One message in the wire's own form: ``role``, ``content`` and what belongs to them."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One normalized tool call.

    Attributes:
        id: the call's id, which its result must name.
        name: the function's name.
        arguments: the parsed arguments; empty where the model sent none, or no valid JSON object.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """One non-streaming answer.

    Attributes:
        content: the text; None where the answer has none (a pure tool call).
        tool_calls: the calls that the model asks for, in order.
        finish_reason: why the answer ended.
        usage: what it took, where the server tells.
        model: the model that answered, where the server tells.
        provider: the hosting provider, on OpenRouter.
        reasoning_details: opaque entries to hand back unchanged in the next turn of a tool conversation.
    """

    content: str | None
    tool_calls: list[ToolCall] = field(default_factory=list)
    finish_reason: FinishReason = FinishReason.UNKNOWN
    usage: UsageReport | None = None
    model: str | None = None
    provider: str | None = None
    reasoning_details: tuple[dict[str, Any], ...] = ()


def parse_tool_arguments(arguments: object) -> dict[str, Any]:
    """Return a tool call's arguments as a dict.

    Args:
        arguments: the wire's JSON string, or a dict that is returned as it is.

    Returns:
        The parsed object. A blank string and None mean "no arguments". Malformed JSON, and JSON that is not an
        object, give ``{}`` and a warning in the log, which does not quote them: they may be private.
    """
    if isinstance(arguments, dict):
        return arguments
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return {}
    if isinstance(arguments, str | bytes | bytearray):
        parsed = parse_json(arguments)
        if parsed is None:
            logger.warning("The model sent tool arguments that are not valid JSON (%d characters).", len(arguments))
            return {}
        if isinstance(parsed, dict):
            return parsed
        arguments = parsed
    logger.warning("The model sent tool arguments of type %s instead of an object.", type(arguments).__name__)
    return {}


def format_tool_result(content: object, tool_call_id: str, tool_name: str) -> Message:
    """Return the ``role: "tool"`` message that answers a tool call; a content that is not text becomes JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
    return {"role": "tool", "tool_call_id": tool_call_id, "name": tool_name, "content": text}


def format_tool_call_message(
    content: str | None, tool_calls: Sequence[ToolCall], *, reasoning_details: Sequence[Mapping[str, Any]] = ()
) -> Message:
    """Return the assistant message that carries tool calls back into the history.

    Args:
        content: the text that came with the calls.
        tool_calls: the calls.
        reasoning_details: ``LLMResponse.reasoning_details``; reasoning models on OpenRouter need them unchanged.
    """
    message: Message = {
        "role": "assistant",
        # Some servers refuse null, others refuse a missing field; all take the empty string.
        "content": content or "",
        "tool_calls": [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
            }
            for call in tool_calls
        ],
    }
    if reasoning_details:
        message["reasoning_details"] = [dict(entry) for entry in reasoning_details]
    return message


class LLMProvider(ABC):
    """A language model behind one server.

    A provider belongs to the event loop of its first request. It is closed with :meth:`aclose` or ``async with``.
    """

    #: The name in the registry and in the settings.
    provider_name: str = ""
    #: The name for people.
    display_name: str = ""
    #: The model id.
    model: str

    @abstractmethod
    async def chat(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        """Return one complete answer; with ``tools`` the model chooses whether to call one.

        Raises:
            ProviderError: whatever went wrong.
        """

    @abstractmethod
    def stream_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        tool_choice: str | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Stream one answer as events (see :mod:`caal_desktop.llm.events`).

        Cancelling the task, or ``aclose()`` of the generator, closes the connection at once. Use
        :func:`contextlib.aclosing` around it.

        Raises:
            ProviderError: whatever went wrong; what was yielded before stands.
        """

    async def list_models(self, **query: str) -> ModelList:
        """Return the server's models, all pages of them.

        Args:
            **query: passed on as query parameters; OpenRouter knows ``sort``, ``supported_parameters``,
                ``output_modalities`` and others.

        Raises:
            ProviderError: whatever went wrong.
        """
        return self.read_model_list(await self.fetch_model_list(**query))

    async def fetch_model_list(self, **query: str) -> object:
        """Return the server's list of models as it came, the rows of all pages joined: for a cache.

        Raises:
            ProviderError: whatever went wrong.
        """
        raise self._not_offered()

    def read_model_list(self, payload: object) -> ModelList:
        """Parse what :meth:`fetch_model_list` gave. A long list takes a while; may run in a thread.

        Raises:
            InvalidResponse: it is no list of models.
        """
        raise self._not_offered()

    @abstractmethod
    async def check_key(self) -> KeyInfo:
        """Return what the key may do; a key that the server does not accept raises AuthenticationFailed."""

    async def list_endpoints(self, model_id: str) -> tuple[EndpointInfo, ...]:
        """Return who hosts a model, at what price, and how well: where the provider can (``Capability.HOSTS``).

        Latency and throughput may be told to requests with a key only.

        Args:
            model_id: an id of the model list; its variant counts.

        Returns:
            The hosts in the server's order; empty where nobody hosts it at the moment.

        Raises:
            ModelNotFound: there is no such model.
            NotOffered: this provider tells no hosts.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    async def generation(self, generation_id: str) -> UsageReport | None:
        """Return what an answer took, such as a stopped one: where the provider can (``Capability.COST_LOOKUP``).

        Args:
            generation_id: from :class:`~caal_desktop.llm.events.StreamStarted`.

        Returns:
            The figures; None while the server does not know them yet, which lasts a moment after the answer.

        Raises:
            NotOffered: this provider tells no costs afterwards.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    async def exchange_code(self, code: str, verifier: str) -> str:
        """Return the key that a sign-in's code stands for: where the provider can (``Capability.SIGN_IN``).

        Args:
            code: what the browser brought back.
            verifier: the secret whose digest was in the sign-in page's address.

        Raises:
            PermissionRefused, BadRequest: the code is wrong, used or too old.
            InvalidResponse: the answer holds no key.
            NotOffered: nobody signs in at this provider.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    def _not_offered(self) -> NotOffered:
        return NotOffered(self.provider_name, params={"provider": self.display_name or self.provider_name})

    async def chat_stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Stream the text of one answer.

        With ``tools`` the request says ``tool_choice: "none"``: the tools stay known, so that a history with tool
        calls is valid, and the model answers in text.

        Raises:
            EmptyAnswer: the answer is complete and has no text, so that a spoken turn never ends in silence unseen.
            ProviderError: whatever else went wrong.
        """
        if tools:
            kwargs["tool_choice"] = "none"
        spoke = False
        async with aclosing(self.stream_events(messages, tools, **kwargs)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    spoke = spoke or not event.text.isspace()
                    yield event.text
        if not spoke:
            model = str(kwargs.get("model") or self.model)
            raise EmptyAnswer(self.provider_name, params={"provider": self.display_name, "model": model})

    def parse_tool_arguments(self, arguments: object) -> dict[str, Any]:
        """See :func:`parse_tool_arguments`."""
        return parse_tool_arguments(arguments)

    def format_tool_result(self, content: object, tool_call_id: str, tool_name: str) -> Message:
        """See :func:`format_tool_result`."""
        return format_tool_result(content, tool_call_id, tool_name)

    def format_tool_call_message(self, content: str | None, tool_calls: Sequence[ToolCall]) -> Message:
        """See :func:`format_tool_call_message`."""
        return format_tool_call_message(content, tool_calls)

    async def aclose(self) -> None:
        """Close every connection. The provider cannot be used afterwards."""
        return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
