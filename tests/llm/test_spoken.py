"""Calls and thoughts that a model writes into its text are not spoken, however the text is cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.llm import FinishReason, LLMResponse, ToolCall
from caal_desktop.llm.errors import EmptyAnswer, InvalidResponse, ProviderError
from caal_desktop.llm.streaming.answers import complete_calls
from caal_desktop.llm.streaming.spoken import SpokenText
from tests.llm.helpers import HELLO, TOOL, collect, compatible, error_of, run
from tests.support.scripted_server import delta, frame, json_reply, scripted_server, sse_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.scripted_server import Reply


def tool(name: str, **types: str) -> dict[str, Any]:
    """Return the description of a function with its parameters' types."""
    properties = {parameter: {"type": kind} for parameter, kind in types.items()}
    return {"type": "function", "function": {"name": name, "parameters": {"properties": properties}}}


TOOLS = [TOOL, tool("get_time"), tool("set_light", room="string", level="integer", on="boolean")]
WEATHER = ("get_weather", {"city": "Köln"})
TIME = ("get_time", {})
LIGHT = ("set_light", {"room": "1", "level": 5, "on": True})
ARGUMENTS = '{"city": "Köln"}'
HERMES = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Köln"}}\n</tool_call>'
BARE = '{"name": "get_weather", "parameters": {"city": "Köln"}}'
SEP = "<\uff5ctool\u2581sep\uff5c>"
DEEPSEEK = "<\uff5ctool\u2581calls\u2581begin\uff5c><\uff5ctool\u2581call\u2581begin\uff5c>"

