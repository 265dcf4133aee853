"""The meaning of a model's id: family, version, size, and the words that stand for fast, large or special."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo


class SpeedClass(IntEnum):
    """How soon a model is likely to speak, judged by its name; a measured time to first token always beats it."""

    SLOW = 0
    MIDDLE = 1
    FAST = 2


# Vendors' own words for the small and quick members of a family, and for the large ones.
_FAST_WORDS = frozenset(
    {"air", "fast", "flash", "haiku", "instant", "lite", "luna", "micro", "mini", "nano", "small", "tiny", "turbo"}
)
_SLOW_WORDS = frozenset(
    {"behemoth", "deep", "fable", "heavy", "high", "large", "max", "opus", "premier", "pro", "research", "ultra"}
)
_UNFINISHED_WORDS = frozenset({"alpha", "beta", "exp", "experimental", "preview"})
# Made for something other than conversation: code, pictures, safety checks, search, research, translation, role play.
_SPECIALIST_WORDS = frozenset(
    {"audio", "base", "build", "code", "coder", "codex", "codestral", "contributor", "customtools", "clip",
     "deepresearch", "devstral", "guard", "image", "math", "mt", "mt2", "multi", "ocr", "omni", "research", "rp",
     "safeguard", "safety", "search", "tars", "uncensored", "vision", "vl", "voxtral", "apply"}
)  # fmt: skip
_THINKING_WORDS = frozenset(
    {"deepthink", "o1", "o3", "o4", "oss", "qwq", "r1", "reasoner", "reasoning", "think", "thinking"}
)
_CLASSIFIER_WORDS = frozenset({"guard", "moderation", "safeguard", "safety"})
_NOT_CHAT_WORDS = frozenset(
    {"asr", "babbage", "bge", "clip", "colbert", "dall", "dalle", "davinci", "diffusion", "e5", "embed", "embedding",
     "embeddings", "flux", "gte", "imagen", "minilm", "moderation", "orpheus", "realtime", "rerank", "reranker", "sora",
     "stt", "transcribe", "transcription", "tts", "veo", "whisper"}
)  # fmt: skip

_WORD = re.compile(r"\d+(?:\.\d+)+[a-z]*|[a-z0-9]+(?:\.\d+[a-z]*)*", re.ASCII)
_VERSION = re.compile(r"(?<![\d.])v?(\d{1,3}(?:\.\d{1,3})*)(?![\d.]|[bkt]\b)")
_SIZE = re.compile(r"^(?:(\d{1,3})x)?(\d{1,4}(?:\.\d)?)([bt])$")
_ACTIVE_SIZE = re.compile(r"^a(\d{1,4}(?:\.\d)?)b$")
_TRAILING_VERSION = re.compile(r"^([a-z]+?)\d+(?:\.\d+)*$")
_DROPPED_FROM_FAMILY = frozenset({"latest", "it", "instruct", "chat"}) | _UNFINISHED_WORDS


@dataclass(frozen=True, slots=True)
class Naming:
    """What an id's words say.

    Attributes:
        words: the lower-case words of the id without vendor and variant.
        family: those words without versions, dates and stages of completion.
        version: the first version number as numbers (``(4, 5)``); empty where there is none.
        size: billions of parameters that work on a token; None where not told.
        speed: see :class:`SpeedClass`.
    """

    words: tuple[str, ...]
    family: frozenset[str]
    version: tuple[int, ...]
    size: float | None
    speed: SpeedClass

    @property
    def is_mixture(self) -> bool:
        """Whether only a part of its parameters works on each token ("30b-a3b")."""
        return any(_ACTIVE_SIZE.match(word) for word in self.words)

    @property
    def is_unfinished(self) -> bool:
        """Whether it calls itself a preview or an experiment."""
        return not _UNFINISHED_WORDS.isdisjoint(self.words)

    @property
    def is_specialist(self) -> bool:
        """Whether it is made for something other than conversation."""
        return not _SPECIALIST_WORDS.isdisjoint(self.words)

    @property
    def is_thinker(self) -> bool:
        """Whether it is named after its reasoning."""
        return not _THINKING_WORDS.isdisjoint(self.words)

    @property
    def is_classifier(self) -> bool:
        """Whether it judges text instead of answering it."""
        return not _CLASSIFIER_WORDS.isdisjoint(self.words)

    @property
    def is_not_chat(self) -> bool:
        """Whether the name is one of an embedding, speech, image or completion model."""
        return not _NOT_CHAT_WORDS.isdisjoint(self.words)


def naming(model: ModelInfo) -> Naming:
    """Return what the model's id tells about it."""
    return naming_of(model.id)


@lru_cache(maxsize=16384)
def naming_of(model_id: str) -> Naming:
    """Return what an id tells about its model.

    Args:
        model_id: ``vendor/slug:variant``, ``name:tag`` of a local server, or a bare name.
    """
    slug = model_id.lower().rpartition("/")[2]
    if "/" in model_id:
        slug = slug.partition(":")[0]
    words = tuple(_WORD.findall(slug))
    size = _size(words)
    return Naming(words, _family(words), _version(slug), size, _speed(words, size))


def _family(words: tuple[str, ...]) -> frozenset[str]:
    kept = set()
    for word in words:
        if word[0].isdigit() and not _SIZE.match(word):
            word = word.lstrip("0123456789.")  # the o of 4o is part of the family, the 4 is not
        elif match := _TRAILING_VERSION.match(word):
            word = match[1]
        if word and word not in _DROPPED_FROM_FAMILY and word != "v":
            kept.add(word)
    return frozenset(kept)


def _version(slug: str) -> tuple[int, ...]:
    match = _VERSION.search(slug)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _size(words: tuple[str, ...]) -> float | None:
    total: float | None = None
    for word in words:
        if match := _ACTIVE_SIZE.match(word):
            return float(match[1])
        if total is None and (match := _SIZE.match(word)):
            total = float(match[1] or 1) * float(match[2]) * (1000 if match[3] == "t" else 1)
    return total


def _speed(words: tuple[str, ...], size: float | None) -> SpeedClass:
    fast, slow = not _FAST_WORDS.isdisjoint(words), not _SLOW_WORDS.isdisjoint(words)
    if not _THINKING_WORDS.isdisjoint(words) or (slow and not fast):
        return SpeedClass.SLOW
    if fast:
        return SpeedClass.MIDDLE if slow else SpeedClass.FAST
    if size is None:
        return SpeedClass.MIDDLE
    return SpeedClass.FAST if size <= 15 else SpeedClass.MIDDLE if size <= 80 else SpeedClass.SLOW
