"""Looks for secrets in whatever was stored, sent, shown or said: whole or in part, in every usual spelling."""

from __future__ import annotations

import base64
import codecs
import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PART: Final = 12
"""The shortest part of a secret, in characters, that counts as one."""

# What every key of a provider begins with, and what its masked form may show, is no secret.
_PUBLIC = re.compile(r"^(?:sk-or-v1-)?")

# Of a part in base64 these characters are the same wherever the part stands in the text.
_BASE64_CORE: Final = 14
_JSON_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")
_BROKEN = re.compile(rb"[\r\n\"'+\\]+")
# Secrets are made of these alone: nothing else needs to be looked at letter by letter.
_RUN = re.compile(rb"[A-Za-z0-9_\-]+")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]+")


class SecretScan:
    """Finds secrets.

    Args:
        secrets: names and texts, each of :data:`PART` or more letters, digits, hyphens and underscores.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._plain: dict[bytes, str] = {}
        self._base64: dict[bytes, str] = {}
        self._hex: dict[bytes, str] = {}
        for name, secret in secrets.items():
            own = _PUBLIC.sub("", secret)
            assert len(own) >= PART, name
            assert _RUN.fullmatch(secret.encode()), name
            for start in range(len(own) - PART + 1):
                part = own[start : start + PART]
                self._plain[part.encode("ascii")] = name
                # A part of digits alone is the same in rot13.
                self._plain.setdefault(part[::-1].encode("ascii"), f"{name} backwards")
                self._plain.setdefault(codecs.encode(part, "rot13").encode("ascii"), f"{name} in rot13")
                self._hex[part.encode("ascii").hex().encode("ascii")] = f"{name} in hex"
                for shift in range(3):
                    self._base64[_core_of_base64(part, shift)] = f"{name} in base64"

    def find(self, data: bytes | str) -> set[str]:
        """Return which secrets are in it, and in what spelling."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        found = {name for view in _views(raw) for name in _parts_in(view, _RUN, self._plain, PART)}
        found |= set(_parts_in(raw.lower(), _RUN, self._hex, 2 * PART))
        for view in {raw, raw.replace(b"\0", b""), raw.replace(b"\n", b"").replace(b"\\n", b"")}:
            standard = view.replace(b"-", b"+").replace(b"_", b"/")
            found |= set(_parts_in(standard, _BASE64_RUN, self._base64, _BASE64_CORE))
        return found


def _parts_in(data: bytes, run: re.Pattern[bytes], parts: Mapping[bytes, str], length: int) -> Iterator[str]:
    for match in run.finditer(data):
        for start in range(match.start(), match.end() - length + 1):
            name = parts.get(data[start : start + length])
            if name is not None:
                yield name


def _views(raw: bytes) -> Iterator[bytes]:
    """Yield the data as it is, and as it reads with the usual escapes taken out."""
    seen = set()
    for view in (
        raw,
        # UTF-16 and UTF-32, and lists of texts as a process has its arguments.
        raw.replace(b"\0", b""),
        unquote_to_bytes(raw) if b"%" in raw else raw,
        _JSON_ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), raw) if b"\\u" in raw else raw,
        html.unescape(raw.decode("latin-1")).encode("utf-8") if b"&" in raw else raw,
        # Wrapped, or put together of pieces in quotation marks.
        _BROKEN.sub(b"", raw),
    ):
        if view not in seen:
            seen.add(view)
            yield view


def _core_of_base64(part: str, shift: int) -> bytes:
    """Return what is the same of a part in base64 whatever stands before it.

    Args:
        part: the part.
        shift: how many bytes of a group of three stand before it.
    """
    encoded = base64.b64encode(b"\0" * shift + part.encode("ascii"))
    # The groups' first characters hold bits of what is before, the last one of what is behind.
    first = {0: 0, 1: 2, 2: 3}[shift]
    return encoded[first : first + _BASE64_CORE]
