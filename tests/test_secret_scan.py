"""The search for secrets finds them in whatever spelling, and nothing else."""

from __future__ import annotations

import base64
import html
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.secret_scan import PART, SecretScan

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-or-" + "v1-" + "0a7f3c9e" * 8
OWN = "Zq7-x_" * 6
NOISE = " ".join(secrets.token_hex(8) for _ in range(500))


def all_escaped(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


SPELLINGS: dict[str, Callable[[str], str | bytes]] = {
    "plain": str,
    "in a sentence": lambda key: f"the key is {key}.",
    "bytes": str.encode,
    "utf-16": lambda key: key.encode("utf-16"),
    "utf-32": lambda key: key.encode("utf-32-be"),
    "backwards": lambda key: key[::-1],
    "hex": lambda key: key.encode().hex(),
    "capital hex": lambda key: key.encode().hex().upper(),
    "base64": lambda key: base64.b64encode(key.encode()),
    "base64 behind one": lambda key: base64.b64encode(b"a" + key.encode()),
    "base64 behind two": lambda key: base64.b64encode(b"ab" + key.encode() + b"cde"),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(f"user:{key}".encode()),
    "base64 in lines": lambda key: base64.encodebytes(b"some words before it " * 4 + key.encode()),
    "quoted for an address": lambda key: quote(f"a/b?{key}"),
    "all of it quoted": all_escaped,
    "JSON": lambda key: json.dumps({"key": f"\n{key}\n"}),
    "JSON with escapes": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "a page": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "a page with names": lambda key: html.escape(f"<{key}>"),
    "in two lines": lambda key: f"{key[:20]}\n{key[20:]}",
    "in pieces": lambda key: f"'{key[:20]}' + '{key[20:]}'".replace(" ", ""),
    "its middle": lambda key: key[12 : 12 + PART],
    "its end": lambda key: key[-PART:],
    "its end in base64": lambda key: base64.b64encode(key[-PART:].encode()),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", [KEY, OWN])
def test_a_secret_is_found_in_every_spelling(key: str, spelling: str) -> None:
    scan = SecretScan({"key": KEY, "own": OWN})
    written = SPELLINGS[spelling](key)
    raw = written.encode() if isinstance(written, str) else written
    found = scan.find(NOISE.encode() + b" " + raw + b" " + NOISE.encode())
    assert {name.split()[0] for name in found} == {"key" if key == KEY else "own"}


def test_what_is_no_secret_is_not_found() -> None:
    scan = SecretScan({"key": KEY, "own": OWN})
    shown_by_the_service = f"{KEY[:12]}...{KEY[-3:]}"
    for text in (NOISE, shown_by_the_service, KEY[9:20], base64.b64encode(NOISE.encode()), NOISE.encode("utf-16"), ""):
        assert scan.find(text) == set()


@pytest.mark.parametrize("key", ["1234567890" * 4, "1234567" * 5 + "a", "0123456789876543210" * 2])
def test_a_secret_of_digits_is_found_as_it_stands(key: str) -> None:
    """Backwards or in rot13 a part of it may be the same."""
    assert SecretScan({"key": key}).find(key) == {"key"}
