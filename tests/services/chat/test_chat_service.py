"""A conversation over the real demo server: streaming, versions, stopping, going on, and what is sent."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QTimer

from caal_desktop.llm.errors import EmptyAnswer, StreamInterrupted
from caal_desktop.llm.events import FinishReason
from caal_desktop.llm.models.info import ModelInfo, ReasoningPolicy
from caal_desktop.services.chat.chat_options import ChatOptions, efforts_of, reasoning_field
from caal_desktop.services.chat.chat_request import ChatRequest, chat_request
from caal_desktop.services.chat.chat_service import MAX_TOOL_CALLS
from caal_desktop.services.chat.conversation import AnswerStatus, Attachment, Role
from caal_desktop.services.chat.pause import Pause
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.settings.schema import Settings
from tests.support.scripted_server import delta, frame, sse_reply, text_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.support.scripted_server import ScriptedServer

MODEL = "openai/gpt-5.4-nano"
REASONER = "deepseek/deepseek-r1-0528"


@pytest.fixture
def ask(demo: DemoControl) -> ChatRequest:
    connection = replace(Connection("openrouter", demo.key), max_retries=0)
    return ChatRequest(connection, MODEL, reasoning={"enabled": False})


def ended(parts: Parts) -> Any:
    parts.until(lambda: not parts.chat.is_busy, "the end of the answer")
    return parts.chat.messages[-1]


def sent(demo: DemoControl) -> Any:
    return demo.requests("/chat/completions")[-1]["body"]


def test_an_answer_streams_with_its_facts(parts: Parts, ask: ChatRequest) -> None:
    texts: list[str] = []
    parts.chat.textArrived.connect(lambda _index, text: texts.append(text))
    parts.chat.send("Hello", ask)
    answer = ended(parts)
    assert answer.status is AnswerStatus.COMPLETE
    assert "".join(texts) == answer.text != ""
    facts = answer.facts
    assert (facts.model, facts.provider, facts.finish_reason) == (MODEL, "OpenAI", FinishReason.STOP)
    assert facts.usage.cost > 0
    assert 0 < facts.first_token_s <= facts.duration_s
    assert facts.reasoning_s is None


def test_reasoning_is_kept_apart_and_timed(parts: Parts, ask: ChatRequest) -> None:
    parts.chat.send("Hello", replace(ask, model=REASONER, reasoning=None))
    answer = ended(parts)
    assert answer.reasoning
    assert answer.reasoning not in answer.text
    assert answer.facts.reasoning_s is not None


def test_an_answer_asked_for_again_is_another_version(parts: Parts, ask: ChatRequest) -> None:
    parts.chat.send("Hello", ask)
    first = ended(parts)
    parts.chat.regenerate(1, replace(ask, model="openai/gpt-5.4-nano"))
    second = ended(parts)
    assert second is not first
    assert parts.chat.conversation.siblings(second) == [first, second]
    parts.chat.show_version(1, -1)
    assert parts.chat.messages[1] is first
    parts.chat.show_version(1, -1)
    assert parts.chat.messages[1] is first, "there is none before the first"


def test_an_empty_failure_is_not_kept_as_a_version(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("no_credit", times=1)
    parts.chat.send("Hello", ask)
    assert ended(parts).status is AnswerStatus.FAILED
    parts.chat.regenerate(1, ask)
    answer = ended(parts)
    assert answer.status is AnswerStatus.COMPLETE
    assert parts.chat.conversation.siblings(answer) == [answer]


def test_a_message_in_another_wording_keeps_the_first_and_its_answers(parts: Parts, ask: ChatRequest) -> None:
    parts.chat.send("Hello", ask)
    ended(parts)
    parts.chat.send("And more", ask)
    ended(parts)
    parts.chat.resend(0, "Good morning", ask)
    ended(parts)
    assert [m.text for m in parts.chat.messages if m.role is Role.USER] == ["Good morning"]
    parts.chat.show_version(0, -1)
    assert [m.text for m in parts.chat.messages if m.role is Role.USER] == ["Hello", "And more"]


def test_deleting_a_message_leaves_the_others(parts: Parts, ask: ChatRequest) -> None:
    parts.chat.send("One", ask)
    ended(parts)
    parts.chat.send("Two", ask)
    ended(parts)
    parts.chat.delete(1)
    assert [m.role for m in parts.chat.messages] == [Role.USER, Role.USER, Role.ASSISTANT]


def test_a_stopped_answer_keeps_its_text_and_learns_its_cost(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("stall_after", 4, times=1)
    parts.chat.send("Hello", ask)
    parts.until(lambda: len(parts.chat.messages[-1].parts) >= 1, "the first words")
    parts.chat.stop()
    answer = ended(parts)
    assert answer.status is AnswerStatus.STOPPED
    assert answer.text
    parts.until(lambda: answer.facts.usage is not None, "the cost from /generation")
    assert answer.facts.usage.cost > 0
    assert demo.requests("/generation")


def test_an_answer_that_was_cut_goes_on_in_the_same_message(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("truncated", 5, times=1)
    parts.chat.send("Hello", ask)
    answer = ended(parts)
    assert answer.facts.finish_reason is FinishReason.LENGTH
    beginning, cost = answer.text, answer.facts.usage.cost
    parts.chat.continue_answer(ask)
    assert ended(parts) is answer
    assert answer.text.startswith(beginning)
    assert len(answer.text) > len(beginning)
    assert answer.facts.usage.cost > cost
    assert [m["role"] for m in sent(demo)["messages"]] == ["user", "assistant", "user"]
    assert len(parts.chat.messages) == 2


def test_what_came_before_a_break_is_kept(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("cut_after", 4)
    parts.chat.send("Hello", ask)
    answer = ended(parts)
    assert isinstance(answer.error, StreamInterrupted)
    assert answer.text


def test_tool_calls_are_put_together(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("two_tool_calls")
    parts.chat.send("Hello", ask)
    answer = ended(parts)
    assert answer.status is AnswerStatus.COMPLETE
    assert len(answer.tool_calls) == 2
    assert all(call.name and call.arguments for call in answer.tool_calls)


def test_a_server_that_is_faster_than_the_window_does_not_keep_it_from_being_drawn(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts], ask: ChatRequest
) -> None:
    """All comes in one piece, so that reading on never has to wait for anything."""
    count = 100
    answer = frame(delta("Hello")) + frame(delta(finish="stop")) + frame("[DONE]")
    parts = make_parts(serve(sse_reply(b": wait\n\n" * count + answer)).base_url)
    turns = 0
    seen: list[int] = []

    def note_turn() -> None:
        nonlocal turns
        turns += 1

    def take_time(_index: int) -> None:
        seen.append(turns)
        time.sleep(0.002)

    window = QTimer(interval=0)
    window.timeout.connect(note_turn)
    window.start()
    parts.chat.keptAlive.connect(take_time)
    parts.chat.send("Hello", ask)
    assert ended(parts).text == "Hello"
    window.stop()
    assert len(seen) == count
    # Some 0.2 s of work: at the most every 8 ms the window gets a turn.
    assert seen[-1] - seen[0] >= 10


def test_a_pause_is_told_and_can_be_left(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    pauses: list[tuple[int, Pause]] = []
    parts.chat.paused.connect(lambda index, pause: pauses.append((index, pause)))
    demo.fault("rate_limit", 0, times=1, path="/chat/completions")
    patient = replace(ask, connection=replace(ask.connection, max_retries=1))
    parts.chat.send("Hello", patient)
    assert ended(parts).status is AnswerStatus.COMPLETE
    assert pauses == [(1, Pause("OpenRouter", 0.0, 429, is_asked=True))]
    demo.fault("rate_limit", 8, path="/chat/completions")
    parts.chat.send("Hello", patient)
    parts.until(lambda: len(pauses) > 1, "the next pause")
    assert pauses[1] == (3, Pause("OpenRouter", 8.0, 429, is_asked=True))
    asked = len(demo.requests("/chat/completions"))
    parts.chat.stop()
    assert ended(parts).status is AnswerStatus.STOPPED
    assert len(demo.requests("/chat/completions")) == asked


def test_tool_calls_beyond_the_bound_are_left_out(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts], ask: ChatRequest
) -> None:
    """How many come is the server's word: a billion must not fill the memory. Their index is no word of how many."""
    indices = (*range(MAX_TOOL_CALLS - 1), 100_000, 10**9)
    calls = [{"index": i, "id": f"call_{i}", "function": {"name": f"tool_{i}", "arguments": "{}"}} for i in indices]
    chunks = [frame(delta(tool_calls=[call])) for call in calls]
    answer = sse_reply(*chunks, frame(delta(finish="tool_calls")), frame("[DONE]"))
    parts = make_parts(serve(answer).base_url)
    parts.chat.send("Hello", ask)
    kept = ended(parts).tool_calls
    assert len(kept) == MAX_TOOL_CALLS == 64
    assert [call.name for call in kept] == [f"tool_{i}" for i in indices[:-1]]


