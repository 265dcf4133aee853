"""What the chat's answers are measured by, which of them count, and what is kept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.app.chat_services import ChatServices
from caal_desktop.catalogue.fitness.assessment import ReasonCode, voice_fitness
from caal_desktop.catalogue.fitness.evidence import Evidence, Measured
from caal_desktop.llm.events import UsageReport
from caal_desktop.llm.models.info import ModelInfo, ReasoningPolicy
from caal_desktop.llm.providers.registry import PROVIDER_NAMES
from caal_desktop.services.chat.answered_turn import AnsweredTurn
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.conversation import AnswerFacts, AnswerStatus, Attachment
from caal_desktop.services.chat.measurements import LONGEST_PROMPT_TOKENS, Measurements
from caal_desktop.services.chat.turn_silence import turn_silence
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.choices import ProviderSort, Reasoning
from caal_desktop.storage.settings.schema import Settings
from tests.support.qt_loop import run_async
from tests.support.scripted_server import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.services.chat.chat_request import ChatRequest
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.support.scripted_server import ScriptedServer

TODAY = date(2026, 11, 26)
MODEL = "openai/gpt-5.4-nano"
OPENROUTER = Connection("openrouter")
KNOWN = ModelInfo(id=MODEL, name=MODEL, reasoning=ReasoningPolicy(efforts=("low", "high")))
SETTINGS = Settings()
FACTS = AnswerFacts(
    MODEL, model=MODEL, first_token_s=0.5, last_token_s=1.5, usage=UsageReport(prompt_tokens=40, completion_tokens=60)
)
# However slow the machine is on which this runs.
MEASURED = frozenset({ReasonCode.MEASURED_SOON, ReasonCode.MEASURED_LATE})
PROMPT: tuple[Mapping[str, Any], ...] = ({"role": "user", "content": "Hello"},)


# --- one answer


@pytest.mark.parametrize(
    ("facts", "characters", "seconds"),
    [
        (FACTS, 240, 1.5),
        (replace(FACTS, duration_s=2.5), 240, 1.5),  # what comes after the last word is not waited for
        (replace(FACTS, usage=UsageReport(completion_tokens=160, reasoning_tokens=100)), 240, 1.5),
        (
            replace(FACTS, usage=UsageReport(completion_tokens=160), reasoning_s=0.4),
            240,
            1.5,
        ),  # thoughts not told apart
        (replace(FACTS, usage=None), 240, 1.5),
        (replace(FACTS, usage=UsageReport()), 240, 1.5),
        (replace(FACTS, usage=UsageReport(completion_tokens=0)), 240, 1.5),
        (replace(FACTS, last_token_s=0.5), 240, 0.5),
        (replace(FACTS, first_token_s=None, last_token_s=None), 0, None),
        (replace(FACTS, was_repeated=True), 240, None),
        (replace(FACTS, first_token_s=math.nan), 240, None),
        (replace(FACTS, last_token_s=0.4), 240, None),
    ],
)
def test_the_silence_of_an_answer(facts: AnswerFacts, characters: int, seconds: float | None) -> None:
    assert turn_silence(facts, characters) == (None if seconds is None else pytest.approx(seconds))


# --- which answers count, and for what


@pytest.fixture
def make(qt_loop: object, tmp_path: Path) -> Iterator[Callable[..., Measurements]]:
    made: list[Measurements] = []

    def start(today: date = TODAY) -> Measurements:
        made.append(Measurements(tmp_path, today=lambda: today))
        return made[-1]

    yield start
    for one in made:
        run_async(one.close())


def request_for(
    settings: Settings = SETTINGS,
    options: ChatOptions | None = None,
    connection: Connection = OPENROUTER,
    known: ModelInfo | None = KNOWN,
) -> ChatRequest:
    return chat_request(settings, connection, known, options, model_id=MODEL)


def answered(request: ChatRequest | None = None, facts: AnswerFacts = FACTS, **fields: Any) -> AnsweredTurn:
    return replace(AnsweredTurn(request or request_for(), PROMPT, facts, 240), **fields)


def told(
    measurements: Measurements, settings: Settings = SETTINGS, connection: Connection = OPENROUTER
) -> Measured | None:
    return measurements.measured(connection, settings).get(MODEL)


def with_settings(**values: Any) -> Settings:
    return replace(SETTINGS, **values)


def prompt_of(characters: int) -> dict[str, Any]:
    """Return the fields of a turn whose prompt's tokens the server does not tell."""
    facts = replace(FACTS, usage=UsageReport(completion_tokens=60))
    return {"messages": ({"role": "user", "content": "x" * characters},), "facts": facts}


