"""Names under which users know makers and models, other than those in the list."""

from __future__ import annotations

SYNONYMS: dict[str, tuple[str, ...]] = {
    "alibaba": ("qwen",),
    "anthropic": ("claude",),
    "aws": ("amazon", "nova"),
    "bard": ("gemini",),
    "bytedance": ("seed",),
    "chatgpt": ("gpt",),
    "claude": ("anthropic",),
    "facebook": ("meta", "llama"),
    "gemini": ("google",),
    "glm": ("zai",),
    "google": ("gemini",),
    "grok": ("xai",),
    "hunyuan": ("tencent",),
    "kimi": ("moonshotai",),
    "llama": ("meta",),
    "meta": ("llama",),
    "moonshot": ("kimi", "moonshotai"),
    "musk": ("grok",),
    "openai": ("gpt",),
    "qwen": ("alibaba",),
    "tongyi": ("qwen",),
    "x": ("xai",),
    "xai": ("grok",),
    "zai": ("glm",),
    "zhipu": ("glm", "zai"),
}
"""What a typed word may also mean, as words of the list; they count less than the word itself."""