def test_an_answer_of_nothing_is_a_failure(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    demo.fault("empty_answer")
    parts.chat.send("Hello", ask)
    assert isinstance(ended(parts).error, EmptyAnswer)


def test_an_answer_of_blanks_is_one_of_nothing(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts], ask: ChatRequest
) -> None:
    parts = make_parts(serve(text_stream(" ", "\n\n")).base_url)
    parts.chat.send("Hello", ask)
    answer = ended(parts)
    assert (answer.status, type(answer.error)) == (AnswerStatus.FAILED, EmptyAnswer)


def test_another_conversation_stops_the_answer_and_leaves_it_its_text(
    parts: Parts, ask: ChatRequest, demo: DemoControl
) -> None:
    demo.fault("stall_after", 3)
    parts.chat.send("Hello", ask)
    parts.until(lambda: parts.chat.messages[-1].parts, "the first words")
    answer = parts.chat.messages[-1]
    parts.chat.clear()
    assert parts.chat.messages == []
    assert not parts.chat.is_busy
    assert answer.status is AnswerStatus.STOPPED
    parts.until(lambda: demo.open_streams() == 0, "the end of the stream on the server")


def test_files_go_with_the_message(parts: Parts, ask: ChatRequest, demo: DemoControl) -> None:
    files = (
        Attachment("notes.txt", "text/plain", "the lamp is blue", 16),
        Attachment("dot.png", "image/png", "data:image/png;base64,iVBORw0KGgo=", 8),
    )
    parts.chat.send("What is this?", replace(ask, model="anthropic/claude-opus-4.5"), files)
    ended(parts)
    content = sent(demo)["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url", "text"]
    assert "the lamp is blue" in content[0]["text"]
    assert content[2]["text"] == "What is this?"


