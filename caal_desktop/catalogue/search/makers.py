"""The makers of models, and which of them users have heard of."""

from __future__ import annotations

from caal_desktop.catalogue.search.naming import naming_of

WELL_KNOWN_MAKERS = frozenset({"anthropic", "google", "openai"})
"""Makers that most users know; matched with the id's first part."""

KNOWN_MAKERS = frozenset(
    {"amazon", "cohere", "deepseek", "meta", "meta-llama", "microsoft", "minimax", "mistralai", "moonshotai", "nvidia",
     "qwen", "x-ai", "z-ai"}
)  # fmt: skip
"""Makers with a line of models of their own that stays available for long."""

# For servers whose ids have no maker, or their own spelling of one.
_MAKER_BY_FAMILY = (
    ("claude", "anthropic"),
    ("gemini", "google"),
    ("gpt", "openai"),
    ("chatgpt", "openai"),
    ("gemma", "google"),
    ("llama", "meta-llama"),
    ("qwen", "qwen"),
    ("mistral", "mistralai"),
    ("ministral", "mistralai"),
    ("deepseek", "deepseek"),
    ("grok", "x-ai"),
    ("glm", "z-ai"),
    ("kimi", "moonshotai"),
    ("phi", "microsoft"),
    ("nova", "amazon"),
    ("command", "cohere"),
    ("nemotron", "nvidia"),
)
_OTHER_SPELLINGS = frozenset({"", "deepseek-ai", "mistral", "models"})


def maker_of(model_id: str) -> str:
    """Return the maker's part of an id (``anthropic``), or who makes the family of that name; "" for neither."""
    maker, slash, _ = model_id.lower().partition("/")
    maker = maker.lstrip("~") if slash else ""
    if maker not in _OTHER_SPELLINGS:
        return maker  # a family's name under another maker is that maker's derivative
    words = naming_of(model_id).words
    for family, known in _MAKER_BY_FAMILY:
        if words and words[0].startswith(family):
            return known
    return maker
