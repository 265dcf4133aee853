"""One try to sign in: its secrets, and the address that the browser is sent to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

_CODE = re.compile(r"[A-Za-z0-9._~+/=-]{4,512}")


class CodeRefusedError(ValueError):
    """What was brought back holds no code of this try; the message says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one try. None of them is stored anywhere.

    Attributes:
        verifier: proves at the exchange that whoever brings the code also began; leaves the process only there.
        token: the unguessable path of the callback. There is no ``state`` in OpenRouter's protocol: this stands for it.
    """

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's digest, by the method S256 (RFC 7636, section 4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def callback_url(self, port: int) -> str:
        """Where the browser comes back to. By number: ``localhost`` may be another address for the browser."""
        return f"http://127.0.0.1:{port}/{self.token}"

    def sign_in_url(self, api_url: str, port: int) -> str:
        """The page that asks the person.

        Args:
            api_url: OpenRouter's base URL (``https://openrouter.ai/api/v1``), or the one that stands for it.
            port: where :class:`CallbackServer` listens.
        """
        parts = urlsplit(api_url)
        query = {
            "callback_url": self.callback_url(port),
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return urlunsplit((parts.scheme, parts.netloc, "/auth", urlencode(query), ""))

    def is_ours(self, path: str) -> bool:
        """Whether a callback's path is this try's."""
        return hmac.compare_digest(path.encode(errors="replace"), f"/{self.token}".encode())

    def code_in(self, text: str) -> str:
        """The code in what a person pasted: the code alone, or the whole address at which the browser ended.

        Raises:
            CodeRefusedError: it holds none, or belongs to another try.
        """
        text = text.strip()
        if "://" in text or text.startswith("127.0.0.1"):
            try:
                parts = urlsplit(text if "://" in text else f"http://{text}")
            except ValueError:
                raise CodeRefusedError("this is no address") from None
            if not self.is_ours(parts.path):
                raise CodeRefusedError("this address belongs to another sign-in")
            codes = parse_qs(parts.query).get("code", [])
            if len(codes) != 1:
                raise CodeRefusedError("this address holds no code")
            text = codes[0]
        if not is_code(text):
            raise CodeRefusedError("this is no sign-in code")
        return text


def is_code(text: str) -> bool:
    """Whether a text may be a code."""
    return _CODE.fullmatch(text) is not None