# What is written, what of it is spoken, and which calls it holds.
WRITTEN: dict[str, tuple[str, str, list[tuple[str, dict[str, Any]]]]] = {
    "Hermes": (HERMES, "", [WEATHER]),
    "Hermes behind words": (f"One moment. {HERMES}", "One moment. ", [WEATHER]),
    "Hermes twice": (f"{HERMES}\n{HERMES.replace('get_weather', 'get_time')}", "", [WEATHER, ("get_time", WEATHER[1])]),
    "Hermes without an end": (HERMES.removesuffix("\n</tool_call>"), "", [WEATHER]),
    "Hermes and what it expects": (
        f'{HERMES}\n<tool_response>{{"sunny": true}}</tool_response>\nIt is sunny.',
        "",
        [WEATHER],
    ),
    "Hermes and its id": ('<tool_call>{"id": "x1", "name": "get_time", "arguments": null}</tool_call>', "", [TIME]),
    "Hermes without arguments": ('<tool_call>{"name": "get_time"}</tool_call>', "", [TIME]),
    "Hermes, arguments that are blank": ('<tool_call>{"name": "get_time", "arguments": ""}</tool_call>', "", [TIME]),
    "arguments as text": ('<tool_call>{"name": "get_weather", "arguments": "{\\"city\\": \\"Köln\\"}"}', "", [WEATHER]),
    "Llama at Groq": (f"<function=get_weather>{ARGUMENTS}</function>", "", [WEATHER]),
    "Llama at Groq, unclosed": (f"<function=get_weather{ARGUMENTS}</function>", "", [WEATHER]),
    "Llama at Groq, with a sign": (f"<function=get_weather={ARGUMENTS}</function>", "", [WEATHER]),
    "Llama at Groq, in brackets": (f"<function=get_weather({ARGUMENTS})></function>", "", [WEATHER]),
    "Llama at Groq, the name in brackets": (f"<function(get_weather){ARGUMENTS}</function>", "", [WEATHER]),
    "Llama at Groq, twice": (
        f"<function=get_weather>{ARGUMENTS}</function><function=get_time>{{}}</function>",
        "",
        [WEATHER, TIME],
    ),
    "Llama at Groq, without arguments": ("<function=get_time></function>", "", [TIME]),
    "Llama's tag": (f"<|python_tag|>{BARE}", "", [WEATHER]),
    "Llama, bare": (BARE, "", [WEATHER]),
    "Llama, bare and twice": (f'{BARE}; {{"name": "get_time", "parameters": {{}}}}', "", [WEATHER, TIME]),
    "Llama, bare, with a type": (
        '{"type": "function", "name": "get_weather", "parameters": {"city": "Köln"}}',
        "",
        [WEATHER],
    ),
    "bare behind words": (f"One moment.\n  {BARE}", "One moment.\n  ", [WEATHER]),
    "bare in a fence": (f"```json\n{BARE}\n```", "", [WEATHER]),
    "bare in a list": (f"[\n {BARE}]", "", [WEATHER]),
    "as the interface has it": (
        '```\n{"tool_calls": [{"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": '
        '{"city": "Köln"}}}]}\n```',
        "",
        [WEATHER],
    ),
    "bare, with a prefix": (f"{BARE.replace('get_weather', 'functions.get_weather')}", "", [WEATHER]),
    "bare, arguments first": ('{"arguments": {"city": "Köln"}, "name": "functions.get_weather"}', "", [WEATHER]),
    "Mistral": (f"[TOOL_CALLS][{BARE.replace('parameters', 'arguments')}]", "", [WEATHER]),
    "Mistral, newer": (f"[TOOL_CALLS]get_weather[ARGS]{ARGUMENTS}", "", [WEATHER]),
    "Mistral, newer, with an id": (f"[TOOL_CALLS]get_weather[CALL_ID]a1B2[ARGS]{ARGUMENTS}", "", [WEATHER]),
    "Mistral, newer, twice": (f"[TOOL_CALLS]get_weather{ARGUMENTS}[TOOL_CALLS]get_time{{}}", "", [WEATHER, TIME]),
    "Mistral, thought before": (f"[THINK]Hm. {BARE}[/THINK][TOOL_CALLS]get_time{{}}", "", [TIME]),
    "Mistral, end of a thought": ("[/THINK][TOOL_CALLS]get_time{}", "", [TIME]),
    "Qwen's coder": (
        "<tool_call>\n<function=set_light>\n<parameter=room>\n1\n</parameter>\n<parameter=level>\n5\n</parameter>\n"
        "<parameter=on>\ntrue\n</parameter>\n</function>\n</tool_call>",
        "",
        [LIGHT],
    ),
    "Qwen's coder, braces": (
        '<function=get_weather>\n<parameter=city>\n{"a": <b>}\n</parameter>\n</function>',
        "",
        [("get_weather", {"city": '{"a": <b>}'})],
    ),
    "GLM": (
        "<tool_call>set_light\n<arg_key>room</arg_key>\n<arg_value>1</arg_value>\n<arg_key>level</arg_key>\n"
        "<arg_value>5</arg_value><arg_key>on</arg_key><arg_value>true</arg_value>\n</tool_call>",
        "",
        [LIGHT],
    ),
    "GLM without arguments": ("<tool_call>get_time\n</tool_call>", "", [TIME]),
    "MiniMax": (
        '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Köln</parameter>\n</invoke>\n'
        '<invoke name="get_time">\n</invoke>\n</minimax:tool_call>',
        "",
        [WEATHER, TIME],
    ),
    "a name as an attribute": (f'<function name="get_weather">{ARGUMENTS}</function>', "", [WEATHER]),
    "Seed": (
        "<seed:think>Hm.</seed:think><seed:tool_call>\n<function=get_weather>\n<parameter=city>Köln</parameter>\n"
        "</function>\n</seed:tool_call>",
        "",
        [WEATHER],
    ),
    "Kimi": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
        f"{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>",
        "",
        [WEATHER],
    ),
    "DeepSeek": (f"{DEEPSEEK}function{SEP}get_weather\n```json\n{ARGUMENTS}\n```", "", [WEATHER]),
    "DeepSeek, newer": (f"{DEEPSEEK}get_weather{SEP}{ARGUMENTS}", "", [WEATHER]),
    "gpt-oss": (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather "
        f"<|constrain|>json<|message|>{ARGUMENTS}<|call|>",
        "",
        [WEATHER],
    ),
    "gpt-oss, the channel behind": (
        f"<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{ARGUMENTS}<|call|>",
        "",
        [WEATHER],
    ),
    "gpt-oss, while it thinks": (
        f"<|channel|>analysis to=functions.get_weather code<|message|>{ARGUMENTS}",
        "",
        [WEATHER],
    ),
    "gpt-oss, words": (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>It is sunny.<|return|>",
        "It is sunny.",
        [],
    ),
    "gpt-oss, words before a call": (
        "<|channel|>commentary<|message|>One moment.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{}",
        "One moment.",
        [TIME],
    ),
    "Granite": (f"<|tool_call|>[{BARE}]", "", [WEATHER]),
    "a call in a call": (
        f'<function=get_weather>{{"city": "Köln", "x": {BARE}}}</function>',
        "",
        [("get_weather", {"city": "Köln", "x": json.loads(BARE)})],
    ),
    "arguments like a call": (
        '<function=set_light>{"name": "get_time", "arguments": {}}</function>',
        "",
        [("set_light", {"name": "get_time", "arguments": {}})],
    ),
    "a call that is named twice": (f"<function=get_weather>{BARE}</function>", "", [WEATHER]),
    "a brace in a text": ('<function=get_weather>{"city": "}\\"{"}</function>', "", [("get_weather", {"city": '}"{'})]),
    # Thoughts.
    "a thought": ("<think>\nHm, <b>.\n</think>\n\nIt is sunny.", "It is sunny.", []),
    "a thought by another name": ("<thinking>Hm.</thinking>\nIt is sunny.", "It is sunny.", []),
    "a thought of Mistral's": ("[THINK]Hm.[/THINK]It is sunny.", "It is sunny.", []),
    "two thoughts": ("<think>A</think>One.\n<think>B</think> Two.", "One.\nTwo.", []),
    "a thought without an end": ("<think>Hm, let me see", "", []),
    "a thought before a call": (f"<think>Hm. {BARE}</think>\n{HERMES}", "", [WEATHER]),
    "a thought before a bare call": (f"<think>Hm.</think>{BARE}", "", [WEATHER]),
    "ends alone": ("It is </think>sunny</tool_call>.[/THINK]", "It is sunny.", []),
    # Text.
    "an empty text": ("", "", []),
    "a comparison": ("If a < b and b > a, a <= b.", "If a < b and b > a, a <= b.", []),
    "a note": ("[note] It is [TOO] late [T", "[note] It is [TOO] late [T", []),
    "a footnote": ("[1]: here", "[1]: here", []),
    "HTML": ("<table><tr>A</tr></table> <f", "<table><tr>A</tr></table> <f", []),
    "braces": ("{a} and {b: 1}\n{}\n{", "{a} and {b: 1}\n{}\n{", []),
    "an object": ('{"name": "Köln", "arguments": {}}', '{"name": "Köln", "arguments": {}}', []),
    "an object of a tool's name": (
        '{"name": "get_weather", "kind": "tool"}. Yes.',
        '{"name": "get_weather", "kind": "tool"}. Yes.',
        [],
    ),
    "an object of another form": ('{"type": "circle"}', '{"type": "circle"}', []),
    "an object that is cut off": ('{"id": 1, "type": "ci', '{"id": 1, "type": "ci', []),
    "a tool's name and no arguments": (
        '{"name": "get_time", "type": "a", "input": "5 V"}',
        '{"name": "get_time", "type": "a", "input": "5 V"}',
        [],
    ),
    "another object": ('{"city": "Köln"}', '{"city": "Köln"}', []),
    "a number": ('{"name": 5}', '{"name": 5}', []),
    "markers that are quoted": ("`<tool_call>`, “[/THINK]”\n`<think>`.", "`<tool_call>`, “[/THINK]”\n`<think>`.", []),
    "a thought that is named": ("The <think> begins.", "The <think> begins.", []),
    "code": ("```python\nprint({})\n```\n``\n`a`", "```python\nprint({})\n```\n``\n`a`", []),
    "a fence at the end": ("Look:\n```json\n", "Look:\n```json\n", []),
}
#: What is written like a call and can be none.
BROKEN = {
    "no such tool": '<tool_call>{"name": "get_money", "arguments": {}}</tool_call>',
    "no such function": f"<function=get_money>{ARGUMENTS}</function>",
    "broken JSON": '<tool_call>{"name": "get_weather", "arguments": {"city": Köln}}</tool_call>',
    "cut off": '<function=get_weather>{"city": "Kö',
    "bare and cut off": '{"name": "get_weather", "parameters": {"city"',
    "bare and cut off in its name": '{"name": "get_wea',
    "cut off in a tag": "<tool_call><function=get_weather>\n<parameter=city>\nKö",
    "cut off in a value": "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Kö</tool_call>",
    "without its end": "<function=get_time>",
    "cut off in its marker": "One moment. <tool_c",
    "a marker alone": "[TOOL_CALLS]",
    "a list for arguments": '[TOOL_CALLS][{"name": "get_weather", "arguments": ["Köln"]}]',
    "a tool's name in another": "[TOOL_CALLS]my_get_time{}",
    "a text for arguments": '<tool_call>{"name": "get_weather", "arguments": "Köln"}',
    "words": "<tool_call>I need no tool.</tool_call>",
    "braces": "<tool_call>" + "{" * 200,
    "depths": '[TOOL_CALLS]get_weather{"a":' + "[" * 5000 + "]" * 5000 + "}",
}