def prompt_tokens(count: int) -> dict[str, Any]:
    return {"facts": replace(FACTS, usage=UsageReport(prompt_tokens=count, completion_tokens=60))}


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        (prompt_tokens(LONGEST_PROMPT_TOKENS), True),
        (prompt_tokens(LONGEST_PROMPT_TOKENS + 1), False),
        (prompt_of(4 * LONGEST_PROMPT_TOKENS), True),
        (prompt_of(4 * LONGEST_PROMPT_TOKENS + 4), False),
        ({"messages": ({"role": "user", "content": [{"type": "text", "text": "File"}]},)}, False),
        ({"facts": replace(FACTS, was_repeated=True)}, False),
        ({"facts": replace(FACTS, first_token_s=None, last_token_s=None)}, False),  # it called tools alone
        ({"facts": replace(FACTS, model=None)}, True),
        # A router, or another name of the same model: it is the model that was asked that was slow.
        ({"facts": replace(FACTS, model="gpt-5.4-nano-2026-03-17")}, True),
    ],
)
def test_an_answer_counts_that_says_something_of_a_voice_turn(
    make: Callable[..., Measurements], fields: dict[str, Any], counts: bool
) -> None:
    measurements = make()
    measurements.add(answered(**fields))
    assert told(measurements) == (Measured(pytest.approx(1.5), 1, TODAY) if counts else None)


@pytest.mark.parametrize(
    ("answered_by", "counts"),
    [
        (MODEL, True),
        (f"{MODEL}-2026-03-17", True),
        (None, True),
        ("openai/gpt-5", False),
        ("openai/gpt-5.4-nano-pro", False),
        ("openai/gpt-5.4-nano-pro-2026-03-17", False),
        ("somebody/else", False),
    ],
)
def test_a_fallback_models_answer_says_nothing_of_the_one_that_was_asked(
    make: Callable[..., Measurements], answered_by: str | None, counts: bool
) -> None:
    settings = with_settings(fallback_models=("openai/gpt-5", "openai/gpt-5.4-nano-pro"))
    measurements = make()
    measurements.add(answered(request_for(settings), replace(FACTS, model=answered_by)))
    assert (told(measurements, settings) is not None) is counts


@pytest.mark.parametrize(
    ("request_of_answer", "settings", "counts"),
    [
        (request_for(), SETTINGS, True),
        (request_for(with_settings(temperature=1.5)), SETTINGS, True),
        # The user let it think more than a voice turn does, or as much as it likes.
        (request_for(options=ChatOptions(reasoning="high")), SETTINGS, False),
        (request_for(with_settings(reasoning=Reasoning.HIGH)), SETTINGS, False),
        (request_for(options=ChatOptions(model_defaults=True)), SETTINGS, False),
        # Of a model of which nothing is known, it is not known whether it thinks.
        (request_for(known=None), SETTINGS, False),
        # A chat that is set to think does not make the voice do so.
        (request_for(), with_settings(reasoning=Reasoning.HIGH), True),
        # Other hosts may answer now.
        (request_for(), with_settings(quick_hosts=True), False),
        (request_for(), with_settings(allowed_providers=("groq",)), False),
        (request_for(with_settings(quick_hosts=True)), SETTINGS, False),
        (request_for(with_settings(quick_hosts=True)), with_settings(quick_hosts=True), True),
        (
            request_for(with_settings(provider_sort=ProviderSort.LATENCY)),
            with_settings(provider_sort=ProviderSort.LATENCY),
            True,
        ),
        (
            request_for(with_settings(provider_sort=ProviderSort.LATENCY)),
            with_settings(provider_sort=ProviderSort.PRICE),
            False,
        ),
    ],
)
def test_an_answer_counts_for_what_is_asked_in_the_same_way(
    make: Callable[..., Measurements], request_of_answer: ChatRequest, settings: Settings, counts: bool
) -> None:
    measurements = make()
    measurements.add(answered(request_of_answer))
    assert (told(measurements, settings) is not None) is counts


