"""The base of every client: one server, to which requests are sent and whose streamed answers are read."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from caal_desktop import __version__
from caal_desktop.llm.base import LLMProvider
from caal_desktop.llm.echoes import hide_echoes
from caal_desktop.llm.errors import (
    CertificateRejected,
    ConfigurationError,
    EmptyAnswer,
    InvalidResponse,
    ProviderError,
    SDKUnusable,
)
from caal_desktop.llm.errors.base import THE_SERVER
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.events import StreamStarted, UsageReport, Waiting
from caal_desktop.llm.fields import as_text
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.streaming.answers import token_usage
from caal_desktop.llm.streaming.reader import MAX_BODY_BYTES, read_events
from caal_desktop.llm.streaming.turns import StreamedAnswer, settle
from caal_desktop.llm.transport import error_mapping
from caal_desktop.llm.transport.address import check_base_url, check_key_form, location_of
from caal_desktop.llm.transport.headers import check_header
from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
from caal_desktop.llm.transport.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from caal_desktop.llm.base import LLMResponse, ToolCall
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.models.info import ModelList
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.streaming.reader import LineTranslator
    from caal_desktop.llm.transport.client import Client
    from caal_desktop.llm.transport.sdk import Response

OWN_ADDRESS: Final = "own"
"""Stands for the address in the descriptor."""
USER_AGENT: Final = f"caal-desktop/{__version__}"
_FIXED_FIELDS: Final = frozenset({"messages", "stream", "stream_options", "tools"})
_SDK_ONLY: Final = frozenset({"extra_headers", "extra_query", "timeout"})


def refuse_fixed_fields(options: Mapping[str, Any]) -> None:
    """Raise a TypeError where a call's options have what is none, but decided by the method that is called."""
    unknown = options.keys() & (_SDK_ONLY | _FIXED_FIELDS)
    if unknown:
        raise TypeError(f"not an option of a call: {', '.join(sorted(unknown))}")