class Heard:
    """What becomes of a text that comes in pieces."""

    def __init__(self, pieces: Sequence[str], tools: list[dict[str, Any]] | None = None) -> None:
        text = SpokenText(TOOLS if tools is None else tools)
        self.pieces = [text.feed(piece) for piece in pieces]
        self.said = "".join(self.pieces) + text.finish()
        self.attempt = text.attempt
        self.calls = [(call.name, call.arguments) for call in complete_calls(text.calls)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heard) and (self.said, self.attempt, self.calls) == (
            other.said,
            other.attempt,
            other.calls,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.said!r} {self.calls} {self.attempt!r}"


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_parted_wherever_it_is_cut(name: str) -> None:
    written, said, calls = WRITTEN[name]
    whole = Heard([written])
    assert (whole.said, whole.calls) == (said, calls)
    assert bool(whole.attempt) == bool(calls)
    assert Heard(written) == whole
    for cut in range(len(written)):
        assert Heard([written[:cut], written[cut:]]) == whole
        assert Heard([written[:cut], written[cut : cut + 2], written[cut + 2 :]]) == whole


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_nearly_a_call_is_neither_spoken_nor_run(name: str) -> None:
    written = BROKEN[name]
    said = "One moment. " if written.startswith("One") else ""
    whole = Heard([written])
    assert (whole.said, whole.calls, whole.attempt) == (said, [], written.removeprefix(said))
    for cut in range(0, len(written), 1 + len(written) // 200):
        assert Heard([written[:cut], written[cut:]]) == whole


_FRAGMENTS = [
    *"<>[]{}`\"': \n,.a|/=_",
    *["tool_call", "think", "name", "get_weather", "TOOL_CALLS", "THINK", "function", "parameter", "arguments", "json"],
    *[
        "<tool_call>",
        "</tool_call>",
        "<think>",
        "</think>",
        "[TOOL_CALLS]",
        "[THINK]",
        "[/THINK]",
        "<|start|>assistant",
        "<|channel|>",
        "commentary",
        "<|message|>",
        "<|end|>",
        "<function=",
        "```",
        "{}",
        "{",
        "}",
    ],
    '{"name": "',
    '"arguments": ',
    '{"city": "Köln"}',
]
_TEXTS = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=3), max_size=25).map("".join)


