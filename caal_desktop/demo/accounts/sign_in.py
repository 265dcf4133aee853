"""Sign-in with PKCE: the consent request, the code, and its exchange for a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from caal_desktop.demo.accounts.keys import demo_key
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.pseudorandom import token_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CODE_LIFETIME_S = 600.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
METHODS = ("S256", "plain")


class ConsentError(ValueError):
    """The consent page cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code was issued for, until it is exchanged."""

    challenge: str
    method: str
    expires: float


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What an app asks for when it opens the sign-in page.

    Attributes:
        callback_url: where the browser goes back to; "" shows the code on a page.
        challenge, method: those of PKCE.
        key_label: what the key is to be called.
    """

    callback_url: str
    challenge: str = ""
    method: str = ""
    key_label: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> ConsentRequest:
        """Return the request in a page's query or form.

        Raises:
            ConsentError: the callback is not an http address on loopback, the method is unknown, or a code that is to
                be shown would be good for everybody who sees it.
        """
        callback = query.get("callback_url", "")
        shows_code = "callback_url" not in query
        try:
            parts = urlsplit(callback)
            good = parts.scheme == "http" and parts.hostname in LOOPBACK and (parts.port is None or parts.port > 0)
            # It goes into a header as it is.
            good = good and callback.isascii() and callback.isprintable()
        except ValueError:
            good = False
        if not good and not shows_code:
            raise ConsentError("The demo redirects only to an http address on this computer.")
        challenge = query.get("code_challenge", "")
        # OpenRouter takes a challenge without a method for a plain one.
        method = query.get("code_challenge_method", "") or ("plain" if challenge else "")
        if method and method not in METHODS:
            raise ConsentError("The code challenge method is neither S256 nor plain.")
        if shows_code and method != "S256":
            raise ConsentError("Without a callback the demo wants a code challenge with the method S256.")
        return cls(callback, challenge, method, query.get("key_label", ""))


def _with(url: str, **added: str) -> str:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return urlunsplit(parts._replace(query=urlencode([*query, *added.items()])))


class SignIn:
    """Issues authorization codes and exchanges them for a key.

    Args:
        clock: seconds on a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def reset(self) -> None:
        """Forget all codes."""
        self._grants.clear()

    def allow(self, request: ConsentRequest) -> str:
        """Return the address to send the browser to after "Allow", with a fresh code."""
        return _with(request.callback_url, code=self.issue(request))

    def issue(self, request: ConsentRequest) -> str:
        """Return a fresh code, after "Allow"."""
        code = f"auth_code_{secrets.token_hex(16)}"
        self._grants[code] = Grant(request.challenge, request.method, self._clock() + CODE_LIFETIME_S)
        return code

    def deny(self, request: ConsentRequest) -> str:
        """Return the address to send the browser to after "Deny" (as in RFC 6749; OpenRouter documents none)."""
        return _with(request.callback_url, error="access_denied", error_description="The request was denied.")

    def exchange(self, body: object) -> dict[str, Any]:
        """Return the body of a good answer to ``POST /auth/keys``. A code can be tried once.

        Raises:
            ApiError: 400 for a malformed request or another method, 403 for a wrong code or verifier.
        """
        if not isinstance(body, dict) or not isinstance(body.get("code"), str):
            raise ApiError(400, "Invalid request parameters: code is required")
        method, verifier = body.get("code_challenge_method"), body.get("code_verifier")
        if method is not None and method not in METHODS:
            raise ApiError(400, "Invalid code_challenge_method")
        if verifier is not None and not isinstance(verifier, str):
            raise ApiError(400, "Invalid request parameters: code_verifier is not text")
        grant = self._grants.pop(body["code"], None)
        if grant is None or grant.expires < self._clock():
            raise ApiError(403, "Invalid code or code_verifier")
        if grant.challenge:
            if method is not None and method != grant.method:
                raise ApiError(400, "Invalid code_challenge_method")
            if not verifier or not hmac.compare_digest(_challenge(verifier, grant.method), grant.challenge.encode()):
                raise ApiError(403, "Invalid code or code_verifier")
        return {"key": demo_key("signed_in"), "user_id": f"user_{token_hex(26, 'demo user')}"}


def _challenge(verifier: str, method: str) -> bytes:
    """Return the challenge of a verifier (RFC 7636, section 4.2)."""
    raw = verifier.encode(errors="replace")
    if method == "plain":
        return raw
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=")
