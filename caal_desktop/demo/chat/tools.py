"""The tool calls of a demo "model", and their arguments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from caal_desktop.demo.pseudorandom import token_hex
from caal_desktop.llm.fields import as_dict, as_float, as_list, as_text

_ROOMS = ("kitchen", "living room", "bedroom", "bathroom", "hallway", "office", "garden", "garage")
_PLACE = re.compile(r"\b(?:in|for|at|from|of) ((?:[A-ZÄÖÜÀ-Þ][\w'-]*)(?: [A-ZÄÖÜÀ-Þ][\w'-]*)*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be by call can data do for from function get give has have how i if in is it its me my of on
        or please provide return returns run set tell that the this to tool use used user what when which will with you
        your
        """,
    )
)
_RELATED = {
    "light": {"lamp", "lights", "brightness", "switch", "kitchen"},
    "weather": {"forecast", "temperature", "rain", "sunny", "warm", "cold"},
    "time": {"clock", "date", "hour", "o'clock", "today"},
    "timer": {"alarm", "remind", "minutes"},
    "search": {"find", "look", "news"},
}


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A tool call that an answer consists of.

    Attributes:
        call_id, name: as on the wire.
        arguments: the JSON text.
    """

    call_id: str
    name: str
    arguments: str

    def message(self) -> dict[str, Any]:
        """Return the call as in a message's ``tool_calls``."""
        return {
            "id": self.call_id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        }


def _words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ").replace("-", " ")
    found = {word for word in re.findall(r"[\w']+", spaced.lower()) if word not in _STOP_WORDS and len(word) > 2}
    found |= {word[:-1] for word in found if word.endswith("s")}
    for word, related in _RELATED.items():
        if word in found or found & related:
            found.add(word)
    return found


def functions(tools: object) -> list[dict[str, Any]]:
    """Return the function objects of a request's ``tools``; anything else is ignored."""
    found = [as_dict(as_dict(tool).get("function")) for tool in as_list(tools)]
    return [function for function in found if as_text(function.get("name"))]


def plan_calls(prompt: str, tools: object, choice: object, seed: str) -> list[PlannedCall]:
    """Return the calls that answer a prompt; none when it is answered in text.

    A tool is called when its name or description shares a telling word with the prompt, or when ``tool_choice`` wants
    a call.

    Args:
        prompt: the user's last message.
        tools: the request's ``tools``.
        choice: its ``tool_choice``.
        seed: from which the calls' ids are derived.
    """
    known = functions(tools)
    if not known or choice == "none":
        return []
    chosen: dict[str, Any] | None = None
    if isinstance(choice, dict):
        name = as_dict(choice.get("function")).get("name")
        chosen = next((function for function in known if function["name"] == name), None)
    if chosen is None:
        asked = _words(prompt)

        def likeness(function: dict[str, Any]) -> int:
            name, about = _words(str(function["name"])), _words(str(function.get("description") or ""))
            return 3 * len(asked & name) + len(asked & about)

        best = max(known, key=likeness)
        if likeness(best) > 0 or choice == "required" or isinstance(choice, dict):
            chosen = best
    if chosen is None:
        return []
    return [PlannedCall(f"call_{token_hex(24, 'call', seed)}", str(chosen["name"]), arguments_of(chosen, prompt))]


def arguments_of(function: dict[str, Any], prompt: str) -> str:
    """Arguments that fit a function's parameters, as JSON: an object whatever the parameters say."""
    return json.dumps(as_dict(fill(as_dict(function.get("parameters")), prompt)), ensure_ascii=False)


def fill(schema: dict[str, Any], prompt: str, name: str = "", depth: int = 0) -> Any:
    """Return a value that fits a JSON schema and, where it can, the prompt."""
    for union in ("anyOf", "oneOf"):
        if options := as_list(schema.get(union)):
            return fill(as_dict(options[0]), prompt, name, depth + 1)
    if "const" in schema:
        return schema["const"]
    if options := as_list(schema.get("enum")):
        said = prompt.lower()
        return next((o for o in options if re.search(rf"\b{re.escape(str(o).lower())}\b", said)), options[0])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind == "object" or "properties" in schema:
        return _object(schema, prompt, depth)
    if kind == "array":
        items = schema.get("items")
        return [fill(items, prompt, name, depth + 1)] if isinstance(items, dict) and depth < 8 else []
    if kind in ("integer", "number"):
        return _amount(schema, prompt, whole=kind == "integer")
    if kind == "boolean":
        return not re.search(r"\b(off|no|not|stop|disable)\b", prompt.lower())
    if kind == "null":
        return None
    return _text(name, prompt)


def _object(schema: dict[str, Any], prompt: str, depth: int) -> dict[str, Any]:
    properties = as_dict(schema.get("properties")) if depth <= 8 else {}
    required = schema.get("required")
    wanted = required if isinstance(required, list) else list(properties)
    said = set(re.findall(r"\w+", prompt.lower()))
    result = {}
    for key, part in properties.items():
        if isinstance(part, dict) and (key in wanted or said & set(str(key).lower().split("_"))):
            result[key] = fill(part, prompt, str(key), depth + 1)
    return result


def _amount(schema: dict[str, Any], prompt: str, *, whole: bool) -> float:
    match = _NUMBER.search(prompt)
    number = float(match[0]) if match else 1.0
    low, high = as_float(schema.get("minimum")), as_float(schema.get("maximum"))
    if low is not None:
        number = max(number, low)
    if high is not None:
        number = min(number, high)
    return int(number) if whole else number


def _text(name: str, prompt: str) -> str:
    said, key = prompt.lower(), name.lower()
    place = _PLACE.search(prompt)
    room = next((room for room in _ROOMS if room in said), None)
    if any(word in key for word in ("city", "location", "place", "country")):
        return place[1] if place else (room or "Berlin")
    if any(word in key for word in ("room", "area", "zone")):
        return room or "living room"
    if any(word in key for word in ("state", "action", "power")):
        return "off" if re.search(r"\b(off|out)\b", said) else "on"
    if any(word in key for word in ("entity", "device", "lamp", "light")):
        return f"light.{(room or 'kitchen').replace(' ', '_')}"
    if "unit" in key:
        return "celsius"
    if "zone" in key or "tz" in key:
        return "Europe/Berlin"
    return prompt.strip()[:200]
