"""What the keys of different services look like, and where in a text something of that look begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENROUTER_PREFIX = "sk-or-v1-"
OPENROUTER_DIGITS = 64

# A text of a megabyte may consist of beginnings of keys; nobody pastes this many on purpose.
_MAX_CANDIDATES = 1000

PROVIDER_NAMES = {
    "openrouter": "OpenRouter",
    "groq": "Groq",
    "openai_compatible": "your own server",
    "ollama": "Ollama",
}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service whose keys are recognised by their beginning.

    Attributes:
        name: for people.
        prefix: what the key begins with.
        body: the least number of characters that follow.
        provider: this program's name for the service; None where it has none.
    """

    name: str
    prefix: str
    body: int
    provider: str | None = None


OPENROUTER = Vendor("OpenRouter", "sk-or-", 20, "openrouter")
GROQ = Vendor("Groq", "gsk_", 40, "groq")
_DEEPSEEK = Vendor("DeepSeek", "sk-", 32)
_OPENAI_LEGACY = Vendor("OpenAI", "sk-", 20)

_VENDORS = (
    OPENROUTER,
    GROQ,
    Vendor("Anthropic", "sk-ant-", 20),
    Vendor("OpenAI", "sk-proj-", 20),
    Vendor("OpenAI", "sk-svcacct-", 20),
    Vendor("OpenAI", "sk-admin-", 20),
    _OPENAI_LEGACY,
    Vendor("Google", "AIza", 30),
    Vendor("xAI", "xai-", 20),
    Vendor("Hugging Face", "hf_", 20),
    Vendor("Perplexity", "pplx-", 20),
    Vendor("Replicate", "r8_", 20),
    Vendor("NVIDIA", "nvapi-", 20),
    Vendor("Cerebras", "csk-", 20),
    Vendor("Fireworks", "fw_", 16),
    Vendor("ElevenLabs", "sk_", 20),
    Vendor("GitHub", "ghp_", 20),
    Vendor("GitHub", "github_pat_", 20),
    Vendor("Amazon Web Services", "AKIA", 16),
)
_BY_PREFIX = {vendor.prefix: vendor for vendor in _VENDORS}

# OpenRouter's beginning is searched everywhere and in capitals, too: it is unmistakable. The others must begin a word.
_others = "|".join(sorted((re.escape(v.prefix) for v in _VENDORS if v is not OPENROUTER), key=len, reverse=True))
_CANDIDATE = re.compile(rf"(?i:sk-or-)[A-Za-z0-9_\-]*|(?<![A-Za-z0-9_\-])(?:{_others})[A-Za-z0-9_\-]*")
_AGAIN = re.compile(r"(?i)sk-or-")


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """Something in a text that begins as a key does.

    Attributes:
        vendor: whose key it would be.
        text: the beginning and everything behind it that a key may consist of.
        start, end: its place in the text.
    """

    vendor: Vendor
    text: str
    start: int
    end: int


def find_candidates(text: str) -> list[Candidate]:
    """The first thousand candidates of a text, in its order. Linear in the text's length."""
    found: list[Candidate] = []
    for match in _CANDIDATE.finditer(text):
        for start, end in _parts(match.group(), match.start()):
            piece = text[start:end]
            found.append(Candidate(_vendor_of(piece), piece, start, end))
            if len(found) >= _MAX_CANDIDATES:
                return found
    return found


def _parts(run: str, offset: int) -> Iterator[tuple[int, int]]:
    # A key that was pasted twice in a row is one run of letters.
    starts = [0, *(match.start() for match in _AGAIN.finditer(run, 1))]
    for start, end in zip(starts, [*starts[1:], len(run)], strict=True):
        yield offset + start, offset + end


def _vendor_of(text: str) -> Vendor:
    if text[: len(OPENROUTER.prefix)].lower() == OPENROUTER.prefix:
        return OPENROUTER
    prefix = max((prefix for prefix in _BY_PREFIX if text.startswith(prefix)), key=len)
    vendor = _BY_PREFIX[prefix]
    if vendor is _OPENAI_LEGACY and re.fullmatch(r"sk-[0-9a-f]{32}", text):
        return _DEEPSEEK
    return vendor