def test_elsewhere_than_at_openrouter_an_answer_counts_before_the_list_is_known(
    make: Callable[..., Measurements],
) -> None:
    measurements, groq = make(), Connection("groq")
    measurements.add(answered(request_for(connection=groq, known=None)))
    assert told(measurements, connection=groq) is not None


def test_another_server_is_another_machine(make: Callable[..., Measurements]) -> None:
    here, there = (
        Connection("ollama", address="http://localhost:11434"),
        Connection("ollama", address="http://nas:11434"),
    )
    measurements = make()
    measurements.add(answered(request_for(connection=here)))
    assert told(measurements, connection=here) is not None
    assert told(measurements, connection=there) is None
    assert told(measurements) is None


def test_a_change_is_told_once_an_answer_counts(make: Callable[..., Measurements]) -> None:
    measurements, changes = make(), []
    measurements.changed.connect(lambda: changes.append(told(measurements)))
    measurements.add(answered(facts=replace(FACTS, was_repeated=True)))
    assert changes == []
    measurements.add(answered())
    assert changes == [Measured(pytest.approx(1.5), 1, TODAY)]


# --- what is kept


def answer_after(seconds: float, request: ChatRequest | None = None) -> AnsweredTurn:
    return answered(request, replace(FACTS, first_token_s=seconds, last_token_s=seconds + 1.0))


def end(measurements: Measurements) -> None:
    """End a run of the program that lasted long enough for its files to be read."""
    for provider in PROVIDER_NAMES:
        run_async(measurements._scope.wait(f"read {provider}"))
    run_async(measurements.close())


def known_again(make: Callable[..., Measurements], today: date = TODAY, **asked: Any) -> Measured | None:
    """Return what the next run of the program knows."""
    measurements = make(today)
    told(measurements, **asked)
    run_async(measurements._scope.wait("read openrouter"))
    return told(measurements, **asked)


def test_the_next_run_knows_the_last_five_of_each_kind(make: Callable[..., Measurements], tmp_path: Path) -> None:
    first, quick = make(), with_settings(quick_hosts=True)
    for seconds in (9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0):
        first.add(answer_after(seconds))
    first.add(answer_after(0.2, request_for(quick)))
    end(first)
    assert known_again(make) == Measured(4.0, 5, TODAY)
    assert known_again(make, settings=quick) == Measured(1.2, 1, TODAY)
    kept = json.loads((tmp_path / "openrouter.measured").read_text())["turns"]
    assert len(kept) == 6
    assert set().union(*kept) == {"source", "model", "way", "seconds", "day"}, "no word of prompt or answer"


def test_what_comes_after_the_end_begins_nothing_anew(make: Callable[..., Measurements]) -> None:
    measurements = make()
    told(measurements)
    end(measurements)
    measurements.add(answered())
    assert told(measurements) is None
    assert measurements._writers == {}
    assert known_again(make) is None


