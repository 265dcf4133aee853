"""The choice of what a demo "model" says; the same conversation always gets the same answer."""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from dataclasses import dataclass, field
from typing import Any

from caal_desktop.demo.chat import texts
from caal_desktop.demo.faults.registry import FAULTS
from caal_desktop.demo.pseudorandom import pick
from caal_desktop.llm.fields import as_dict, as_list

_TOKEN = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+")


def tokenize(text: str) -> list[str]:
    """Split a text into pieces of about a token each; joined, they are the text."""
    return _TOKEN.findall(text)


@dataclass(slots=True)
class PromptContext:
    """What an answer can depend on.

    Attributes:
        prompt: the user's last message.
        earlier: the user's earlier messages, oldest first.
        model: the model's display name.
        images: URLs of the last message's images.
        tool_results: (tool's name, result) of the tool messages after the user's last message.
    """

    prompt: str = ""
    earlier: list[str] = field(default_factory=list)
    model: str = "a model"
    images: list[str] = field(default_factory=list)
    tool_results: list[tuple[str, str]] = field(default_factory=list)


def text_of(content: object) -> str:
    """Return the text of a message's ``content``: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = [as_dict(part) for part in as_list(content)]
    return "\n".join(str(part.get("text") or "") for part in parts if part.get("type") == "text")


def images_of(content: object) -> list[str]:
    """Return the URLs of the images in a message's ``content``."""
    images = [part.get("image_url") for part in map(as_dict, as_list(content)) if part.get("type") == "image_url"]
    return [str(image.get("url") if isinstance(image, dict) else image) for image in images]


def read(messages: list[Any], model: str) -> PromptContext:
    """Summarise the messages of a request."""
    conversation = PromptContext(model=model)
    names: dict[str, str] = {}
    for message in map(as_dict, messages):
        role, content = message.get("role"), message.get("content")
        if role == "user":
            if conversation.prompt:
                conversation.earlier.append(conversation.prompt)
            conversation.prompt = text_of(content)
            conversation.images = images_of(content)
            conversation.tool_results = []
        elif role == "assistant":
            for call in map(as_dict, as_list(message.get("tool_calls"))):
                if function := as_dict(call.get("function")):
                    names[str(call.get("id"))] = str(function.get("name"))
        elif role == "tool":
            name = str(message.get("name") or names.get(str(message.get("tool_call_id"))) or "tool")
            conversation.tool_results.append((name, text_of(content)))
    return conversation


def compose(conversation: PromptContext) -> str:
    """Return the answer's text."""
    prompt, model = conversation.prompt, conversation.model
    said = prompt.lower()
    if conversation.tool_results:
        return _from_tools(conversation.tool_results)
    if conversation.images:
        return _from_images(conversation.images)
    if "/fault" in said:
        return _fault_help()
    for words, text in (
        (r"one sentence|introduce yourself|who are you|say hello in", texts.INTRODUCTION),
        (r"\bmarkdown\b|\bformatting\b", texts.MARKDOWN),
        (r"\bmaths?\b|\bformulas?\b|\blatex\b|\bequations?\b", texts.MATHS),
        (r"^\s*(help|/help|\?)|what can (you|i) do", texts.HELP),
    ):
        if re.search(words, said):
            return text.format(model=model) if text is texts.INTRODUCTION else text
    if remembered := _remember(conversation):
        return remembered
    if re.search(r"\blong\b|\bessay\b|\bendless\b", said):
        return long_text(60_000 if "very long" in said else 12_000, prompt)
    if re.search(r"\b(lights?|lamps?)\b", said):
        return pick(texts.LIGHTS, prompt)
    for words, text in (
        (r"\bweather\b|\bforecast\b", texts.WEATHER),
        (r"\bcode\b|\bfunction\b|\bpython\b|\bscript\b", texts.CODE),
        (r"\bpoem\b|\brhyme\b", texts.POEM),
        (r"\bjoke\b", texts.JOKE),
        (r"\bthanks?\b", texts.THANKS),
    ):
        if re.search(words, said):
            return text
    for word, greeting in texts.GREETING_WORDS.items():
        if re.search(rf"\b{word}\b", said):
            return greeting.format(model=model)
    if re.match(r"\s*(hi|hello|hey|good (morning|day|evening))\b", said):
        return pick(texts.GREETINGS, prompt).format(model=model)
    # The number of earlier messages varies the answers to questions without a keyword.
    template = texts.DEFAULTS[(len(conversation.earlier) + len(prompt)) % len(texts.DEFAULTS)]
    return template.format(model=model, prompt=_quoted(prompt))


