"""The interface of every provider, and what its methods take and return."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from caal_desktop.llm.errors import NotOffered
from caal_desktop.llm.events import FinishReason
from caal_desktop.llm.fields import parse_json, whole_texts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from types import TracebackType

    from caal_desktop.llm.events import StreamEvent, UsageReport, Waiting
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelList
    from caal_desktop.llm.models.key_info import KeyInfo

logger = logging.getLogger(__name__)

Message = dict[str, Any]
"""One message as it is sent: ``role``, ``content``, and further fields of the chat completions API."""


@dataclass(slots=True)
class ToolCall:
    """One complete tool call. Callers may change it.

    Attributes:
        id: the call's id, which its result must name (:func:`format_tool_result`).
        name: the function's name.
        arguments: the parsed arguments; empty where the model sent none, or no valid JSON object.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TokenUsage:
    """What a call took, in tokens: always numbers, which the voice agent adds up.

    Attributes:
        prompt_tokens: tokens of the messages and the tools.
        completion_tokens: tokens of the answer, its reasoning included.
    """

    prompt_tokens: int
    completion_tokens: int


@dataclass(slots=True)
class LLMResponse:
    """One complete answer. The first three fields are the voice agent's own, in its order; callers may change them.

    Attributes:
        content: the text; None where the answer has none, as with tool calls alone.
        tool_calls: the calls that the model asks for, in its order.
        usage: what it took; None where the server does not tell it.
        finish_reason: why the answer ended.
        report: all that the server tells of tokens and cost; None where it tells nothing.
        model: the id of the model that answered; None where the server does not tell it.
        provider: the name of the hosting provider, on OpenRouter; None elsewhere.
        reasoning_details: opaque entries to be sent back unchanged with the tool calls
            (:func:`format_tool_call_message`).
        reasoning: what the model thought before, as far as the server tells it; "" where it does not.
    """

    content: str | None
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: TokenUsage | None = None
    finish_reason: FinishReason = FinishReason.UNKNOWN
    report: UsageReport | None = None
    model: str | None = None
    provider: str | None = None
    reasoning_details: tuple[dict[str, Any], ...] = ()
    reasoning: str = ""


def parse_tool_arguments(arguments: object) -> dict[str, Any]:
    """Return a tool call's arguments as a dict.

    Args:
        arguments: JSON text, as the API has it; or a dict, whose values are returned as they are.

    Returns:
        The parsed object; ``{}`` for None and for a blank text, which mean that there are no arguments. Malformed JSON,
        and JSON that is not an object, give ``{}`` and a warning in the log, which does not quote them: they may be
        private. Half a surrogate pair, which no request could take along, becomes a replacement character. Never
        raises.
    """
    if isinstance(arguments, dict):
        return _whole_object(arguments)
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return {}
    if isinstance(arguments, str | bytes | bytearray):
        parsed = parse_json(arguments)
        if parsed is None:
            logger.warning("The model sent tool arguments that are not valid JSON (%d characters).", len(arguments))
            return {}
        if isinstance(parsed, dict):
            return _whole_object(parsed)
        arguments = parsed
    logger.warning("The model sent tool arguments of type %s instead of an object.", type(arguments).__name__)
    return {}