@settings(max_examples=60)
@given(text=_TEXTS, has_tools=st.booleans(), data=st.data())
def test_whatever_the_pieces_the_same_is_heard(text: str, has_tools: bool, data: st.DataObject) -> None:
    tools = TOOLS if has_tools else []
    whole = Heard([text], tools)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert Heard(pieces, tools) == whole
    assert Heard(text, tools) == whole


@given(text=st.text())
def test_a_text_without_signs_is_what_is_said_at_once(text: str) -> None:
    text = "".join(character for character in text if character not in "<[{`")
    heard = Heard(text)
    assert (heard.pieces, heard.said) == (list(text), text)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["It is ", "sunny."], ["It is ", "sunny."]),
        (["If a <", " b, ", "then"], ["If a ", "< b, ", "then"]),
        (["If a < b, ", "then"], ["If a < b, ", "then"]),
        (["[", "note", "]"], ["", "[note", "]"]),
        (["[note] ", "Hi"], ["[note] ", "Hi"]),
        (["`a <", "tool_call>", " b"], ["`a ", "", ""]),
        (["{", "a", "}"], ["", "{a", "}"]),
        (['{"na', 'me": "K', 'öln"'], ["", '{"name": "K', 'öln"']),
        (["a {", "b"], ["a {", "b"]),
        (["`", "a`"], ["", "`a`"]),
        (["```", "python\n", "print"], ["", "", "```python\nprint"]),
        (["<t", "able>"], ["", "<table>"]),
    ],
)
def test_text_waits_for_no_more_than_what_tells(pieces: list[str], said: list[str]) -> None:
    assert Heard(pieces).pieces == said


