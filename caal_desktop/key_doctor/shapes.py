"""The shapes of different services' keys, and the search for candidates of these shapes in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.providers.registry import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caal_desktop.llm.providers.descriptor import KeyShape

# A text of a megabyte may consist of beginnings of keys; no user pastes this many on purpose.
_MAX_CANDIDATES = 1000


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service whose keys are recognised by their beginning.

    Attributes:
        name: the service's name as it is shown.
        prefix: what its keys begin with.
        body: the least number of characters that follow the prefix.
        provider: the registry's name of the provider; None where this program has none for the service.
        shape: what else is known of the keys; None where nothing is.
    """

    name: str
    prefix: str
    body: int
    provider: str | None = None
    shape: KeyShape | None = None

    @property
    def exact_shape(self) -> KeyShape | None:
        """The shape where it is known exactly: such a key is found in any surroundings, and repaired."""
        return self.shape if self.shape is not None and self.shape.hex_digits else None


_OURS = tuple(
    Vendor(one.title, one.key_shape.marker, one.key_shape.least, one.name, one.key_shape)
    for one in PROVIDERS.values()
    if one.key_shape is not None
)
_EXACT = tuple(vendor for vendor in _OURS if vendor.exact_shape is not None)
_DEEPSEEK = Vendor("DeepSeek", "sk-", 32)
_OPENAI_LEGACY = Vendor("OpenAI", "sk-", 20)

VENDORS = (
    *_OURS,
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
_BY_PREFIX = {vendor.prefix: vendor for vendor in VENDORS}


def _any_of(vendors: Iterable[Vendor]) -> str:
    return "|".join(sorted((re.escape(vendor.prefix) for vendor in vendors), key=len, reverse=True))


# The beginnings of exact shapes are searched everywhere and in capitals, too: they are unmistakable. The others must
# begin a word.
_BEGINS = f"(?i:{_any_of(_EXACT)})"
_CANDIDATE = re.compile(
    rf"{_BEGINS}[A-Za-z0-9_\-]*"
    rf"|(?<![A-Za-z0-9_\-])(?:{_any_of(vendor for vendor in VENDORS if vendor not in _EXACT)})[A-Za-z0-9_\-]*"
)
_AGAIN = re.compile(_BEGINS)


def vendor_of_provider(provider: str) -> Vendor | None:
    """Return the service behind a provider of the registry; None where nothing is known of its keys."""
    return next((vendor for vendor in _OURS if vendor.provider == provider), None)


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """A part of a text that begins as a key does.

    Attributes:
        vendor: the service whose key it would be.
        text: the beginning and everything behind it that a key may consist of.
        start, end: its place in the text.
    """

    vendor: Vendor
    text: str
    start: int
    end: int


def find_candidates(text: str) -> list[Candidate]:
    """Return the first thousand candidates of a text, in the text's order; takes linear time."""
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
    for vendor in _EXACT:
        if text[: len(vendor.prefix)].lower() == vendor.prefix:
            return vendor
    prefix = max((prefix for prefix in _BY_PREFIX if text.startswith(prefix)), key=len)
    vendor = _BY_PREFIX[prefix]
    if vendor is _OPENAI_LEGACY and re.fullmatch(r"sk-[0-9a-f]{32}", text):
        return _DEEPSEEK
    return vendor
