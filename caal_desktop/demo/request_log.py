"""The log of requests, without secrets, for tests of what is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caal_desktop.demo.http.messages import Request

KEPT = 1000
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_SECRET_FIELDS = frozenset({"code", "code_verifier", "api_key", "key", "openrouter_api_key"})
_KEY_LIKE = re.compile(r"\b(?:sk-|gsk_|AIza)[A-Za-z0-9_-]{6,}")


def mask(secret: str) -> str:
    """Return a secret as the log shows it: equal secrets look equal, and none can be read."""
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"


def _masked_text(text: str) -> str:
    return _KEY_LIKE.sub(lambda match: mask(match[0]), text)


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(part, str(key)) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part) for part in value]
    if isinstance(value, str):
        return mask(value) if name in _SECRET_FIELDS else _masked_text(value)
    return value


def _header(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return _masked_text(value)
    scheme, _, secret = value.partition(" ")
    return f"{scheme} {mask(secret.strip())}" if secret else mask(value)


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first.

        Each has ``method``, ``path``, ``query``, ``headers``, ``key``, ``body``, ``status``, ``fault`` and
        ``closed_by_client``. ``headers`` have their names as they came. ``key`` is the bearer key's mask, or None.
        ``body`` is the JSON that came, or text. ``status`` is None while the request is under way and after the client
        went away.
        """
        return list(self._entries)

    def record(self, request: Request) -> dict[str, Any]:
        """Remember a request; the caller fills in ``status`` and ``fault``."""
        secret = (request.header("Authorization") or "").partition(" ")[2].strip()
        entry: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "query": {name: _masked(value, name) for name, value in request.query.items()},
            "headers": {name: _header(name, value) for name, value in request.headers},
            "key": mask(secret) if secret else None,
            "body": self._body(request.body),
            "status": None,
            "fault": None,
            "closed_by_client": False,
        }
        self._entries.append(entry)
        return entry

    @staticmethod
    def _body(body: bytes) -> Any:
        if not body:
            return None
        try:
            return _masked(json.loads(body))
        except ValueError:
            return _masked_text(body[:2000].decode(errors="replace"))