class HTTPProvider(LLMProvider):
    """A model on one server; what is sent to it, and what its answers mean, is the subclasses' matter.

    The key is optional. It is sent in the ``Authorization`` header, to the server's own address alone: redirects are
    not followed, and plain ``http`` is for this machine and private networks
    (:func:`~caal_desktop.llm.transport.address.check_base_url`).

    Attributes:
        descriptor: what is known about the provider; says what differs between the classes.
        fixed_headers: headers of every request.
        base_url: the address that requests are sent to, without a slash at its end.
    """

    provider_name: str = ""
    model: str = ""
    descriptor: ProviderDescriptor
    fixed_headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        model: str | None,
        base_url: str,
        api_key: str | None,
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
            base_url: the address; :data:`OWN_ADDRESS` for the descriptor's.
            api_key: the key; None or "" for a server that needs none.
            timeouts: see :class:`Timeouts`.
            max_retries: attempts after the first one; takes the place of the policy's own number.
            retry_policy: see :class:`RetryPolicy`.
            network: proxy and certificates.
            headers: further headers that the server needs; see :mod:`caal_desktop.llm.transport.headers`.

        Raises:
            ConfigurationError: (a ValueError) the model, the address, the key or a header cannot be used.
        """
        if base_url == OWN_ADDRESS:
            base_url = self.descriptor.base_url
        self.provider_name = self.descriptor.name
        self.display_name = self._display_name(base_url)
        is_needed = model is None or not self.descriptor.model_optional
        if model is None:
            model = self.descriptor.default_model
        if is_needed and not model.strip():
            raise ConfigurationError(
                self.provider_name, params={"provider": self.display_name}, reason=ConfigurationError.why_no_model
            )
        self.model = model.strip()
        self._api_key = check_key_form(self.provider_name, self.display_name, api_key) if api_key else None
        self.base_url = self._check_base_url(base_url, has_key=self._api_key is not None)
        self._timeouts = timeouts or Timeouts()
        policy = retry_policy or RetryPolicy()
        if max_retries is not None:
            policy = replace(policy, max_retries=max_retries)
        self._retry_policy = policy
        self._network = network or NetworkOptions()
        self._extra_headers = self._checked_headers(headers or {})
        self._calling: LLMResponse | None = None
        self._client: Client | None = None
        self._client_lock = threading.Lock()
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model!r}, base_url={self.base_url!r})"

    # --- what differs between the providers -----------------------------------------------------------------------

    def _display_name(self, base_url: object) -> str:
        return (location_of(base_url) if isinstance(base_url, str) else "") or THE_SERVER

    def _check_base_url(self, base_url: object, *, has_key: bool) -> str:
        return check_base_url(self.provider_name, self.display_name, base_url, has_key=has_key)

    def _headers(self) -> dict[str, str]:
        return {**self.fixed_headers, **self._extra_headers}

    def _checked_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if reason := check_header(name, value):
                raise ConfigurationError(
                    self.provider_name,
                    params={"provider": self.display_name, "header": name, "reason": reason},
                    reason=ConfigurationError.why_header,
                )
        return dict(headers)

    # --- the client -----------------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Import the SDK and build the HTTP client, so that the first request need not wait for that.

        Blocks for up to a second: call it in a worker thread. Needs no event loop and opens no connection.

        Raises:
            SDKUnusable: the SDK is missing, or cannot be imported.
            NetworkSettingsInvalid: the machine's certificate or proxy settings cannot be used.
        """
        with self._client_lock:
            if self._client is not None or self._closed:
                return
            made = self._made_client()
            if not isinstance(made, ProviderError):
                self._client = made
                return
        raise made

    def _made_client(self) -> Client | ProviderError:
        """Return a client, or why there can be none; not raised here, so that the error is chained to no other."""
        context = self._context(None)
        try:
            from caal_desktop.llm.transport.client import Client
        except Exception as cause:  # a package that is damaged raises whatever it likes
            return context.error(SDKUnusable, f"{type(cause).__name__}: {cause}")
        try:
            return Client(self.base_url, self._api_key, self._headers(), USER_AGENT, self._timeouts, self._network)
        except Exception as cause:
            return error_mapping.error_from_setup(context, cause)

    async def _ready_client(self) -> Client:
        if self._client is None and not self._closed:
            await asyncio.get_running_loop().run_in_executor(None, self.warm_up)
        if self._client is None or self._closed:
            raise self._context(None).error(ConfigurationError, reason=ConfigurationError.why_closed)
        return self._client

    async def prepare(self) -> None:
        """Import the SDK and build the HTTP client, in a worker thread; see :meth:`LLMProvider.prepare`."""
        with suppress(ProviderError):
            await self._ready_client()

    async def aclose(self) -> None:
        """Close every connection. The provider cannot be used afterwards."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _context(self, model: str | None) -> RequestContext:
        return RequestContext(
            self.provider_name,
            self.display_name,
            location_of(self.base_url),
            model,
            (self._api_key,),
            self._timeouts.read,
            routes=self.descriptor.can(Capability.ROUTING),
            has_own_interface=self.descriptor.has_own_interface,
        )

    @asynccontextmanager
    async def _open(
        self,
        context: RequestContext,
        method: Literal["GET", "POST"],
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        repeats: bool = True,
    ) -> AsyncIterator[Response]:
        """Send a request, again where that may help and ``repeats`` allows it, and yield its response.

        The response's body has not been read.
        """
        async with aclosing(self._attempts(context, method, path, body, params, repeats=repeats)) as attempts:
            async for step in attempts:
                if not isinstance(step, Waiting):
                    yield step

    async def _attempts(
        self,
        context: RequestContext,
        method: Literal["GET", "POST"],
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
        repeats: bool = True,
    ) -> AsyncGenerator[Waiting | Response, None]:
        """Yield each pause before another attempt, and then the response, which is closed afterwards."""
        client = await self._ready_client()
        failed: list[int | None] = []
        while True:
            try:
                response = await client.send(method, path, body, params, accept=accept)
            except Exception as cause:
                error = error_mapping.error_from_exception(context, cause)
            else:
                try:
                    yield response
                finally:
                    await response.aclose()
                return
            # Outside the except block, so that the error is not chained to one that holds the request with the key.
            delay = self._retry_policy.delay(error, len(failed), failed) if repeats else None
            if delay is None:
                if isinstance(error, CertificateRejected):
                    error = await self._explained(error)
                raise error
            failed.append(error.status)
            yield Waiting(delay, error.status, len(failed), is_asked=error.retry_after is not None)
            await asyncio.sleep(delay)

    async def _explained(self, error: CertificateRejected) -> ProviderError:
        """Return the error with what can be found out about the certificate: its issuer, its names."""
        from caal_desktop.llm.transport.issuer import explained

        context = self._context(None)
        return await asyncio.get_running_loop().run_in_executor(
            None, explained, error, context, self.base_url, self._network
        )

    async def _get_json(
        self,
        context: RequestContext,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        repeats: bool = True,
    ) -> object:
        async with self._open(context, "GET", path, params=params, repeats=repeats) as response:
            return error_mapping.decode_json(context, await self._read(context, response), response.headers)

    async def _read(self, context: RequestContext, response: Response) -> bytes:
        """Return the body of a good response."""
        from caal_desktop.llm.transport.client import BodyTooLongError, read_bounded

        try:
            return await read_bounded(response, MAX_BODY_BYTES)
        except BodyTooLongError:
            error = context.error(InvalidResponse, reason=InvalidResponse.why_too_long)
        except Exception as cause:
            error = error_mapping.error_from_exception(context, cause, streaming=True)
        raise error

    # --- a streamed answer ----------------------------------------------------------------------------------------

    async def _streamed(
        self,
        context: RequestContext,
        path: str,
        body: Mapping[str, Any],
        accept: str,
        translator: LineTranslator | None = None,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Send a request and yield the events of its answer, and before them each pause; keep what it took."""
        self._last_usage = None
        async with aclosing(self._attempts(context, "POST", path, body, accept=accept)) as attempts:
            async for step in attempts:
                if isinstance(step, Waiting):
                    yield step
                    continue
                yield StreamStarted(as_text(hide_echoes(step.headers.get("x-generation-id", ""), context.secrets)))
                async with aclosing(read_events(context, step, translator)) as events:
                    async for event in events:
                        if isinstance(event, UsageReport):
                            # Before the event goes out: whoever stops there has it all the same.
                            self._last_usage = token_usage(event)
                        yield event

    async def _pieces(
        self,
        answer: StreamedAnswer,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        on_waiting: Callable[[Waiting], object] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[str, None]:
        """Stream one answer, and yield what can be said of it."""
        async with aclosing(self.stream_events(messages, tools, **kwargs)) as events:
            async for event in events:
                if isinstance(event, Waiting) and on_waiting is not None:
                    on_waiting(event)
                if text := answer.feed(event):
                    yield text
        if text := answer.finish():
            yield text

    async def _texts(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Yield the text of one answer.

        Raises:
            EmptyAnswer: it has none.
            InvalidResponse: it is the call of a tool, written as text.
            ProviderError: whatever else went wrong.
        """
        answer = StreamedAnswer(tools)
        async with aclosing(self._pieces(answer, messages, tools, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece
        if not answer.has_text:
            context = self._context(kwargs.get("model") or self.model)
            raise (
                error_mapping.garbled_call(context, answer.attempt) if answer.attempt else context.error(EmptyAnswer)
            )

    async def stream_turn(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        on_waiting: Callable[[Waiting], object] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[str | LLMResponse, None]:
        """Stream one answer of a turn in one request; see :meth:`LLMProvider.stream_turn`."""
        answer = StreamedAnswer(tools)
        async with aclosing(self._pieces(answer, messages, tools, on_waiting, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece
        if answer.broken_call:
            raise error_mapping.garbled_call(self._context(kwargs.get("model") or self.model), answer.broken_call)
        yield self._remembered(answer.response())

    def _settled(
        self, context: RequestContext, answer: LLMResponse, tools: Sequence[Mapping[str, Any]] | None
    ) -> LLMResponse:
        """Return a whole answer, parted from the calls and thoughts that are written into its text.

        Raises:
            InvalidResponse: a call is written there in a form that cannot be read.
        """
        self._last_usage = answer.usage
        if broken := settle(answer, tools):
            raise error_mapping.garbled_call(context, broken)
        return self._remembered(answer)

    def _remembered(self, answer: LLMResponse) -> LLMResponse:
        """Return an answer, and keep it where it calls tools: its calls go back with what was thought before them."""
        if answer.tool_calls:
            self._calling = answer
        return answer

    def _answer_with(self, tool_calls: Sequence[ToolCall]) -> LLMResponse | None:
        """Return the newest answer that calls tools, where these calls are its own."""
        answer = self._calling
        if answer is None or {call.id for call in answer.tool_calls}.isdisjoint(call.id for call in tool_calls):
            return None
        return answer

    def read_model_list(self, payload: object) -> ModelList:
        """Return the models of such an answer; see :meth:`LLMProvider.read_model_list`."""
        listing = parse_model_list(payload)
        if not listing.recognized:
            raise self._context(None).error(InvalidResponse, reason=InvalidResponse.why_no_models)
        return listing
