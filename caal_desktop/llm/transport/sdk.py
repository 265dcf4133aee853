"""The SDK and the HTTP library that it stands on: openai 3 on httpx2, or openai 2 on httpx. The one place that chooses.

Both generations have the same names for what is needed here, so the HTTP library is called ``httpx2`` in either case;
where they differ, this module has one name for both.

Importing it takes half a second: import it late, in a worker thread.
"""

from __future__ import annotations

import logging
import os
import platform
import ssl
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Final

import truststore
from openai import VERSION, AsyncOpenAI, AsyncStream, Omit, RequestOptions
from typing_extensions import override

from caal_desktop.llm.transport.certificates import CERTIFICATE_FILE, CERTIFICATE_FOLDER

# By the SDK's version, never by what is there: an environment can have httpx2 beside openai 2, which takes no client
# of it.
IS_MODERN: Final = int(VERSION.partition(".")[0]) >= 3
"""Whether this is openai 3, on httpx2."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2
    from httpx2 import Response
else:
    httpx2 = import_module("httpx2" if IS_MODERN else "httpx")
    Response = httpx2.Response

__all__ = [
    "IS_MODERN",
    "AsyncOpenAI",
    "AsyncStream",
    "Omit",
    "RequestOptions",
    "Response",
    "httpx2",
    "system_tls_context",
    "unlogged",
]

_our_own: ContextVar[bool] = ContextVar("_our_own", default=False)


def system_tls_context() -> ssl.SSLContext:
    """Return a new context that trusts what the system trusts, or the environment in its place.

    Raises:
        OSError: the environment names a file that cannot be used.
        ValueError: the same.
    """
    if IS_MODERN or os.environ.get(CERTIFICATE_FILE) or os.environ.get(CERTIFICATE_FOLDER):
        return httpx2.create_ssl_context()
    # httpx alone would take certifi's list, which knows no company's own authority.
    paths = ssl.get_default_verify_paths()
    if platform.system() not in ("Windows", "Darwin") and (paths.cafile or paths.capath):
        return ssl.create_default_context()  # truststore reads the whole store again for each connection
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep the bodies of the requests that are made in the meantime out of the SDK's log."""
    token = _our_own.set(True)
    try:
        yield
    finally:
        _our_own.reset(token)


class _BodyFilter(logging.Filter):
    """Drops the records with which openai 2 tells each request's whole body at DEBUG, as far as they are of this layer.

    Those of anything else in the process that uses the SDK stay.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not (_our_own.get() and str(record.msg).startswith("Request options"))


if not IS_MODERN:
    logging.getLogger("openai._base_client").addFilter(_BodyFilter())
