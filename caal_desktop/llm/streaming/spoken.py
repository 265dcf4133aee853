"""Keeps from a voice what a model writes into its text and nobody should hear: calls of tools, and thoughts.

Where a server does not know the form in which its model calls tools, the call comes as text. The forms are those that
the parsers of vLLM (``tool_parsers``) and Ollama (``model/parsers``) know, and those that Groq reports as
``failed_generation``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.fields import as_dict, as_dicts, as_text, parse_json
from caal_desktop.llm.streaming.answers import RawCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TURNS: Final = ("", "<|start|>assistant")
"""How a part of gpt-oss' answers may begin."""
# Behind any of these is a call, wherever it stands in the text.
_CALLS: Final = (
    "<tool_call>",  # Hermes, Qwen, GLM, Granite
    "<tool_calls>",  # Jamba, Hunyuan
    "<|tool_call|>",  # Granite, Phi
    "<function=",  # Llama, as Groq asks for it; Qwen's coder
    "<function(",
    "<function name=",
    "<function_call>",
    "<function_calls>",
    "<invoke name=",
    "<minimax:tool_call>",
    "<seed:tool_call>",
    "<|python_tag|>",  # Llama
    "[TOOL_CALLS]",  # Mistral
    "<|tool_calls_section_begin|>",  # Kimi
    "<|tool_call_begin|>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    *(f"{turn}{call}" for turn in _TURNS for call in ("<|channel|>commentary", "<|channel|>analysis to=")),  # gpt-oss
    "<|start|>assistant to=",
)
# Where an answer or a line begins, what a thought begins with, and how that ends.
_THOUGHTS: Final = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    **{f"{turn}<|channel|>analysis<|message|>": "<|end|>" for turn in _TURNS},
}
_END_OF_BEGUN_THOUGHT: Final = re.compile(r"^[ \t]*</think>[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
# What is left of such things where a server has taken the rest.
_THOUGHTS_LEFTOVERS: Final = (
    *_THOUGHTS.values(),
    *(f"{turn}<|channel|>{part}<|message|>" for turn in _TURNS for part in ("final", "commentary")),
    "<|return|>",
)
_CALLS_LEFTOVERS: Final = ("</tool_call>", "</tool_calls>", "</function>", "</seed:tool_call>")
_LONGEST_MARKER: Final = max(map(len, (*_THOUGHTS, *_THOUGHTS_LEFTOVERS, *_CALLS, *_CALLS_LEFTOVERS)))
_INTERESTING: Final = re.compile(r"[<\[{`]")
_SHORTEST_BROKEN: Final = 4
"""Characters of a marker with which an answer may end before they are a broken call, and not a sign of its text."""
_AT_ONCE: Final = 4096
"""Characters that are looked at together: what is written may be all markers, and each is cut out of the rest."""
_LONGEST_BEGINNING: Final = 256
"""Characters by which an object has to tell what it calls: blanks may go on for ever."""
# After these a marker is spoken of, not used.
_QUOTING: Final = frozenset("`\"'“‘«„(")
_FENCE: Final = re.compile(r"```[\w-]{0,16}[ \t]*\r?\n\s*")
_FENCE_BEGINNING: Final = re.compile(r"`{1,2}|```[\w-]{0,16}[ \t]*\r?")
_OBJECT: Final = re.compile(
    r'(?:\[\s*)?(?:\{\s*(?:"(?P<key>\w*)(?P<end>"\s*(?P<colon>:\s*(?:"(?P<value>[^"\\]*))?)?)?)?)?'
)
_NAMES: Final = ("name", "function", "tool", "tool_name")
_ARGUMENTS: Final = ("arguments", "parameters", "args", "input")
_KEYS: Final = (*_NAMES, *_ARGUMENTS, "type", "id", "tool_calls")
_PREFIX: Final = "functions."
# What may stand between the name of a function and the object with its arguments.
_BETWEEN: Final = (
    r"(?::\d+)?(?:\s|[>=,:()\[\"']|\[ARGS\]|\[CALL_ID\]\w*+|<[|\uff5c][^<>{}]{0,40}[|\uff5c]>"
    r"|```|json|code|commentary)*"
)
_FUNCTION: Final = re.compile(
    r"<(?:function=|(?:invoke|function)\s+name=)\s*[\"']?(?P<name>[^\s\"'<>{}=,(\[]+)"
    r"|<tool_call>\s*(?P<plain>[^\s\"'<>{}]+)\s*(?=<arg_key>|</tool_call>)"
)
_PARAMETER: Final = re.compile(
    r"<parameter(?:=|\s+name=)\s*[\"']?(?P<name>[^\s\"'<>]+)[\"']?\s*>(?P<value>.*?)"
    r"(?=</parameter>|<parameter[=\s]|</function>|</invoke>)"
    r"|<arg_key>(?P<key>[^<>]*)</arg_key>\s*<arg_value>(?P<its>(?:(?!<arg_key>).)*?)</arg_value>",
    re.DOTALL,
)
_HAS_PARAMETERS: Final = re.compile(r"<parameter[=\s]|<arg_key>")
_CLOSED: Final = re.compile(r"</(?:function|tool_call|invoke)>")
# A text without an end goes on to the end of all, so that it is not read anew from each of its quotation marks.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}]', re.DOTALL)
_LONGEST_HEAD: Final = 256
"""Characters before an object in which the name of its function is looked for."""


class _State(Enum):
    TEXT = 0
    THOUGHT = 1
    CALL = 2


class SpokenText:
    """Parts the text of one answer, which comes in pieces, from calls and thoughts that are written into it.

    Ordinary text is not kept back: only a marker's beginning waits for its end, such as ``<`` for the next character.
    From a call on, all is kept back until the answer's end, as servers do: what a model writes behind a call is often
    the result that it expects.

    A thought is left out where it begins an answer or a line; a marker in quotation marks is text. Without tools a
    call is text, too.

    Args:
        tools: the functions that the model may call, as the API describes them.

    Attributes:
        attempt: what is written in place of calls, once :meth:`finish` was called; "" where nothing is.
        calls: those that can be read in it.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]] | None) -> None:
        self._tools = {
            name: function
            for function in (as_dict(tool.get("function")) for tool in tools or ())
            if (name := as_text(function.get("name")))
        }
        self._markers: tuple[str, ...] = (*_THOUGHTS, *_THOUGHTS_LEFTOVERS)
        if self._tools:
            self._markers += (*_CALLS, *_CALLS_LEFTOVERS)
        self._state = _State.TEXT
        self._held = ""  # of a text or thought: what the next piece decides on
        self._written: list[str] = []  # from a call on
        self._is_bare = False  # that call has no marker, so that it may be text after all
        self._end_of_thought = ""
        self._skips_blanks = False  # the blanks between a thought and the text belong to neither
        self._before = ""  # the last character
        self._line_is_blank = True
        self.attempt = ""
        self.calls: list[RawCall] = []

    def feed(self, piece: str) -> str:
        """Return what can be said of the text with its next piece; may be ""."""
        if len(piece) <= _AT_ONCE:
            return self._feed(piece)
        return "".join(self._feed(piece[start : start + _AT_ONCE]) for start in range(0, len(piece), _AT_ONCE))

    def _feed(self, piece: str) -> str:
        if self._state is _State.CALL:
            self._written.append(piece)
            return ""
        if self._skips_blanks:
            piece = piece.lstrip()
            self._skips_blanks = not piece
        if self._state is _State.TEXT and not self._held and not _INTERESTING.search(piece):
            return self._said(piece)
        self._held += piece
        said: list[str] = []
        while self._held and (self._end_thought() if self._state is _State.THOUGHT else self._go_on(said)):
            pass
        return "".join(said)

    def finish(self) -> str:
        """Return the text's end; what was kept back is told by the attributes, and dropped where it is a thought."""
        held, self._held = self._held, ""
        if self._state is _State.CALL:
            return self._finish_call("".join(self._written))
        if self._state is _State.THOUGHT or not held:
            return ""
        brace = held.find("{")
        found = _OBJECT.match(held, brace) if brace >= 0 else None
        is_marker = len(held) >= _SHORTEST_BROKEN and any(marker.startswith(held) for marker in self._markers)
        if is_marker or (found is not None and found["colon"]):
            self.attempt = held
            return ""
        return held

    def _finish_call(self, written: str) -> str:
        self.calls = _written_calls(written, self._tools, is_bare=self._is_bare)
        if not self.calls and self._is_bare and self._is_data(written):
            return written
        self.attempt = written
        return ""

    def _is_data(self, written: str) -> bool:
        """Return whether an object that holds no call was not meant to: it is whole, or knows none of the tools."""
        return bool(_end_of_object(written, written.find("{"))) or not any(name in written for name in self._tools)

    def _said(self, text: str) -> str:
        if text:
            self._before = text[-1]
            line = text[text.rfind("\n") + 1 :]
            self._line_is_blank = (self._line_is_blank or len(line) < len(text)) and not line.strip()
        return text

    def _end_thought(self) -> bool:
        """Leave the thought where it ends, and return whether it does."""
        _, end, rest = self._held.partition(self._end_of_thought)
        if not end:
            self._held = self._held[-len(self._end_of_thought) + 1 :]
            return False
        self._held = rest.lstrip()
        self._skips_blanks = not self._held
        self._state = _State.TEXT
        return True

    def _go_on(self, said: list[str]) -> bool:
        """Say the text up to the first thing that is none, and return whether something of it is left to be decided.

        What is held stays where only the next piece tells.
        """
        text = self._held
        for match in _INTERESTING.finditer(text):
            place = match.start()
            before = text[place - 1] if place else self._before
            line = text[text.rfind("\n", 0, place) + 1 : place]
            begins_line = (self._line_is_blank or len(line) < place) and not line.strip()
            marker = self._marker(text, place, begins_line=begins_line)
            if marker is None and begins_line:
                is_call = self._begins_object(text[place:])
                marker = None if is_call is False else "" if is_call is None else "{"
            if marker is None or before in _QUOTING:
                continue
            said.append(self._said(text[:place]))
            self._held = text[place:]
            if not marker:
                return False
            return self._enter(marker)
        said.append(self._said(text))
        self._held = ""
        return False

    def _enter(self, marker: str) -> bool:
        """Go on behind a marker, with which the held text begins, and return whether something is left of that."""
        if marker in _THOUGHTS_LEFTOVERS or marker in _CALLS_LEFTOVERS:
            self._held = self._held.removeprefix(marker)
            return True
        if marker in _THOUGHTS:
            self._held = self._held.removeprefix(marker)
            self._end_of_thought = _THOUGHTS[marker]
            self._state = _State.THOUGHT
            return True
        self._is_bare = marker not in _CALLS
        self._written = [self._held]
        self._held = ""
        self._state = _State.CALL
        return False

    def _marker(self, text: str, place: int, *, begins_line: bool) -> str | None:
        """Return the marker at a place of a text; "" where it may be one with what follows, None where it is none."""
        rest = text[place : place + _LONGEST_MARKER]
        for marker in self._markers:
            if marker[0] != rest[0] or (marker in _THOUGHTS and not begins_line):
                continue
            if rest.startswith(marker):
                return marker
            if marker.startswith(rest):
                return ""
        return None

    def _begins_object(self, text: str) -> bool | None:
        """Return whether a text begins as an object that calls one of the tools; None where more of it has to tell."""
        if not self._tools:
            return False
        told = self._object_in(text[:_LONGEST_BEGINNING])
        return False if told is None and len(text) >= _LONGEST_BEGINNING else told

    def _object_in(self, text: str) -> bool | None:
        if text.startswith("`"):
            if _FENCE_BEGINNING.fullmatch(text):
                return None
            fence = _FENCE.match(text)
            if fence is None:
                return False
            text = text[fence.end() :]
            if not text:
                return None
        found = _OBJECT.match(text)
        if found is None or not found[0]:
            return False
        is_open = found.end() == len(text)
        key, value = found["key"], found["value"]
        if key is None:
            return None if is_open else False
        if not found["end"]:
            return None if is_open and any(one.startswith(key) for one in _KEYS) else False
        if key not in _KEYS:
            return False
        if value is None:
            return None if is_open else bool(found["colon"])
        if key not in _NAMES:
            return True
        bare = value.removeprefix(_PREFIX)
        if not is_open:
            return bare in self._tools
        return None if _PREFIX.startswith(value) or any(one.startswith(bare) for one in self._tools) else False


def without_begun_thought(text: str) -> str:
    """Return a whole text without the thought that it begins with, where only the thought's end is marked.

    So it is where the model's template has begun the thought. In a stream that is known too late.
    """
    found = _END_OF_BEGUN_THOUGHT.search(text)
    return text if found is None or "<think>" in text[: found.start()] else text[found.end() :]


def _written_calls(text: str, tools: Mapping[str, dict[str, Any]], *, is_bare: bool) -> list[RawCall]:
    """Return the calls that a text holds, of these tools alone.

    Args:
        text: what was written from the first call on.
        tools: the functions by their names.
        is_bare: no marker says that it is a call, so that it has to have all of one.
    """
    if _HAS_PARAMETERS.search(text):
        return _tagged_calls(text, tools)
    return _object_calls(text, tools, is_bare=is_bare) or _tagged_calls(text, tools)


def _object_calls(text: str, tools: Mapping[str, dict[str, Any]], *, is_bare: bool) -> list[RawCall]:
    """Return the calls whose arguments are JSON: in an object that names the function, or behind its name."""
    names = "|".join(map(re.escape, tools))
    named = re.compile(rf"(?<![\w-])(?P<name>{names}){_BETWEEN}\Z")
    calls: list[RawCall] = []
    last = 0
    while (start := text.find("{", last)) >= 0 and (end := _end_of_object(text, start)):
        value = parse_json(text[start:end])
        head = named.search(text[max(last, start - _LONGEST_HEAD) : start])
        last = end
        if not isinstance(value, dict):
            continue
        told = list(_calls_in(value, tools, needs_arguments=is_bare))
        if head is not None and all(call.name != head["name"] for call in told):
            told = [RawCall(None, head["name"], value)]
        calls += told
    return calls


def _end_of_object(text: str, start: int) -> int:
    """Return where the object that begins at a place has its end; 0 where it has none."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return 0


def _calls_in(
    value: Mapping[str, Any], tools: Mapping[str, dict[str, Any]], *, needs_arguments: bool
) -> Iterable[RawCall]:
    """Yield the calls that an object stands for, itself or in a list of them."""
    for item in as_dicts(value.get("tool_calls")):
        yield from _calls_in(item, tools, needs_arguments=needs_arguments)
    function = as_dict(value.get("function"))
    names = (as_text(value.get(key)) for key in _NAMES)
    name = next((name for name in names if name), as_text(function.get("name")) or "").removeprefix(_PREFIX)
    told = [holder[key] for holder in (value, function) for key in _ARGUMENTS if key in holder]
    if name in tools and (told or not needs_arguments):
        arguments = {} if not told or told[0] in (None, "") else told[0]
        if isinstance(arguments, str):
            arguments = parse_json(arguments)
        if isinstance(arguments, dict):
            yield RawCall(as_text(value.get("id")), name, arguments)


def _tagged_calls(text: str, tools: Mapping[str, dict[str, Any]]) -> list[RawCall]:
    """Return the calls whose arguments stand in tags of their own, or that have none."""
    calls: list[RawCall] = []
    found = list(_FUNCTION.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):
        name = (match["name"] or match["plain"]).removeprefix(_PREFIX)
        inner = text[match.end() : end]
        if name not in tools or "{" in inner.partition("<")[0] or not _CLOSED.search(inner):
            continue
        parameters = list(_PARAMETER.finditer(inner))
        if len(parameters) < len(_HAS_PARAMETERS.findall(inner)):
            continue  # one of them has no end
        properties = as_dict(as_dict(tools[name].get("parameters")).get("properties"))
        arguments = {}
        for one in parameters:
            key = one["name"] or one["key"].strip()
            arguments[key] = _typed(one["value"] if one["name"] else one["its"], as_dict(properties.get(key)))
        calls.append(RawCall(None, name, arguments))
    return calls


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    """Return the value that a text stands for, by its description in the tool."""
    text = text.removeprefix("\n").removesuffix("\n")
    kinds = schema.get("type", "string")
    if kinds == "string" or (isinstance(kinds, list) and "string" in kinds):
        return text
    value = parse_json(text)
    return text if value is None else value
