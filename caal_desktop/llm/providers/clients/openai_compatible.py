"""The client of any server with OpenAI's chat completions API."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from caal_desktop.llm.base import format_tool_call_message
from caal_desktop.llm.errors import InvalidResponse
from caal_desktop.llm.fields import as_dict, as_list, whole_texts
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.llm.models.listing import next_page_link
from caal_desktop.llm.providers.clients.http_provider import OWN_ADDRESS, HTTPProvider, refuse_fixed_fields
from caal_desktop.llm.providers.openai_compatible import OPENAI_COMPATIBLE
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.transport import error_mapping

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from caal_desktop.llm.base import LLMResponse, Message, ToolCall
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
    from caal_desktop.llm.transport.retry import RetryPolicy

DEFAULT_TEMPERATURE: Final = 0.7
DEFAULT_MAX_TOKENS: Final = 4096
MAX_MODEL_PAGES: Final = 50


class OpenAICompatibleProvider(HTTPProvider):
    """A model on any OpenAI-compatible server.

    A call's keyword arguments become fields of the request and take the place of the provider's own ``model``,
    ``temperature`` and ``max_tokens``. ``temperature=None`` leaves the field out; ``max_tokens`` is always sent, since
    some servers otherwise reserve credit for the longest answer possible. Fields that only one server knows
    (``reasoning``, ``provider``, ``models``, ...) are given in the same way, or in ``extra_body``.

    Attributes:
        temperature: the sampling temperature where a call gives none; None leaves it to the server.
        max_tokens: the longest answer, in tokens, where a call gives none.
    """

    descriptor: ProviderDescriptor = OPENAI_COMPATIBLE

    def __init__(
        self,
        model: str | None = None,
        base_url: str = OWN_ADDRESS,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Create the provider. The SDK is not imported and no connection is opened yet; see :meth:`warm_up`.

        Args:
            model: the model id; None for the descriptor's default, "" to leave it to the server where the descriptor
                allows that.
            base_url: the address up to and including ``/v1``; the descriptor's where left out.
            api_key: the key; None or "" for a server that needs none.
            temperature: the sampling temperature; None leaves it to the server.
            max_tokens: the longest answer, in tokens.
            timeouts: see :class:`Timeouts`.
            max_retries: attempts after the first one; takes the place of the policy's own number.
            retry_policy: see :class:`RetryPolicy`.
            network: proxy and certificates.
            headers: further headers that the server needs; see :mod:`caal_desktop.llm.transport.headers`.

        Raises:
            ConfigurationError: (a ValueError) the model, the address, the key or a header cannot be used.
        """
        super().__init__(
            model,
            base_url,
            api_key,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
            headers=headers,
        )
        self.temperature = temperature
        self.max_tokens = max_tokens

    def format_tool_call_message(self, content: str | None, tool_calls: Sequence[ToolCall]) -> Message:
        """Return the message that puts tool calls into the history.

        The ``reasoning_details`` of the answer with the newest calls stand in it: some models on OpenRouter refuse the
        next request without them.
        """
        answer = self._answer_with(tool_calls)
        details = () if answer is None else answer.reasoning_details
        return format_tool_call_message(content, tool_calls, reasoning_details=details)

    def _body(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        options: dict[str, Any],
    ) -> dict[str, Any]:
        refuse_fixed_fields(options)
        extra = options.pop("extra_body", None) or {}
        temperature = options.pop("temperature", self.temperature)
        body: dict[str, Any] = {
            "model": options.pop("model", None) or self.model,
            "messages": [dict(message) for message in messages],
            "max_tokens": options.pop("max_tokens", None) or self.max_tokens,
        }
        if temperature is not None:
            body["temperature"] = temperature
        if tools:
            body["tools"] = [dict(tool) for tool in tools]
        else:
            options.pop("tool_choice", None)  # servers refuse a choice among no tools
        fields = {**options, **extra}
        body.update((name, value) for name, value in fields.items() if value is not None)
        # What comes from a tool, a file or another model may hold half a character, which cannot be sent.
        whole: dict[str, Any] = whole_texts(body)
        return whole

    async def chat(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        """Return one complete answer, even one with neither text nor tool calls; see :meth:`LLMProvider.chat`.

        Raises:
            ProviderError: whatever went wrong.
        """
        if tools:
            kwargs.setdefault("tool_choice", "auto")
        body = self._body(messages, tools, kwargs)
        context = self._context(body["model"])
        self._last_usage = None
        async with self._open(context, "POST", "/chat/completions", body=body) as response:
            payload = error_mapping.decode_object(context, await self._read(context, response), response.headers)
        answer = answers.parse_completion(payload, context.secrets)
        if answer is None:
            raise context.error(InvalidResponse, reason=InvalidResponse.why_no_message)
        return self._settled(context, answer, tools)

    async def stream_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        tool_choice: str | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Stream one answer as events; see :meth:`LLMProvider.stream_events`."""
        if tools:
            kwargs["tool_choice"] = tool_choice or "auto"
        body = self._body(messages, tools, kwargs)
        body["stream"] = True
        if self.descriptor.takes_stream_options:
            body["stream_options"] = {"include_usage": True}
        context = self._context(body["model"])
        accept = "text/event-stream, application/json"
        async with aclosing(self._streamed(context, "/chat/completions", body, accept)) as events:
            async for event in events:
                yield event

    async def chat_stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Stream the text of one answer; see :meth:`LLMProvider.chat_stream`."""
        if tools:
            kwargs["tool_choice"] = "none"
        async with aclosing(self._texts(messages, tools, **kwargs)) as texts:
            async for text in texts:
                yield text

    async def fetch_model_list(self, **query: str) -> object:
        """Return the server's answer to ``GET /models``; see :meth:`LLMProvider.fetch_model_list`."""
        context = self._context(None)
        url = f"{self.base_url}/models"
        params: dict[str, str] | None = dict(query)
        rows: list[Any] = []
        seen: set[str] = set()
        while url not in seen and len(seen) < MAX_MODEL_PAGES:
            seen.add(url)
            payload = await self._get_json(context, url, params)
            page = payload if isinstance(payload, list) else as_dict(payload).get("data")
            link = next_page_link(payload)
            if link is None and not rows:
                return payload
            rows += as_list(page)
            if link is None or not page:
                break
            url, params = urljoin(url, link), None  # the link carries the query
        return {"data": rows}

    async def check_key(self) -> KeyInfo:
        """Fetch the list of models, and return empty facts where that succeeds.

        Such servers tell nothing about a key. Those that check keys refuse a wrong one here; those that do not, such as
        a llama.cpp server without ``--api-key``, accept any.

        Raises:
            AuthenticationFailed: the key was refused.
            ProviderError: whatever else went wrong.
        """
        await self.list_models()
        return KeyInfo()
