"""OpenRouter's client."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from caal_desktop.llm.errors import (
    BadRequest,
    CapabilityNotOffered,
    EndpointNotFound,
    InvalidResponse,
    ModelNotFound,
    UnprocessableRequest,
)
from caal_desktop.llm.events import Waiting
from caal_desktop.llm.fields import as_dict, as_text
from caal_desktop.llm.models.endpoints import EndpointInfo, endpoints_path, parse_endpoints, row_path
from caal_desktop.llm.models.key_info import KeyInfo, parse_key_info
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.llm.providers.clients.hosted import HostedProvider
from caal_desktop.llm.providers.clients.http_provider import OWN_ADDRESS
from caal_desktop.llm.providers.clients.least_thinking import LeastThinking
from caal_desktop.llm.providers.clients.openai_compatible import DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE
from caal_desktop.llm.providers.openrouter import OPENROUTER
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.transport import error_mapping
from caal_desktop.llm.transport.address import check_key_form

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from caal_desktop.llm.base import LLMResponse
    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.events import StreamEvent, UsageReport
    from caal_desktop.llm.models.info import ReasoningPolicy
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
    from caal_desktop.llm.transport.retry import RetryPolicy

ATTRIBUTION_HEADERS: Final = {
    "HTTP-Referer": "https://github.com/CoreWorxLab/CAAL",
    "X-Title": "CAAL Desktop",
    "X-OpenRouter-Title": "CAAL Desktop",
}
"""Name the program in OpenRouter's rankings and on the account's activity page; the last one is the newer name."""
_THINKING_FIELDS: Final = frozenset({"reasoning", "reasoning_effort", "include_reasoning", "thinking"})
_REFUSALS: Final = (BadRequest, CapabilityNotOffered, UnprocessableRequest)
"""Errors of requests that ask for what cannot be had."""
_ABOUT_THINKING: Final = re.compile(r"reasoning|thinking", re.IGNORECASE)


class OpenRouterProvider(HostedProvider):
    """A model on OpenRouter.

    The key is never looked up in the environment, and is sent to OpenRouter's own address alone.

    Whoever waits for a voice hears nothing while a model thinks. So with ``voice`` each request to the provider's model
    asks for no thinking, or the least that the model can do. How much that is gets looked up once, at the first request
    or by :meth:`prepare`; nothing is asked for while it is not known. A call's own ``reasoning`` takes the place of
    that, and None leaves it to the model.
    """

    descriptor: ProviderDescriptor = OPENROUTER
    fixed_headers: ClassVar[Mapping[str, str]] = ATTRIBUTION_HEADERS

    def __init__(
        self,
        model: str | None = None,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        base_url: str = OWN_ADDRESS,
        anonymous: bool = False,
        voice: bool = False,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model id.
            api_key: the key.
            temperature: see :class:`HostedProvider`, as for the following.
            max_tokens: the longest answer, in tokens.
            base_url: another address, on this machine.
            anonymous: send no key.
            voice: the answers are spoken: ask for as little thinking as the model can do.
            timeouts: how long to wait.
            max_retries: how often a failed request is sent again.
            retry_policy: when it is.
            network: proxy and certificates.

        Raises:
            ConfigurationError: (a ValueError) the key is blank or cannot be a key, no model is given, or ``base_url``
                is neither OpenRouter's nor on this machine.
        """
        super().__init__(
            model,
            api_key,
            temperature,
            max_tokens,
            base_url=base_url,
            anonymous=anonymous,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
        )
        self._thinking = LeastThinking(self._reasoning_policy) if voice else None

    async def prepare(self) -> None:
        """Make ready for the first request, and with ``voice`` look up the model; see :meth:`LLMProvider.prepare`."""
        await super().prepare()
        if self._thinking is not None:
            await self._thinking.prepare(self.model)

    async def aclose(self) -> None:
        """Close every connection. The provider cannot be used afterwards."""
        if self._thinking is not None:
            await self._thinking.aclose()
        await super().aclose()

    async def chat(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        """Return one complete answer, even one with neither text nor tool calls; see :meth:`LLMProvider.chat`.

        Raises:
            ProviderError: whatever went wrong.
        """
        asked = await self._least_thinking(kwargs)
        try:
            return await super().chat(messages, tools, **asked, **kwargs)
        except _REFUSALS as error:
            if not self._is_refused(asked, error):
                raise
        return await super().chat(messages, tools, **kwargs)

    def stream_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        tool_choice: str | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Stream one answer as events; see :meth:`LLMProvider.stream_events`."""
        if self._thinking is None:
            return super().stream_events(messages, tools, tool_choice=tool_choice, **kwargs)
        return self._spoken_events(messages, tools, tool_choice, kwargs)

    async def _spoken_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        tool_choice: str | Mapping[str, Any] | None,
        options: dict[str, Any],
    ) -> AsyncGenerator[StreamEvent, None]:
        asked = await self._least_thinking(options)
        has_started = False
        stream = super().stream_events(messages, tools, tool_choice=tool_choice, **asked, **options)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    has_started = has_started or not isinstance(event, Waiting)
                    yield event
        except _REFUSALS as error:
            if has_started or not self._is_refused(asked, error):
                raise
        else:
            return
        async with aclosing(super().stream_events(messages, tools, tool_choice=tool_choice, **options)) as events:
            async for event in events:
                yield event

    async def _least_thinking(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that a call with these options lacks; none where it has its own, or another model."""
        fields = {**options, **(options.get("extra_body") or {})}
        if self._thinking is None or fields.keys() & _THINKING_FIELDS or fields.get("model") not in (None, self.model):
            return {}
        # Importing the SDK takes longer than a request waits for the look-up.
        await self._ready_client()
        return await self._thinking.fields(self.model)

    def _is_refused(self, asked: Mapping[str, Any], error: ProviderError) -> bool:
        """Return whether a request failed for what was asked of its thinking, and ask for that no more."""
        if not asked or self._thinking is None or not _ABOUT_THINKING.search(error.detail):
            return False
        self._thinking.forget()
        return True

    async def _reasoning_policy(self, model_id: str) -> ReasoningPolicy | None:
        """Return what a model lets requests choose of its thinking; None where it tells nothing.

        Variants that only choose among hosts (``:nitro``) are no rows of the list: theirs is the model's without them.
        """
        names = tuple(dict.fromkeys((model_id, model_id.partition(":")[0])))
        for name in names:
            path = row_path(name)
            if path is None:
                continue
            try:
                payload = await self._get_json(self._context(name), path)
            except (BadRequest, EndpointNotFound, ModelNotFound):
                continue
            rows = parse_model_list([as_dict(payload).get("data")]).models
            if rows:
                return rows[0].reasoning
        # Not every row can be had alone.
        listing = await asyncio.to_thread(self.read_model_list, await self.fetch_model_list())
        policies = {model.canonical_slug: model.reasoning for model in listing.models}
        policies |= {model.id: model.reasoning for model in listing.models}
        return next((policies[name] for name in names if name in policies), None)

    async def check_key(self) -> KeyInfo:
        """Return the facts of the key from ``GET /key``, which needs a valid key; ``GET /models`` does not.

        Raises:
            AuthenticationFailed: the key is wrong, disabled or expired.
            ProviderError: whatever else went wrong.
        """
        return parse_key_info(await self._get_json(self._context(None), "/key"))

    async def exchange_code(self, code: str, verifier: str) -> str:
        """Return the key for the code of a sign-in; see :meth:`LLMProvider.exchange_code`."""
        context = self._context(None)
        hidden = replace(context, secrets=(*context.secrets, code, verifier))
        request = {"code": code, "code_verifier": verifier, "code_challenge_method": "S256"}
        # A code works once: where the answer is lost, another try could only say that the code is wrong.
        async with self._open(hidden, "POST", "/auth/keys", body=request, repeats=False) as response:
            body = await self._read(hidden, response)
            # The key in use is not taken out of this one answer: it may be the very key that the answer brings.
            answer = error_mapping.decode_object(replace(hidden, secrets=(code, verifier)), body, response.headers)
        key = as_text(answer.get("key"))
        if key is None:
            raise hidden.error(InvalidResponse, reason=InvalidResponse.why_no_key)
        return check_key_form(self.provider_name, self.display_name, key)

    async def list_endpoints(self, model_id: str, *, repeats: bool = True) -> tuple[EndpointInfo, ...]:
        """Return the hosts of a model; see :meth:`LLMProvider.list_endpoints`.

        Raises:
            ModelNotFound: there is no such model, or the id has no author and slug.
        """
        context = self._context(model_id)
        path = endpoints_path(model_id)
        if path is None:
            raise context.error(ModelNotFound, reason=ModelNotFound.why_no_author)
        endpoints = parse_endpoints(await self._get_json(context, path, repeats=repeats))
        if endpoints is None:
            raise context.error(InvalidResponse, reason=InvalidResponse.why_no_hosts)
        return endpoints

    async def generation(self, generation_id: str) -> UsageReport | None:
        """Return tokens and cost of an earlier answer; see :meth:`LLMProvider.generation`."""
        try:
            payload = await self._get_json(self._context(None), "/generation", {"id": generation_id})
        except (EndpointNotFound, ModelNotFound):
            return None
        return answers.parse_generation(payload)