@pytest.mark.parametrize("written", [HERMES, BARE, "[TOOL_CALLS]get_time{}", "</tool_call>", "<function=a>"])
def test_without_tools_a_call_is_text(written: str) -> None:
    heard = Heard(written, [])
    assert (heard.said, heard.calls, heard.attempt) == (written, [], "")


def test_without_tools_nothing_waits_that_is_no_thought() -> None:
    pieces = ['{"type": ', '"x"', "<tool_", "call>"]
    assert Heard(pieces, []).pieces == pieces


def test_without_tools_a_thought_is_none_the_less_left_out() -> None:
    assert Heard("<think>A</think>B", []).said == "B"


_BEGINNINGS = [
    "",
    "{",
    "<tool_call>",
    "[TOOL_CALLS]get_time",
    "<think>",
    "<function=get_time>",
    "<tool_call>get_time<arg_key>",
]


@pytest.mark.parametrize(
    "part",
    [
        *("<", "[", "{", "`", '{"', "{}", '"', "\\", " ", "\n{ "),
        *("<think>", "</think>", "<tool_call>", "<function=a>{", "<parameter=a>"),
        *("<arg_key>", "<arg_key>a</arg_key>", "<arg_key>a</arg_key><arg_value>"),
    ],
)
def test_the_work_grows_with_the_text_and_not_with_its_square(part: str) -> None:
    """With its square, this would take minutes."""
    for beginning in _BEGINNINGS:
        Heard([beginning, *[part] * 5_000])
        Heard([beginning + part * 20_000 + "</tool_call>"])


@pytest.mark.parametrize("part", ['\\"', "\\\\", "x"])
def test_a_text_without_an_end_is_read_once(part: str) -> None:
    """From each of its quotation marks anew, it would take half an hour."""
    written = '<tool_call>{"name": "get_time", "arguments": {"a": "' + part * 300_000
    assert Heard([written]).attempt == written


@pytest.mark.parametrize("blanks", [100, 254, 255, 256, 257, 300])
def test_an_object_tells_soon_what_it_calls(blanks: int) -> None:
    written = "{" + " " * blanks + BARE[1:]
    whole = Heard([written])
    assert Heard(written) == whole
    assert bool(whole.calls) is (blanks == 100)


# --- the provider --------------------------------------------------------------------------------------------------


def reply(text: str, *, finish: str = "stop", streams: bool = True, **message: Any) -> Reply:
    """Return an answer of that text: a chunk for each character, or all at once."""
    if not streams:
        return json_reply({"choices": [{"message": {"content": text, **message}, "finish_reason": finish}]})
    chunks = [*(delta(character) for character in text), *([delta(**message)] if message else []), delta(finish=finish)]
    return sse_reply(*map(frame, chunks), frame("[DONE]"))


def answers(text: str, **message: Any) -> list[LLMResponse]:
    """Return what a turn makes of a text, streamed and whole; the pieces of the stream are its content."""

    async def test() -> list[LLMResponse]:
        script = (reply(text, **message), reply(text, streams=False, **message))
        async with scripted_server(*script) as server, compatible(server) as provider:
            *pieces, streamed = await collect(provider.stream_turn(HELLO, TOOLS))
            assert isinstance(streamed, LLMResponse)
            assert "".join(map(str, pieces)).strip() == (streamed.content or "").strip()
            return [streamed, await provider.chat(HELLO, TOOLS)]

    return run(test())


@pytest.mark.parametrize(
    "name", ["Hermes behind words", "Llama, bare and twice", "Mistral, newer, twice", "Qwen's coder", "a thought"]
)
def test_a_turn_has_what_is_written_as_what_it_is_meant_to_be(name: str) -> None:
    written, said, calls = WRITTEN[name]
    for answer in answers(written):
        assert answer.content == (said if said.strip() else None)
        assert [(call.name, call.arguments) for call in answer.tool_calls] == calls
        assert answer.finish_reason is (FinishReason.TOOL_CALLS if calls else FinishReason.STOP)
        assert len({call.id for call in answer.tool_calls}) == len(calls)


def errors_of(text: str) -> list[tuple[str, ProviderError]]:
    """Return what is said of a text before a turn fails on it, streamed and whole, and how it fails."""

    async def test() -> list[tuple[str, ProviderError]]:
        script = (reply(text), reply(text, streams=False))
        async with scripted_server(*script) as server, compatible(server) as provider:
            said: list[str] = []

            async def speak() -> None:
                async for piece in provider.stream_turn(HELLO, TOOLS):
                    assert isinstance(piece, str)
                    said.append(piece)

            streamed = await error_of(speak)
            return [("".join(said), streamed), ("", await error_of(lambda: provider.chat(HELLO, TOOLS)))]

    return run(test())


