"""Questions to the demo server, without any of the clients under test."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.demo import Answer, DemoControl

CHEAP = "openai/gpt-5.4-mini"
REASONER = "deepseek/deepseek-r1-0528"
"""A model that always reasons."""
FREE = "meta-llama/llama-3.3-70b-instruct:free"

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "set_light",
            "description": "Switch a light in a room on or off.",
            "parameters": {
                "type": "object",
                "properties": {
                    "room": {"type": "string"},
                    "state": {"type": "string", "enum": ["on", "off"]},
                    "brightness": {"type": "integer", "minimum": 0, "maximum": 100},
                },
                "required": ["room", "state"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather forecast for a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    },
]


def ask(demo: DemoControl, prompt: str | list[Any], *, key: str | None = None, **more: Any) -> Answer:
    """Ask for one chat completion; ``more`` goes into the body, where None takes a field away."""
    messages = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
    body = {"model": CHEAP, "max_tokens": 4096, "messages": messages, **more}
    return demo.call(
        "POST",
        "/chat/completions",
        {name: value for name, value in body.items() if value is not None},
        key=key or demo.key,
    )


def text_of(answer: Answer) -> str:
    """Return the text of an answer, streamed or whole."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        choices = [choice for chunk in answer.chunks() for choice in chunk["choices"]]
        return "".join(choice["delta"].get("content") or "" for choice in choices)
    return str(answer.json()["choices"][0]["message"]["content"])


def pkce() -> tuple[str, str]:
    """Return a verifier and its challenge (RFC 7636, S256)."""
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