# --- what is sent

OPTIONAL = ModelInfo("m", "M", reasoning=ReasoningPolicy(efforts=("low", "high")))
MANDATORY = ModelInfo("m", "M", reasoning=ReasoningPolicy(mandatory=True))
BRIEF = ModelInfo(
    "m", "M", reasoning=ReasoningPolicy(mandatory=True, efforts=("high", "minimal"), default_effort="high")
)
PLAIN = ModelInfo("m", "M")


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (OPTIONAL, None, {"enabled": False}),
        (OPTIONAL, "none", {"enabled": False}),
        (OPTIONAL, "low", {"effort": "low"}),
        (MANDATORY, None, None),
        (MANDATORY, "none", None),
        (MANDATORY, "high", {"effort": "high"}),
        (BRIEF, None, {"effort": "minimal"}),
        (BRIEF, "none", {"effort": "minimal"}),
        (BRIEF, "high", {"effort": "high"}),
        (PLAIN, None, None),
        (PLAIN, "high", None),
        (None, None, None),
        (None, "high", {"effort": "high"}),
    ],
)
def test_reasoning_is_as_little_as_can_be_unless_it_was_chosen(
    model: ModelInfo | None, effort: str | None, expected: object
) -> None:
    assert reasoning_field(model, effort) == expected


def test_the_efforts_to_choose_from() -> None:
    assert efforts_of(OPTIONAL) == ("none", "low", "high")
    assert "none" not in efforts_of(MANDATORY)
    assert efforts_of(PLAIN) == ()


def test_a_parameter_that_the_model_lacks_is_not_sent(parts: Parts, demo: DemoControl) -> None:
    settings = parts.settings.current.with_model(MODEL)
    connection = Connection("openrouter", demo.key)
    lacking = replace(OPTIONAL, id=MODEL, supported_parameters=frozenset({"max_tokens", "reasoning"}))
    parts.chat.send("Hello", chat_request(settings, connection, lacking, ChatOptions(max_tokens=77)))
    ended(parts)
    body = sent(demo)
    assert "temperature" not in body
    assert (body["max_tokens"], body["reasoning"]) == (77, {"enabled": False})
    assert body["messages"][0] == {"role": "system", "content": settings.system_prompt}


@pytest.mark.parametrize(("provider", "takes_reasoning"), [("openrouter", True), ("ollama", True), ("mistral", False)])
def test_reasoning_goes_to_the_providers_that_take_it(provider: str, takes_reasoning: bool) -> None:
    for chosen, asked in ((None, {"enabled": False}), ("low", {"effort": "low"})):
        made = chat_request(Settings(), Connection(provider), OPTIONAL, ChatOptions(reasoning=chosen))
        assert made.reasoning == (asked if takes_reasoning else None)


def test_options_of_a_conversation_survive_their_storage() -> None:
    options = ChatOptions("Be brief.", 0.0, 10, "low", model_defaults=True)
    assert ChatOptions.from_json(options.to_json()) == options
    assert ChatOptions.from_json({"temperature": "hot", "max_tokens": -1, "reasoning": 3, "x": 1}) == ChatOptions()
    assert ChatOptions.from_json(None) == ChatOptions()