@pytest.mark.parametrize("name", ["no such tool", "no such function", "cut off", "cut off in its marker", "braces"])
def test_the_error_of_a_broken_call_is_known_by_its_words(name: str) -> None:
    written = BROKEN[name]
    said = "One moment. " if written.startswith("One") else ""
    (spoken, streamed), (_, whole) = errors_of(written)
    assert spoken == said
    for error in (streamed, whole):
        assert type(error) is InvalidResponse
        assert error.reason == InvalidResponse.why_garbled_call
        assert "tool_use_failed" in str(error)
        assert written.removeprefix(said)[:20] in str(error)
        assert "not found" not in str(error)
        assert len(str(error)) < 1000


CALLED = [{"index": 0, "id": "c1", "function": {"name": "get_time", "arguments": "{}"}}]


@pytest.mark.parametrize("written", [HERMES, BROKEN["no such tool"], "</tool_call>"])
def test_the_servers_own_calls_count_alone(written: str) -> None:
    for answer in answers(written, tool_calls=CALLED):
        assert (answer.content, answer.tool_calls) == (None, [ToolCall("c1", "get_time", {})])


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("Hm, sunny?\n\nYes.\n</think>\n\nIt is sunny.", "It is sunny."),
        (f"Hm, sunny?\n</think>\n\n{HERMES}", None),
        ("Hm, sunny?\n</think>", None),
        ("Hm, sunny?\r\n</think>\r\nIt is sunny.", "It is sunny."),
        ("<think>\nHm.\n</think>\nIt is sunny.", "It is sunny."),
        ("It is sunny.\n<think>\nHm.\n</think>\nAnd warm.", "It is sunny.\nAnd warm."),
        ("It ends with `</think>`.\nSee?", "It ends with `</think>`.\nSee?"),
    ],
)
def test_a_whole_answer_may_begin_within_a_thought(written: str, content: str | None) -> None:
    async def test() -> LLMResponse:
        async with scripted_server(reply(written, streams=False)) as server, compatible(server) as provider:
            return await provider.chat(HELLO, TOOLS)

    answer = run(test())
    assert (None if answer.content is None else answer.content.strip()) == content
    assert bool(answer.tool_calls) is (HERMES in written)


def test_the_signs_that_a_server_leaves_behind_a_name_are_none_of_it() -> None:
    called = [{"index": 0, "id": "c1", "function": {"name": "get_time<|channel|>commentary", "arguments": "{}"}}]
    for answer in answers("", tool_calls=called):
        assert answer.tool_calls == [ToolCall("c1", "get_time", {})]


def test_a_value_that_may_be_a_text_is_one() -> None:
    house = tool("house")
    house["function"]["parameters"]["properties"] = {
        "number": {"type": ["string", "null"]},
        "floor": {"type": ["integer", "null"]},
    }
    written = "<function=house><parameter=number>12</parameter><parameter=floor>3</parameter></function>"
    assert Heard([written], [house]).calls == [("house", {"number": "12", "floor": 3})]


def test_a_blank_text_is_none() -> None:
    for answer in answers(" \n"):
        assert answer.content is None


def stream(text: str, tools: list[dict[str, Any]] | None) -> str | ProviderError:
    """Return what is streamed of an answer that should have no calls, or its error."""

    async def test() -> str | ProviderError:
        async with scripted_server(reply(text)) as server, compatible(server) as provider:
            try:
                return "".join([piece async for piece in provider.chat_stream(HELLO, tools)])
            except ProviderError as error:
                return error

    return run(test())


def test_a_stream_that_may_call_nothing_speaks_no_call_either() -> None:
    """The voice agent asks such a stream once more without tools where it fails."""
    failure = stream(HERMES, TOOLS)
    assert isinstance(failure, InvalidResponse)
    assert "tool_use_failed" in str(failure)
    assert stream(f"It is sunny.\n{HERMES}", TOOLS) == "It is sunny.\n"
    assert stream(HERMES, None) == HERMES
    assert stream("<think>Hm.</think>Sunny.", None) == "Sunny."
    assert isinstance(stream("<think>Hm.", None), EmptyAnswer)