def _whole_object(arguments: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = whole_texts(arguments)
    return whole


def format_tool_result(content: object, tool_call_id: str | None, tool_name: str) -> Message:
    """Return the message with the role ``tool`` that answers a tool call.

    Args:
        content: the tool's result; anything but a text becomes JSON.
        tool_call_id: :attr:`ToolCall.id` of the call; None for a server that names none.
        tool_name: :attr:`ToolCall.name` of the call.
    """
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
    return {"role": "tool", "tool_call_id": tool_call_id, "name": tool_name, "content": text}


def format_tool_call_message(
    content: str | None, tool_calls: Sequence[ToolCall], *, reasoning_details: Sequence[Mapping[str, Any]] = ()
) -> Message:
    """Return the message with the role ``assistant`` that puts tool calls into the history, before their results.

    Args:
        content: the text that came with the calls; None where there was none.
        tool_calls: the calls.
        reasoning_details: :attr:`LLMResponse.reasoning_details`, which reasoning models on OpenRouter need unchanged.
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
    """A language model on one server.

    A provider belongs to the event loop of its first request. Close it with :meth:`aclose`, or use ``async with``.

    A provider of one's own defines :attr:`provider_name`, :attr:`model` (as attributes of the class or as properties),
    :meth:`chat` and :meth:`chat_stream`, and nothing else; those four are typed as the voice agent types them.

    Attributes:
        display_name: its name as it is shown: a name, an address, or a text that can be translated; "" where that is
            :attr:`provider_name`.
    """

    display_name: str = ""
    _last_usage: TokenUsage | None = None
    """What the newest call took, streamed or not; None before its answer, and where the server does not tell it. The
    voice agent reads it by this name, after each turn and from any provider."""

    @property
    @abstractmethod
    def provider_name(self) -> str:
        """The provider's name in the registry and in the settings."""

    @property
    @abstractmethod
    def model(self) -> str:
        """The id of the model that is asked where a call names no other."""

    @property
    def supports_think(self) -> bool:
        """Whether the provider can be told to think, or not to, before it answers."""
        return False

    def prepare_tools(self, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the tools as this provider's models need them; unchanged, unless a subclass knows better.

        The voice agent asks this before its first request with tools, and keeps the result.

        Args:
            tools: functions that the model may call, as the API describes them.
        """
        return tools

    @abstractmethod
    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        """Return one complete answer.

        The call of a tool that a model has written into its text is among the calls; a thought there is left out.

        Args:
            messages: the conversation, oldest first.
            tools: functions that the model may call, as the API describes them; the model chooses.
            **kwargs: further fields of the request, which take the place of the provider's own.

        Raises:
            InvalidResponse: a call is written there that cannot be read; ``tool_use_failed`` is in its words.
            ProviderError: whatever else went wrong.
        """

    @abstractmethod
    def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        """Stream the text of one answer.

        With ``tools`` the request has ``tool_choice: "none"``: the tools stay declared, so that a history with tool
        calls is valid, and the model answers in text.

        Args:
            messages: the conversation, oldest first.
            tools: the functions of which the history has calls, as the API describes them.
            **kwargs: further fields of the request, which take the place of the provider's own.

        Yields:
            Pieces of text, none of them empty.

        Raises:
            EmptyAnswer: the answer is complete and has no text. A voice assistant would stay silent.
            InvalidResponse: it has nothing but the call of a tool, written as text.
            ProviderError: whatever else went wrong.
        """

    async def stream_turn(
        self,
        messages: list[dict[str, Any]],
        tools: list[dict[str, Any]] | None = None,
        *,
        on_waiting: Callable[[Waiting], object] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[str | LLMResponse, None]:
        """Stream one answer that is spoken while it is written, or that calls tools.

        ::

            async with contextlib.aclosing(provider.stream_turn(messages, tools)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        speak(piece)
                    else:
                        response = piece
            if response.tool_calls:
                ...  # run them, and ask again, as after chat()

        A provider that has no more than :meth:`chat` gives its whole text at once, and tells no waits.

        Args:
            messages: the conversation, oldest first.
            tools: functions that the model may call, as the API describes them; the model chooses.
            on_waiting: called before each pause after which the request is sent again, so that something can be said
                meanwhile. Only before the first piece.
            **kwargs: further fields of the request, which take the place of the provider's own.

        Yields:
            The text in pieces, none of them empty, as they arrive: the answer's, or words that a model says before it
            calls tools. Then, last, the answer as :meth:`chat` returns it, with the whole text; it may have neither
            text nor calls.

        Raises:
            InvalidResponse: as :meth:`chat` raises it.
            ProviderError: whatever else went wrong. What was said before was said: asking again would repeat it.
        """
        response = await self.chat(messages, tools, **kwargs)
        if response.content:
            yield response.content
        yield response

    def stream_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        tool_choice: str | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Stream one answer as events (see :mod:`caal_desktop.llm.events`).

        Cancelling the task, or closing the generator, closes the connection at once; wrap the generator in
        :func:`contextlib.aclosing`.

        Args:
            messages: the conversation, oldest first.
            tools: functions that the model may call, as the API describes them.
            tool_choice: "auto", "none", "required" or one function, as the API has it; "auto" where left out.
            **kwargs: further fields of the request, which take the place of the provider's own.

        Yields:
            Events in the order that :mod:`caal_desktop.llm.events` tells.

        Raises:
            NotOffered: this provider has no events, but :meth:`chat_stream` alone.
            ProviderError: whatever else went wrong; the events before remain valid.
        """
        raise self._not_offered()

    async def list_models(self, **query: str) -> ModelList:
        """Return the server's models, from all pages of its list.

        Args:
            **query: query parameters of the request; OpenRouter knows ``sort``, ``supported_parameters``,
                ``output_modalities`` and others.

        Raises:
            ProviderError: whatever went wrong.
        """
        return self.read_model_list(await self.fetch_model_list(**query))

    async def fetch_model_list(self, **query: str) -> object:
        """Return the server's list of models as it came, the rows of all pages joined, for a cache.

        Args:
            **query: query parameters of the request.

        Raises:
            ProviderError: whatever went wrong.
        """
        raise self._not_offered()

    def read_model_list(self, payload: object) -> ModelList:
        """Return the models of what :meth:`fetch_model_list` returned.

        Takes a second for ten thousand rows; may run in any thread.

        Raises:
            InvalidResponse: it is no list of models.
        """
        raise self._not_offered()

    async def check_key(self) -> KeyInfo:
        """Return what the server tells about the key.

        Raises:
            AuthenticationFailed: the server does not accept the key.
            NotOffered: this provider knows no way to ask.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    async def list_endpoints(self, model_id: str, *, repeats: bool = True) -> tuple[EndpointInfo, ...]:
        """Return the hosts of a model with their prices and their performance.

        For providers with ``Capability.HOSTS``. Without a key, latency and throughput may be left out.

        Args:
            model_id: an id from the list of models, with its variant.
            repeats: send the request again where that may help; one of many that nobody waits for does not.

        Returns:
            The hosts in the server's order; empty where the model has none at the moment.

        Raises:
            ModelNotFound: there is no such model.
            NotOffered: this provider does not tell hosts.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    async def generation(self, generation_id: str) -> UsageReport | None:
        """Return tokens and cost of an earlier answer, such as one that was stopped.

        For providers with ``Capability.COST_LOOKUP``.

        Args:
            generation_id: :attr:`~caal_desktop.llm.events.StreamStarted.generation_id` of the answer.

        Returns:
            The figures; None while the server does not have them yet, usually for some seconds.

        Raises:
            NotOffered: this provider does not tell costs afterwards.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    async def exchange_code(self, code: str, verifier: str) -> str:
        """Return the key for the code of a sign-in (OAuth with PKCE, RFC 7636).

        For providers with ``Capability.SIGN_IN``.

        Args:
            code: the code that the browser brought back.
            verifier: the secret whose digest was in the sign-in page's address.

        Raises:
            PermissionRefused, BadRequest: the code is wrong, used or too old.
            InvalidResponse: the answer holds no key.
            NotOffered: this provider has no sign-in.
            ProviderError: whatever else went wrong.
        """
        raise self._not_offered()

    def _not_offered(self) -> NotOffered:
        return NotOffered(self.provider_name, params={"provider": self.display_name or self.provider_name})

    def parse_tool_arguments(self, arguments: object) -> dict[str, Any]:
        """Return a tool call's arguments as a dict: :func:`parse_tool_arguments`."""
        return parse_tool_arguments(arguments)

    def format_tool_result(self, content: object, tool_call_id: str | None, tool_name: str) -> Message:
        """Return the message that answers a tool call: :func:`format_tool_result`."""
        return format_tool_result(content, tool_call_id, tool_name)

    def format_tool_call_message(self, content: str | None, tool_calls: Sequence[ToolCall]) -> Message:
        """Return the message that puts tool calls into the history: :func:`format_tool_call_message`."""
        return format_tool_call_message(content, tool_calls)

    async def prepare(self) -> None:
        """Do beforehand what the first request would otherwise have to wait for. Nothing has to call this.

        Never raises a :class:`ProviderError`: the first request reports what is wrong.
        """
        return

    async def aclose(self) -> None:
        """Close every connection. The provider cannot be used afterwards."""
        return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