def think(conversation: PromptContext, effort: str) -> str:
    """Return what a reasoning model "thinks" before it answers; more of it at a higher effort."""
    count = {"none": 0, "minimal": 1, "low": 2, "medium": 3, "high": 4}.get(effort, 5)
    lines = (line.format(model=conversation.model, prompt=_quoted(conversation.prompt)) for line in texts.REASONING)
    return "\n\n".join(list(lines)[:count])


def long_text(characters: int, seed: str) -> str:
    """Return a story of chapters, about ``characters`` long; for the Stop button and the speed of rendering."""
    parts = [
        "# A long story from the demo\n\nPrepared text, put together by the demo server. Stop it whenever you like."
    ]
    length, number = len(parts[0]), 0
    while length < characters:
        number += 1
        sentences = [pick(texts.LONG_SENTENCES, seed, number, position) for position in range(5)]
        heading = f"## Chapter {number // 6 + 1}\n\n" if number % 6 == 1 else ""
        parts.append(heading + " ".join(dict.fromkeys(sentences)))
        length += len(parts[-1]) + 2
    return "\n\n".join(parts)


def huge_text(characters: int) -> str:
    """Return a Markdown document of exactly ``characters`` characters, of every kind of block."""
    block = f"{texts.MARKDOWN}\n\n{texts.MATHS}\n\n"
    return (block * (characters // len(block) + 1))[:characters]


def flood_tokens(count: int) -> list[str]:
    """Return ``count`` one-word tokens."""
    return [f"word{number} " for number in range(count)]


def _quoted(prompt: str) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= 120 else f"{line[:117]}…"


def _remember(conversation: PromptContext) -> str | None:
    if not re.search(r"what('s| is) my name|do you know my name", conversation.prompt.lower()):
        return None
    for earlier in reversed(conversation.earlier):
        if match := re.search(r"\bmy name is (\w+)", earlier, re.IGNORECASE):
            return f"Your name is {match[1]}. I can tell, because the conversation so far came with your question."
    return "You have not told me your name in this conversation."


def _from_tools(results: list[tuple[str, str]]) -> str:
    sentences = []
    for name, result in results:
        try:
            value = json.loads(result)
        except ValueError:
            value = result
        if isinstance(value, dict):
            facts = ", ".join(f"{str(key).replace('_', ' ')}: {_plain(fact)}" for key, fact in value.items())
        else:
            facts = _plain(value)
        sentences.append(f"The tool {name} says {facts or 'nothing'}.")
    return " ".join(sentences) + " (A prepared sentence of the demo.)"


def _plain(value: object) -> str:
    return value.strip().rstrip(".") if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fault_help() -> str:
    lines = [
        "Write one of these into a question, for example `/fault cut_after 5`, and see how CAAL Desktop takes it.",
        "",
        "| fault | what happens |",
        "|:--|:--|",
    ]
    lines += [f"| `{fault.name}` | {fault.about} |" for fault in FAULTS.values() if "chat" in fault.places]
    return "\n".join(lines)


def _from_images(urls: list[str]) -> str:
    details = "; ".join(_describe_image(url) for url in urls)
    return texts.IMAGE.format(count="an image" if len(urls) == 1 else f"{len(urls)} images", details=details)


def _describe_image(url: str) -> str:
    if not url.startswith("data:"):
        return "one by its address"
    kind, _, encoded = url[5:].partition(";base64,")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "one that is not valid base64"
    size = f"{kind or 'a file'}, {len(data)} bytes"
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return f"{size}, {width} × {height} pixels"
    return size
