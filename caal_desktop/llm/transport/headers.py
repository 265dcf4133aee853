"""Checks of the headers that the user may add to requests."""

from __future__ import annotations

import re
from typing import Final

from caal_desktop.llm.redaction import hide_secrets, holds_secret
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, SourceText

MAX_VALUE_LENGTH: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_RESERVED: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
# Headers are kept among the settings, in plain text, and go to any server that the user names: neither a name that
# stands for a credential is accepted, nor a value that has the form of one. This is the whole rule for names: what is
# harmless is taken out, and then no word may stand for a credential, no word may end in "key" or "token", and no
# unmistakable word may be in it however it is cut. "Tokens" are what models count, and a "session" groups requests.
# Names are compared by their words, since ``X-Access-Key``, ``X_ACCESS.KEY`` and ``accessKey`` mean the same.
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HARMLESS: Final = re.compile(
    # What is a key to data, and opens nothing.
    r"\b(?:cache|dedup|idempotency|partition|route|routing|sort|surrogate)-?keys?\b"
    r"|\b(?:don|hoc|hot|joc|mon|port|tur|whis)keys?\b"
    r"|\b(?:max|min|prompt|completion|reasoning)-token\b|\btoken-(?:budget|count|limit|usage)\b"
    r"|\bpass-through\b|\bauthor(?!i[sz])"
)
_SECRET_WORD: Final = re.compile(
    r"\b(?:creds?|crumb|csrf|mfa|otp|pass|pat|pin|psk|pw|saml|sas|sid|sig|totp|xsrf)\b"
    r"|(?:key|token)(?:id|value)?\b|keys\b|\b(?:access|api|refresh)-?tokens\b"
)
_SECRET_PART: Final = re.compile(
    r"apikey|auth|bearer|cookie|credential|hmac|jwt|macaroon|passcode|passphrase|passw|pwd|secret|signature"
)
_SCHEME: Final = re.compile(r"bearer\s+\S|(?:basic|digest|negotiate|token)\s+[A-Za-z0-9._~+/=-]{8,}\s*$", re.IGNORECASE)
_WEB_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.")  # RFC 7519: both parts are JSON in base64


def check_header(name: str, value: str) -> SourceText:
    """Return why a header cannot be sent, in whole sentences that do not quote its value; "" where it can."""
    if not _NAME.fullmatch(name):
        return QT_TRANSLATE_NOOP("InvalidSetting", "The header has a name that cannot stand in a request.")
    if name.lower() in _RESERVED:
        return QT_TRANSLATE_NOOP("InvalidSetting", "The program itself sets this header.")
    if _is_secret(name):
        return QT_TRANSLATE_NOOP(
            "InvalidSetting", "The header looks like one for a key or a password. Enter a key as the provider's key."
        )
    if _is_credential(value):
        return QT_TRANSLATE_NOOP(
            "InvalidSetting", "The header's value looks like a key or a password. Enter a key as the provider's key."
        )
    if len(value) > MAX_VALUE_LENGTH or not all(" " <= letter <= "~" for letter in value):
        return QT_TRANSLATE_NOOP("InvalidSetting", "The header has a value that cannot stand in a request.")
    return NO_TEXT


def _is_secret(name: str) -> bool:
    """Return whether a header's name stands for a credential, however it is spelled."""
    words = _HARMLESS.sub("", "-".join(_WORD.findall(name)).lower())
    return bool(_SECRET_WORD.search(words) or _SECRET_PART.search(words.replace("-", "")))


def _is_credential(value: str) -> bool:
    return holds_secret(value) or _SCHEME.match(value) is not None or _WEB_TOKEN.search(value) is not None


def shown_header(line: str) -> str:
    """Return a line ``Name: value`` as it may be quoted: without the value where that is a credential."""
    name, colon, value = line.partition(":")
    if not colon or not (_is_secret(name) or _is_credential(value.strip())):
        return hide_secrets(line)
    return hide_secrets(name.strip())


def parse_header(line: str) -> tuple[str, str]:
    """Return name and value of a line ``Name: value``.

    Raises:
        ValueError: the line has no colon.
    """
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError("the line has not the form “Name: value”")
    return name.strip(), value.strip()
