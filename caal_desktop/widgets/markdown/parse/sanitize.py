"""Replaces what an answer must not show: control characters, direction overrides, unsafe links.

Answers are untrusted: a model repeats what is in web pages and documents. No Qt here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

_REPLACEMENT = 0xFFFD

_TABLE: dict[int, int | str] = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
_TABLE.update(dict.fromkeys(range(0x7F, 0xA0), _REPLACEMENT))
# Embeddings, overrides and isolates reorder what is read against what is copied ("Trojan Source", CVE-2021-42574).
_TABLE.update(dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), _REPLACEMENT))
# QTextDocument keeps its own structure in these characters; in an answer's text they would forge it.
_TABLE.update({0x2028: " ", 0x2029: " ", 0xFDD0: _REPLACEMENT, 0xFDD1: _REPLACEMENT, 0xFFFC: _REPLACEMENT})

_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0\ufdd1\ufffc\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def neutralise(text: str) -> str:
    r"""Replace what could forge structure or reading order by something visible, one character for one.

    Control characters become their Unicode pictures (``\x1b`` → ``␛``); direction overrides, lone surrogates and
    QTextDocument's internal separators become U+FFFD. Tab and line feed stay.
    """
    if _SUSPECT.search(text) is None:
        return text
    return _SURROGATE.sub("\ufffd", text.translate(_TABLE))


@dataclass(frozen=True, slots=True)
class SafeLink:
    """A link that may be opened once the user has seen where it leads.

    Attributes:
        href: The address to open; ASCII, host in punycode.
        display: What to show as the real target. For an international domain the punycode address is followed by its
            readable host, so that a look-alike cannot pass for the name it imitates.
        host: The ASCII host, or the mail address's domain.
        international: Whether the host has non-ASCII labels.
    """

    href: str
    display: str
    host: str
    international: bool


_MAX_HREF = 4096
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"`{}|^\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ASCII_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}\Z|\[[0-9A-Fa-f:.]+\]\Z")


def safe_link(href: str) -> SafeLink | None:
    """Return the link in its safe form, or None if it must stay plain text.

    Only ``https``, ``http`` and ``mailto`` pass. Addresses with credentials (``https://bank.example@evil.example``)
    are refused: they exist to deceive.
    """
    href = href.strip()
    if len(href) > _MAX_HREF or _FORBIDDEN.search(href):
        return None
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return _safe_mail(parts)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return None
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    ascii_host = _ascii_host(host)
    if ascii_host is None:
        return None
    netloc = ascii_host if port is None else f"{ascii_host}:{port}"
    safe = urlunsplit((parts.scheme, netloc, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment)))
    readable = _readable_host(ascii_host)
    international = readable != ascii_host
    return SafeLink(safe, f"{safe} ({readable})" if international else safe, ascii_host, international)


def _safe_mail(parts: SplitResult) -> SafeLink | None:
    local, at, domain = parts.path.rpartition("@")
    ascii_host = _ascii_host(domain) if at and local else None
    if ascii_host is None:
        return None
    # Only a subject is kept: `attach`, `bcc` and long bodies are ways to make users send what they have not read.
    subject = next((item for item in parts.query.split("&") if item.lower().startswith("subject=")), "")
    safe = f"mailto:{_quoted(local)}@{ascii_host}" + (f"?{_quoted(subject)}" if subject else "")
    readable = _readable_host(ascii_host)
    international = readable != ascii_host
    return SafeLink(safe, f"{safe} ({readable})" if international else safe, ascii_host, international)


def _quoted(text: str) -> str:
    return quote(text, safe="/%:@!$&'()*+,;=?#~[]-._")


def _ascii_host(host: str) -> str | None:
    try:
        ascii_host = host.lower() if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return ascii_host if _ASCII_HOST.match(ascii_host) else None


def _readable_host(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return neutralise(host.encode("ascii").decode("idna"))
    except UnicodeError:
        return host