def test_what_was_measured_before_the_file_was_read_is_added_to_it(make: Callable[..., Measurements]) -> None:
    first = make()
    first.add(answer_after(1.0))
    end(first)
    second = make()
    second.add(answer_after(3.0))  # reads the file behind its back
    run_async(second._scope.wait("read openrouter"))
    assert told(second) == Measured(2.0, 2, TODAY)
    end(second)
    assert known_again(make) == Measured(2.0, 2, TODAY)


def test_after_thirty_days_it_is_forgotten(make: Callable[..., Measurements], tmp_path: Path) -> None:
    first = make()
    first.add(answered())
    end(first)
    assert known_again(make, TODAY + timedelta(days=30)) is not None
    assert known_again(make, TODAY + timedelta(days=31)) is None
    later = make(TODAY + timedelta(days=31))
    later.add(answered())
    end(later)
    (kept,) = json.loads((tmp_path / "openrouter.measured").read_text())["turns"]
    assert kept["day"] == (TODAY + timedelta(days=31)).isoformat()


def test_everything_can_be_forgotten(make: Callable[..., Measurements], tmp_path: Path) -> None:
    first = make()
    first.add(answered())
    first.add(answered(request_for(connection=Connection("groq"))))
    end(first)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["groq.measured", "openrouter.measured"]
    second, changes = make(), []
    second.add(answered())  # and what is being read meanwhile does not come back
    second.changed.connect(lambda: changes.append(told(second)))
    second.clear()
    assert changes == [None]
    end(second)
    assert list(tmp_path.iterdir()) == []
    assert told(second) is None


# --- with the rest of the program


def view_of(parts: Parts) -> CatalogueView:
    view = parts.catalogue.current.view
    assert view is not None
    return view


def ask(parts: Parts, connection: Connection, model_id: str, attachments: tuple[Attachment, ...] = ()) -> AnswerStatus:
    """Ask as the chat does."""
    model = parts.catalogue.current.find(model_id)
    parts.chat.send("Hello", chat_request(parts.settings.current, connection, model, model_id=model_id), attachments)
    parts.until(lambda: not parts.chat.is_busy, "the end of the answer")
    return parts.chat.messages[-1].status


def test_the_list_is_judged_by_an_answer_once_it_has_ended(parts: Parts, demo: DemoControl) -> None:
    connection = Connection("openrouter", demo.key)
    parts.open_catalogue(connection)
    model = parts.catalogue.current.find(MODEL)
    assert model is not None
    busy_at_changes: list[bool] = []
    parts.catalogue.changed.connect(lambda _now: busy_at_changes.append(parts.chat.is_busy))
    assert ask(parts, connection, MODEL) is AnswerStatus.COMPLETE
    parts.until(lambda: view_of(parts).figures.measured, "the judgement")
    assert busy_at_changes == [False]
    measured = view_of(parts).figures.measured[MODEL]
    facts = parts.chat.messages[-1].facts
    assert facts is not None
    assert measured.seconds == turn_silence(facts, len(parts.chat.messages[-1].text))
    fitness = voice_fitness(model, view_of(parts).today, view_of(parts).figures)
    assert fitness.silence is not None
    assert fitness.silence.evidence is Evidence.MEASURED
    (words,) = (one.message.in_words() for one in fitness.reasons if one.code in MEASURED)
    assert "measured here in 1 answer" in words


def test_an_answer_that_was_stopped_cut_or_waited_for_is_not_measured(parts: Parts, demo: DemoControl) -> None:
    connection = Connection("openrouter", demo.key)
    parts.open_catalogue(connection)
    turns: list[AnsweredTurn] = []
    parts.chat.answered.connect(turns.append)
    demo.fault("cut_after", 4, times=1)
    assert ask(parts, connection, MODEL) is AnswerStatus.FAILED
    demo.fault("stall_after", 4, times=1)
    parts.chat.send("Hello", chat_request(parts.settings.current, connection, model_id=MODEL))
    parts.until(lambda: parts.chat.messages[-1].parts, "the first words")
    parts.chat.stop()
    parts.until(lambda: not parts.chat.is_busy, "the stop")
    assert turns == []
    demo.fault("server_error_500", times=1)
    assert ask(parts, connection, MODEL) is AnswerStatus.COMPLETE
    assert turns[-1].facts.was_repeated
    assert ask(parts, connection, MODEL, (Attachment("a.txt", "text/plain", "word " * 10),)) is AnswerStatus.COMPLETE
    assert len(turns) == 2
    assert not view_of(parts).figures.measured
    parts.chat.clear()
    assert ask(parts, connection, MODEL) is AnswerStatus.COMPLETE
    parts.until(lambda: view_of(parts).figures.measured, "the control")


