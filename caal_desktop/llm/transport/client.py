"""The SDK's client, built so that it sends nothing but the request.

The SDK reads ``OPENAI_*`` variables and sends some of them to any server: another account's organisation, project or
keys, or headers with credentials. Here the values that every release takes are given, so that none is looked up; the
headers, the key's included, are the provider's own; and the HTTP client removes every other header.

This module imports the SDK, which takes half a second: import it late, in a worker thread.
"""

from __future__ import annotations

import os
import ssl
import threading
from typing import TYPE_CHECKING, Any, Final, Literal

from typing_extensions import override

from caal_desktop.llm.transport.address import host_of, is_loopback
from caal_desktop.llm.transport.certificates import CERTIFICATE_FILE, CERTIFICATE_FOLDER, load_bundle
from caal_desktop.llm.transport.network import NetworkOptions, ProxyMode, Timeouts
from caal_desktop.llm.transport.sdk import (
    AsyncOpenAI,
    AsyncStream,
    Omit,
    httpx2,
    system_tls_context,
    unlogged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.transport.sdk import RequestOptions

MAX_ERROR_BODY: Final = 256 * 1024
"""Bytes that are read of an answer that is an error."""
_NO_KEY: Final = "none"  # the SDK requires a key
_OWN_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)
_ssl_lock = threading.Lock()
_ssl_contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}


def tls_context(network: NetworkOptions | None = None) -> ssl.SSLContext:
    """Return the TLS context, shared by clients that trust the same certificates: reading these is slow.

    Raises:
        BundleError: a file of certificates cannot be read, or holds none.
    """
    if network is not None and not network.trust_system:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if network.ca_bundle:
            load_bundle(context, network.ca_bundle)
        return context
    if network is not None and network.ca_bundle:
        # A context of its own: the shared one must not trust these authorities.
        context = _system_context()
        load_bundle(context, network.ca_bundle)
        return context
    place = os.environ.get(CERTIFICATE_FILE), os.environ.get(CERTIFICATE_FOLDER)
    with _ssl_lock:
        if place not in _ssl_contexts:
            _ssl_contexts[place] = _system_context()
        return _ssl_contexts[place]


def _system_context() -> ssl.SSLContext:
    """Return a new context that trusts what the system trusts, or the environment in its place.

    Raises:
        BundleError: the environment names a file that cannot be used.
    """
    try:
        return system_tls_context()
    except (OSError, ValueError):
        if path := os.environ.get(CERTIFICATE_FILE):
            load_bundle(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path, variable=CERTIFICATE_FILE)  # says why not
        raise


class BodyTooLongError(ValueError):
    """A body is longer than the caller accepts."""


async def read_bounded(response: httpx2.Response, limit: int) -> bytes:
    """Return a streamed response's decoded body.

    Raises:
        BodyTooLongError: it has more than ``limit`` bytes.
    """
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > limit:
            raise BodyTooLongError
        pieces.append(piece)
    return b"".join(pieces)


class _HTTPClient(httpx2.AsyncClient):
    """Removes headers that are not the provider's, and bounds what is read of an error's body.

    A proxy that speaks https is trusted by the same authorities as a server; the library's own choice would leave the
    settings' file out.
    """

    def __init__(self, own_headers: frozenset[str], **options: Any) -> None:
        super().__init__(**options)
        self._own_headers = own_headers

    @override
    def _init_proxy_transport(
        self, proxy: httpx2.Proxy, verify: Any = True, *args: Any, **options: Any
    ) -> httpx2.AsyncBaseTransport:
        if proxy.url.scheme == "https":
            proxy.ssl_context = verify
        return super()._init_proxy_transport(proxy, verify, *args, **options)

    @override
    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        for name in list(request.headers):
            if name.lower() not in self._own_headers:
                del request.headers[name]
        response = await super().send(request, **{**options, "follow_redirects": False})
        self.cookies.clear()  # no provider needs cookies
        if response.is_success or response.is_closed:
            return response
        body = b""
        try:
            async for piece in response.aiter_bytes(16 * 1024):
                body += piece
                if len(body) > MAX_ERROR_BODY:
                    break
        except httpx2.HTTPError:
            pass  # the status says more than the broken body
        finally:
            await response.aclose()
        encoded = ("content-encoding", "content-length", "transfer-encoding")
        headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in encoded]
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)


