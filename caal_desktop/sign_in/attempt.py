"""One attempt to sign in: its secrets, and the address that the browser is sent to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from caal_desktop.llm.translation import SourceText

KEY_LABEL: Final = "CAAL Desktop"
"""What the key is called on the account's page, where it would be "localhost:PORT" without that."""

_CODE = re.compile(r"[A-Za-z0-9._~+/=-]{4,512}")


class CodeRefusedError(ValueError):
    """A text holds no code of this attempt.

    Attributes:
        reason: why, in a sentence that does not quote the text.
    """

    def __init__(self, reason: SourceText) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one attempt; they are never stored.

    Attributes:
        verifier: proves at the exchange that the sign-in was begun by the same process; sent there alone.
        token: the unguessable path of the callback. OpenRouter's protocol has no ``state``; this takes its place.
    """

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's digest, by the method S256 (RFC 7636, section 4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def callback_url(self, port: int) -> str:
        """Return the address to which the browser comes back.

        Args:
            port: the port of :class:`~caal_desktop.sign_in.callback_server.CallbackServer`.
        """
        # By number: the browser may take ``localhost`` for another address.
        return f"http://127.0.0.1:{port}/{self.token}"

    def sign_in_url(self, api_url: str, port: int | None = None) -> str:
        """Return the address of the page that asks the user.

        Args:
            api_url: OpenRouter's base URL (``https://openrouter.ai/api/v1``), or the one that stands for it.
            port: the port of :class:`~caal_desktop.sign_in.callback_server.CallbackServer`; None where the browser need
                not come back, as on another device: the page then shows a code, which is good for ten minutes.
        """
        parts = urlsplit(api_url)
        query = {} if port is None else {"callback_url": self.callback_url(port)}
        query |= {"code_challenge": self.challenge, "code_challenge_method": "S256", "key_label": KEY_LABEL}
        return urlunsplit((parts.scheme, parts.netloc, "/auth", urlencode(query), ""))

    def has_path(self, path: str) -> bool:
        """Return whether a callback's path belongs to this attempt."""
        return hmac.compare_digest(path.encode(errors="replace"), f"/{self.token}".encode())

    def code_in(self, text: str) -> str:
        """Return the code in what a user pasted.

        Args:
            text: the code alone, or the whole address at which the browser ended.

        Raises:
            CodeRefusedError: it holds none, or belongs to another attempt.
        """
        # What was copied from a narrow page may be broken into lines.
        text = "".join(line.strip() for line in text.splitlines())
        if text.startswith("sk-"):
            raise CodeRefusedError(QT_TRANSLATE_NOOP("SignIn", "This is a key, and no code. Paste it as a key."))
        if "://" in text or text.startswith("127.0.0.1"):
            try:
                parts = urlsplit(text if "://" in text else f"http://{text}")
            except ValueError:
                raise CodeRefusedError(QT_TRANSLATE_NOOP("SignIn", "This is not an address.")) from None
            if not self.has_path(parts.path):
                raise CodeRefusedError(QT_TRANSLATE_NOOP("SignIn", "This address belongs to another sign-in."))
            codes = parse_qs(parts.query).get("code", [])
            if len(codes) != 1:
                raise CodeRefusedError(QT_TRANSLATE_NOOP("SignIn", "This address holds no code."))
            text = codes[0]
        if not is_code(text):
            raise CodeRefusedError(QT_TRANSLATE_NOOP("SignIn", "This is not a sign-in code."))
        return text


def is_code(text: str) -> bool:
    """Return whether a text has the form of a code."""
    return _CODE.fullmatch(text) is not None