def test_the_rest_of_an_answer_is_measured_by_its_own_figures(parts: Parts, demo: DemoControl) -> None:
    connection = Connection("openrouter", demo.key)
    turns: list[AnsweredTurn] = []
    parts.chat.answered.connect(turns.append)
    demo.fault("truncated", 5, times=1)
    ask(parts, connection, MODEL)
    parts.chat.continue_answer(chat_request(parts.settings.current, connection, model_id=MODEL))
    parts.until(lambda: not parts.chat.is_busy, "the rest")
    first, rest = turns
    assert rest.facts is not first.facts
    assert first.characters + rest.characters == len(parts.chat.messages[-1].text)
    assert min(first.characters, rest.characters) > 0


def ollama_lines(*texts: str) -> Reply:
    """Return an answer of Ollama's."""
    rows = [{"model": "qwen3:8b", "message": {"role": "assistant", "content": text}, "done": False} for text in texts]
    end = {"model": "qwen3:8b", "message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 60}
    steps = tuple(json.dumps(row).encode() + b"\n" for row in [*rows, end])
    return Reply(steps, content_type="application/x-ndjson")


def test_a_model_of_ones_own_computer_gets_a_verdict(parts: Parts, serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ollama_lines("It is", " late."))
    details = {"capabilities": ["completion", "tools"], "model_info": {"qwen3.context_length": 40_960}}
    server.gets = [json_reply({"models": [{"name": "qwen3:8b", "model": "qwen3:8b"}]})]
    server.script = [json_reply(details), ollama_lines("It is", " late.")]
    connection = Connection("ollama", address=server.url)
    parts.open_catalogue(connection)
    (model,) = view_of(parts).models
    assert ask(parts, connection, model.id) is AnswerStatus.COMPLETE
    parts.until(lambda: view_of(parts).figures.measured, "the judgement")
    fitness = voice_fitness(model, view_of(parts).today, view_of(parts).figures)
    assert not MEASURED.isdisjoint(reason.code for reason in fitness.reasons)


def test_a_list_that_comes_later_is_judged_by_earlier_runs(make_parts: Callable[..., Parts], demo: DemoControl) -> None:
    connection = Connection("openrouter", demo.key)
    first = make_parts()
    first.open_catalogue(connection)
    ask(first, connection, MODEL)
    first.close()
    second = make_parts()
    second.open_catalogue(connection)
    second.until(lambda: view_of(second).figures.measured, "what was kept")
    assert view_of(second).figures.measured[MODEL].turns == 1


def test_chat_and_trial_are_measured_and_a_comparison_is_not(parts: Parts, demo: DemoControl, tmp_path: Path) -> None:
    """Models that are asked at the same time make each other slower, on a computer of one's own above all."""
    turns: list[AnsweredTurn] = []
    services = ChatServices(parts.pool, parts.settings, AppPaths.below(tmp_path / "profile"), turns.append)
    request = chat_request(parts.settings.current, Connection("openrouter", demo.key), model_id=MODEL)
    trial = services.new_chat()
    for count, chat in enumerate((services.begin_compared(), services.chat, trial)):
        chat.send("Hello", request)
        parts.until(lambda one=chat: not one.is_busy, "the answer")
        assert len(turns) == count
    run_async(trial.close())
    run_async(services.close())