class _SDKClient(AsyncOpenAI):
    """The SDK's client with the provider's headers alone."""

    def __init__(self, headers: Mapping[str, str], **options: Any) -> None:
        self._provider_headers = dict(headers)
        super().__init__(**options)

    @property
    @override
    def default_headers(self) -> dict[str, str | Omit]:
        return dict(self._provider_headers)


class Client:
    """Sends requests to one server, and returns raw responses.

    No connection is opened by the constructor, which may run in any thread.

    Args:
        base_url: the address that paths are relative to.
        api_key: sent in the ``Authorization`` header; None for none.
        headers: the provider's headers.
        user_agent: the ``User-Agent`` header.
        timeouts: how long to wait.
        network: proxy and certificates.

    Raises:
        Exception: whatever an unusable certificate file or proxy causes in the layers below.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        headers: Mapping[str, str],
        user_agent: str,
        timeouts: Timeouts,
        network: NetworkOptions | None = None,
    ) -> None:
        timeout = httpx2.Timeout(
            connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.connect
        )
        host = host_of(base_url)
        # Requests to this machine must not pass a proxy, which could read the key.
        local = is_loopback(host)
        network = network or NetworkOptions()
        proxy = None
        if network.proxy is not None and not local:
            auth = (network.proxy_user, network.proxy_password) if network.proxy_user else None
            proxy = httpx2.Proxy(network.proxy, auth=auth)
        http_client = _HTTPClient(
            _OWN_HEADERS | {name.lower() for name in headers},
            base_url=base_url,
            timeout=timeout,
            verify=tls_context(network),
            proxy=proxy,
            trust_env=not local and network.proxy_mode is ProxyMode.SYSTEM,
            follow_redirects=False,
        )
        # Given with each request: from which of its own properties the SDK takes it differs between its releases.
        self._authorization = Omit() if api_key is None else f"Bearer {api_key}"
        own = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": user_agent, **headers}
        self._sdk = _SDKClient(
            own,
            api_key=_NO_KEY,
            base_url=base_url,
            # Empty texts, since None would be looked up in the environment.
            organization="",
            project="",
            webhook_secret="",
            timeout=timeout,
            max_retries=0,
            http_client=http_client,
        )

    async def send(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
    ) -> httpx2.Response:
        """Send one request.

        Args:
            method: the HTTP method.
            path: relative to the base URL, or a whole URL on the same server.
            body: becomes JSON.
            params: query parameters.
            accept: the ``Accept`` header.

        Returns:
            The response. Its body has not been read; the caller closes it.

        Raises:
            Exception: of the SDK or of the layers below;
                :func:`~caal_desktop.llm.transport.error_mapping.error_from_exception` understands them.
        """
        options: RequestOptions = {"headers": {"Accept": accept, "Authorization": self._authorization}}
        if params:
            options["params"] = dict(params)
        stream_cls = AsyncStream[object]
        with unlogged():
            if method == "GET":
                answer: Any = await self._sdk.get(
                    path, cast_to=httpx2.Response, options=options, stream=True, stream_cls=stream_cls
                )
            else:
                answer = await self._sdk.post(
                    path, cast_to=httpx2.Response, body=body, options=options, stream=True, stream_cls=stream_cls
                )
        response: httpx2.Response = answer
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._sdk.close()


def warm_up() -> None:
    """Import what the SDK imports late, and build a client that is not used; see :func:`caal_desktop.llm.warm_up`.

    Raises:
        Exception: whatever unusable certificates cause in the layers below.
    """
    _SDKClient({}, api_key=_NO_KEY, base_url="https://localhost", http_client=httpx2.AsyncClient(verify=tls_context()))
