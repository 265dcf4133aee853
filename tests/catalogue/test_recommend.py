"""Which model is preselected, and which one follows a vanished one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, predicted_silence, voice_verdict
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Evidence, Figures, is_own_host
from caal_desktop.catalogue.fitness.recommend import (
    EXPIRES_TOO_SOON,
    REASONABLE_CONTEXT,
    could_be_suggested,
    recommend,
    suggest_replacement,
)
from caal_desktop.catalogue.fitness.silence import Thinking, thinking_of
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.catalogue.listing import ListRequest, ListSection, list_models
from caal_desktop.catalogue.search.naming import naming, naming_of
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing, ReasoningPolicy
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.models.listing import parse_model_list
from tests.support.catalogues import EARLIER_LISTS, RealList, generated_models, on_lists_of_its_month, on_real_lists

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TODAY = date(2026, 8, 22)


def ids_only(*ids: str) -> tuple[ModelInfo, ...]:
    """Return models of which a server tells the ids alone."""
    return parse_model_list({"data": [{"id": model_id, "object": "model"} for model_id in ids]}).models


def chosen(*ids: str) -> str | None:
    """Return the id recommended among some ids."""
    model = recommend(ids_only(*ids), TODAY)
    return model.id if model else None


def taken_away(
    models: Sequence[ModelInfo], count: int, today: date, figures: Figures = NO_FIGURES
) -> Iterator[tuple[ModelInfo, Sequence[ModelInfo]]]:
    """Yield what is recommended of the models, then what is once that is gone, and so on; with what it is chosen of."""
    left = list(models)
    for _ in range(count):
        best = recommend(left, today, figures=figures)
        assert best is not None
        yield best, left
        left.remove(best)


def has_younger_sibling(model: ModelInfo, models: Sequence[ModelInfo], today: date) -> bool:
    """Return whether a model's maker has one for the same price that is less than two years old, and nothing odd."""
    usd = hourly_cost(model).usd
    assert usd is not None
    competence = Competence(models)
    return any(
        other.created is not None
        and today - other.created.date() <= timedelta(days=730)
        and other.author == model.author
        and "tools" in (other.supported_parameters or ())
        and not (other.variant or other.is_alias or other.expiration_date or other.pricing.is_free)
        and not (naming(other).is_specialist or naming(other).is_unfinished or naming(other).is_thinker)
        and not competence.is_weak(other)
        and (other.context_length or 0) >= REASONABLE_CONTEXT
        and 0 < (hourly_cost(other).usd or 0) <= usd
        for other in models
    )


@on_real_lists
def test_what_a_real_list_gives_can_all_be_spoken_with(real: RealList) -> None:
    """Properties, and no names: which of the many is first changes with every list."""
    for best, left in taken_away(real.models, 10, real.day):
        assert voice_verdict(best, real.day) is FitnessVerdict.FIT
        assert "tools" in (best.supported_parameters or ())
        assert best.variant == ""
        assert not best.is_alias
        assert not best.pricing.is_free
        assert (hourly_cost(best).usd or 0) <= 1
        assert best.reasoning is None or not best.reasoning.mandatory
        assert best.created is not None
        if real.day - best.created.date() > timedelta(days=730):
            assert not has_younger_sibling(best, left, real.day), best.id


def any_figures(models: Sequence[ModelInfo]) -> Figures:
    """Return hosts of all kinds for half of the models; the same for the same models."""
    source = random.Random(11)  # noqa: S311 - to be repeated, not to be secret
    told = {
        model.id: tuple(
            EndpointInfo(
                source.choice(("Mine", "Theirs")),
                latency_ms=source.choice((None, source.uniform(150, 3_000))),
                throughput_p75=source.uniform(10, 300),
                uptime=source.choice((None, 99.0, 99.0, 60.0)),
                supported_parameters=source.choice((None, frozenset({"tools"}), frozenset({"stop"}))),
            )
            for _ in range(source.randrange(5))
        )
        for model in sorted(models, key=lambda model: model.id)[::2]
    }
    return Figures(told, ignored=frozenset({"theirs"}))


@on_real_lists
def test_figures_of_any_kind_give_what_can_be_spoken_with_through_a_host_that_is_allowed(real: RealList) -> None:
    """Properties again: never without tools at a host that may answer, and none by its kind before one by figures."""
    models = could_be_suggested(real.models, real.day)
    figures = any_figures(models)
    evidence = []
    for best, _ in taken_away(models, 8, real.day, figures):
        assert voice_verdict(best, real.day, figures) is FitnessVerdict.FIT
        assert best.id not in figures.hosts or figures.speaking_hosts(best.id)
        silence = predicted_silence(best, figures)
        assert silence is not None
        evidence.append(silence.evidence)
    assert evidence[0] is Evidence.HOSTS
    assert evidence == sorted(evidence, key=list(Evidence).index)
    shuffled = random.Random(5).sample(real.models, len(real.models))  # noqa: S311 - to be repeated, not to be secret
    first = recommend(real.models, real.day, figures=figures)
    assert recommend(shuffled, real.day, figures=figures) == first
    assert CatalogueView(real.models, real.day).with_figures(figures).recommended == first


@pytest.mark.parametrize("earlier", EARLIER_LISTS, ids=lambda real: real.name)
def test_earlier_lists_do_not_give_what_may_have_to_think(earlier: RealList) -> None:
    """The list of May has no policies: gpt-5-nano, which took 5 s and more, was its first."""
    best = recommend(earlier.models, earlier.day)
    assert best is not None
    assert thinking_of(best) in (Thinking.NEVER, Thinking.OPTIONAL)


@on_real_lists
def test_the_choice_does_not_hang_on_the_order(real: RealList) -> None:
    models = list(real.models)
    first = recommend(models, TODAY)
    random.Random(7).shuffle(models)  # noqa: S311 - to be repeated, not to be secret
    assert recommend(models, TODAY) == first


@on_real_lists
def test_models_about_to_end_are_passed_over(real: RealList) -> None:
    models = list(real.models)
    best = recommend(models, TODAY)
    assert best is not None
    ending_soon = replace(best, expiration_date=date(2026, 10, 1))
    models[models.index(best)] = ending_soon
    assert recommend(models, TODAY) != ending_soon


def ending(model_id: str, ends: date | None, **fields: Any) -> ModelInfo:
    """Return a model of which all is known and nothing speaks against it, but for its end."""
    known: dict[str, Any] = {
        "context_length": 128_000,
        "input_modalities": ("text",),
        "output_modalities": ("text",),
        "supported_parameters": frozenset({"tools"}),
        "pricing": Pricing(prompt=0.2, completion=1.0),
        "created": datetime(2026, 6, 1, tzinfo=UTC),
    }
    return ModelInfo(id=model_id, name=model_id, expiration_date=ends, **(known | fields))


#: It beats the plain one wherever both may be suggested: all else is equal, and its version is newer.
GOOD, PLAIN = "openai/gpt-5.4-mini", "nobody/gpt-3"


@pytest.mark.parametrize(("days_left", "expected"), [(0, PLAIN), (60, PLAIN), (119, PLAIN), (120, GOOD), (None, GOOD)])
def test_a_model_that_expires_too_soon_is_passed_over(days_left: int | None, expected: str) -> None:
    assert timedelta(days=120) == EXPIRES_TOO_SOON
    ends = None if days_left is None else TODAY + timedelta(days=days_left)
    models = [ending(GOOD, ends), ending(PLAIN, None)]
    best = recommend(models, TODAY)
    assert best is not None
    assert best.id == expected
    assert CatalogueView(models, TODAY).recommended == best


def test_a_model_on_its_last_days_is_better_than_none() -> None:
    last = ending(GOOD, TODAY)
    assert recommend([last], TODAY) == last == suggest_replacement("nobody/nothing", [last], TODAY)


# --- what the points are made of


def first_of(*models: ModelInfo, figures: Figures = NO_FIGURES) -> str:
    """Return the id that is recommended, in whichever order they are listed, and as a view has it."""
    (one,) = {
        best.id
        for listed in (models, models[::-1])
        for best in (
            recommend(listed, TODAY, figures=figures),
            CatalogueView(listed, TODAY).with_figures(figures).recommended,
        )
        if best is not None
    }
    return one


def hosts(**latency_ms: float) -> Figures:
    """Return figures of one host each, of ``a_b`` for the model ``a/b``."""
    return Figures(
        {
            name.replace("_", "/"): (EndpointInfo("Host", latency_ms=ms, throughput_p75=100),)
            for name, ms in latency_ms.items()
        }
    )


CHEAP = Pricing(prompt=0.01, completion=0.01)
A, B = ending("maker/a", None), ending("maker/b", None)


def test_no_name_is_preferred_where_a_price_or_a_policy_is_told() -> None:
    """The words of the name and the maker's fame, each of which used to win."""
    dearer = ending("openai/gpt-9-mini-flash", None, pricing=Pricing(prompt=0.4, completion=1.0))
    assert first_of(dearer, ending("nobody/pro-large-3", None)) == "nobody/pro-large-3"


def test_what_has_figures_comes_before_what_has_none() -> None:
    assert first_of(A, B, figures=hosts(maker_b=1_700)) == "maker/b"
    assert first_of(A, B, figures=hosts(maker_a=1_700)) == "maker/a"
    assert first_of(A, B, figures=hosts(maker_a=1_700, maker_b=400)) == "maker/b"
    assert first_of(A, B, figures=hosts(maker_a=400, maker_b=1_700)) == "maker/a"


def test_figures_that_speak_against_it_count_too() -> None:
    assert first_of(A, B, figures=hosts(maker_a=9_000)) == "maker/b"
    assert first_of(A, B, figures=hosts(maker_b=9_000)) == "maker/a"
    no_tools = (EndpointInfo("Host", latency_ms=100, throughput_p75=500, supported_parameters=frozenset({"stop"})),)
    assert first_of(A, B, figures=Figures({"maker/a": no_tools})) == "maker/b"
    assert first_of(A, B, figures=Figures({"maker/b": no_tools})) == "maker/a"


def test_what_was_asked_about_and_nobody_uses_comes_last() -> None:
    silent = (EndpointInfo("Host"),)
    assert first_of(A, B, figures=Figures({"maker/a": silent})) == "maker/b"
    assert first_of(A, B, figures=Figures({"maker/b": silent})) == "maker/a"
    gone = "nobody/nothing"
    found = suggest_replacement(gone, [A, B], TODAY, Figures({"maker/a": silent}))
    assert found == B, "a replacement is judged by the same evidence"


def test_where_all_else_is_about_equal_a_second_host_decides() -> None:
    one, two = (EndpointInfo("Host", latency_ms=400, throughput_p75=100),), hosts(maker_b=401).hosts["maker/b"] * 2
    assert first_of(A, B, figures=Figures({"maker/a": one, "maker/b": two})) == "maker/b"
    assert first_of(A, B, figures=Figures({"maker/a": one, "maker/b": two[:1]})) == "maker/a"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (EndpointInfo("Ready AI"), "ready/b"),
        (EndpointInfo("Cloud", tag="ready-cloud/fp8"), "ready/b"),
        (EndpointInfo("Read"), "ready/b"),
        (EndpointInfo("Unready"), "maker/a"),
        (EndpointInfo("Cloud", tag="cloud/ready"), "maker/a"),
    ],
)
def test_the_makers_own_host_is_as_good_as_two(host: EndpointInfo, expected: str) -> None:
    b = replace(B, id="ready/b")
    other = hosts(maker_a=400).hosts["maker/a"]
    own = replace(host, latency_ms=401, throughput_p75=100)
    assert first_of(A, b, figures=Figures({A.id: other, b.id: (own,)})) == expected


def test_a_model_of_which_no_maker_is_told_has_no_host_of_its_own() -> None:
    assert is_own_host(EndpointInfo("Maker AI"), ModelInfo("maker/model", "Model"))
    assert not is_own_host(EndpointInfo("Host"), ModelInfo("model", "Model"))


def test_a_model_that_has_to_think_is_taken_when_its_hosts_are_quick() -> None:
    """gpt-oss-120b: some hosts think its 40 tokens in a tenth of a second."""
    policy = ReasoningPolicy(mandatory=True, efforts=("high", "low"))
    thinker = ending("maker/thinks", None, reasoning=policy, hugging_face_id="maker/thinks")
    assert first_of(A, thinker) == "maker/a"
    assert first_of(A, thinker, figures=hosts(maker_a=1_500, maker_thinks=300)) == "maker/thinks"


def indexed(count: int) -> list[ModelInfo]:
    """Return models that differ in the index of acting with tools alone, the last the best."""
    return [ending(f"maker/m{number:02}", None, agentic_index=float(number)) for number in range(count)]


def test_the_index_of_acting_with_tools_is_a_gate_and_counts_up_to_three_quarters() -> None:
    models = indexed(25)
    competence = Competence(models)
    assert [competence.of(model) for model in models] == sorted(competence.of(model) for model in models)
    assert [competence.is_weak(model) for model in models] == [True] * 5 + [False] * 20
    assert recommend(models, TODAY) == models[-1]
    few = Competence(models[:19])
    assert few.of(models[0]) == few.of(models[18]), "a place among few tells little"
    assert not few.is_weak(models[0])


def test_a_place_counts_each_model_once_and_equals_share_theirs() -> None:
    models = indexed(25)
    best = models[-1]
    twins = [replace(best, id="maker/twin"), replace(best, id=f"{best.id}:free"), replace(best, id="~maker/latest")]
    competence = Competence([*models, *twins, ending("maker/untold", None)])
    assert competence.place(models[0]) == (26, 26)
    assert [competence.place(model) for model in (best, *twins)] == [(1, 26)] * 4
    assert competence.place(models[-2]) == (3, 26)
    assert competence.place(ending("maker/untold", None)) is None
    assert Competence(models[:19]).place(models[0]) is None, "a place among few tells little"


def test_a_weak_model_is_not_suggested_however_quick_it_is() -> None:
    models = indexed(25)
    assert first_of(*models, figures=hosts(maker_m05=300)) == "maker/m05", (
        "where the gate is passed, figures come first"
    )
    assert first_of(*models, figures=hosts(maker_m04=300)) == "maker/m24"


def test_of_two_models_without_an_index_at_the_same_price_the_younger_one_is_better() -> None:
    old, young = (ending(f"maker/{year}", None, created=datetime(year, 1, 1, tzinfo=UTC)) for year in (2025, 2026))
    twice_as_dear = replace(old, id="maker/dear", pricing=Pricing(prompt=0.4, completion=2.0))
    ageless = replace(young, id="maker/ageless", created=None)
    competence = Competence([old, young, twice_as_dear, ageless])
    assert competence.of(ageless) < competence.of(old) < competence.of(young) == competence.of(twice_as_dear)
    assert competence.of(replace(old, pricing=Pricing(0.0, 0.0))) == 0


def test_the_cheapest_of_their_age_are_weak_where_no_index_tells_better() -> None:
    priced = [ending(f"maker/m{n:02}", None, pricing=Pricing(prompt=0.1, completion=0.1 + n)) for n in range(25)]
    competence = Competence(priced)
    assert [competence.is_weak(model) for model in priced] == [True] * 5 + [False] * 20
    assert not competence.is_weak(replace(priced[0], created=datetime(2036, 1, 1, tzinfo=UTC)))
    assert not competence.is_weak(replace(priced[0], pricing=Pricing())), "what is not told is not cheap"
    assert not any(map(Competence([priced[0]] * 25).is_weak, priced[:1])), "all are alike"
    assert not any(map(Competence(priced[:19]).is_weak, priced)), "a place among few tells little"
    assert first_of(*priced, figures=hosts(maker_m04=300)) != "maker/m04"
    assert first_of(*priced, figures=hosts(maker_m05=300)) == "maker/m05"


def test_a_model_without_an_index_does_not_win_by_its_price() -> None:
    models = [*indexed(25), ending("maker/dear", None, pricing=Pricing(prompt=0.3, completion=9.0))]
    competence = Competence(models)
    assert competence.of(models[-1]) < 0.6
    assert recommend(models, TODAY) == models[-2]


@pytest.mark.parametrize(
    ("age_days", "sibling", "expected"),
    [
        (730, {}, "maker/new"),
        (731, {}, "maker/young"),
        (731, {"pricing": Pricing(prompt=0.24, completion=1.2)}, "maker/young"),
        (731, {"pricing": Pricing(prompt=0.9, completion=4.0)}, "maker/new"),
        (731, {"supported_parameters": frozenset({"stop"})}, "maker/new"),
        (731, {"created": None}, "maker/new"),
    ],
)
def test_an_old_model_is_passed_over_for_a_younger_sibling_of_its_price(
    age_days: int, sibling: dict[str, Any], expected: str
) -> None:
    born = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) - timedelta(days=age_days)
    # Nobody wants the crowd; among so many prices, a place more or less is nothing, and the cheaper one wins.
    crowd = [ending(f"crowd/m{number}", None, context_length=1_000, pricing=CHEAP) for number in range(200)]
    old = ending("maker/new", None, created=born)
    young = ending("maker/young", None, **({"pricing": Pricing(prompt=0.22, completion=1.1)} | sibling))
    assert first_of(*crowd, old, young) == expected
    assert first_of(*crowd, old, replace(young, id="other/young")) == "maker/new", "another maker's is no sibling"


UNFIT: dict[str, Any] = {"supported_parameters": frozenset({"stop"})}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [ending("nobody/talker", None, **UNFIT)],
        [ending("nobody/talker", TODAY, **UNFIT)],
        [ending("nobody/paints", None, output_modalities=("image",))],
        [ending("nobody/answers-tomorrow:batch", None)],
    ],
    ids=["alone", "unfit", "unfit, last day", "cannot chat", "batch"],
)
def test_a_model_that_has_ended_is_never_suggested(others: list[ModelInfo]) -> None:
    """Requests to it fail, so not even where nothing else is fit."""
    yesterday = TODAY - timedelta(days=1)
    ended = [ending(GOOD, yesterday), ending("openai/gpt-5.4-nano", date(2020, 1, 1)), ending("any/gpt-5", yesterday)]
    models = [*ended, *others]
    able = [model for model in others if can_chat(model)]
    expected = able[0] if able else None
    assert recommend(models, TODAY) == expected
    assert CatalogueView(models, TODAY).recommended == expected
    for vanished in (f"{GOOD}:nitro", "openai/gpt-5.3-mini", "nobody/nothing"):
        assert suggest_replacement(vanished, models, TODAY) == expected
    top = list_models(CatalogueView(models, TODAY), ListRequest()).entries[0]
    assert top == expected or (expected is None and isinstance(top, ListSection))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (("llama3.2:1b", "nomic-embed-text:latest", "qwen3:8b", "deepseek-r1:14b"), "qwen3:8b"),
        (("whisper-large-v3", "llama-3.1-8b-instant", "meta-llama/llama-guard-4-12b"), "llama-3.1-8b-instant"),
        (
            ("davinci-002", "gpt-4o", "gpt-4.1-mini", "gpt-5-mini", "gpt-5.4-mini", "gpt-5.4-pro", "o3-mini", "tts-1"),
            "gpt-5.4-mini",
        ),
        (("models/gemini-2.5-pro", "models/gemini-3.1-flash-lite"), "models/gemini-3.1-flash-lite"),
        (("my-finetune.gguf",), "my-finetune.gguf"),
        (("whisper-1", "text-embedding-3-small"), None),
        ((), None),
    ],
)
def test_ids_alone_are_enough_for_a_sensible_choice(ids: tuple[str, ...], expected: str | None) -> None:
    assert chosen(*ids) == expected
    assert chosen(*reversed(ids)) == expected


def test_free_models_and_routers_are_taken_only_where_nothing_else_is_fit() -> None:
    models = [model for model in generated_models(600) if can_chat(model)]
    best = recommend(models, TODAY)
    assert best is not None
    assert not best.pricing.is_free
    free = [model for model in models if model.variant == "free"]
    taken = recommend(free, TODAY)
    assert taken in free


@on_lists_of_its_month
@pytest.mark.parametrize(
    ("gone", "successor"),
    [
        ("google/gemma-4-31b-it:nitro", "google/gemma-4-31b-it"),
        ("anthropic/claude-3.5-haiku", "anthropic/claude-haiku-4.5"),
        ("anthropic/claude-3.7-sonnet:thinking", "anthropic/claude-sonnet-4.6"),
        ("~anthropic/claude-haiku-newest", "anthropic/claude-haiku-4.5"),
        ("openai/gpt-5.6-mini", "openai/gpt-5.4-mini"),
        # Either of the two: which of them is better known changes with the list.
        ("google/gemini-2.0-flash-lite-001", "google/gemini-2.5-flash-lite or google/gemini-3.1-flash-lite"),
        ("google/gemini-2.0-flash-001", "google/gemini-2.5-flash"),
        ("meta-llama/llama-3-70b-instruct", "meta-llama/llama-3.3-70b-instruct"),
    ],
)
def test_a_vanished_model_has_a_successor(real: RealList, gone: str, successor: str) -> None:
    model = suggest_replacement(gone, real.models, TODAY)
    assert model is not None
    assert model.id in successor.split(" or ")


@on_real_lists
def test_where_nothing_is_near_the_recommended_one_follows(real: RealList) -> None:
    assert suggest_replacement("nobody/nothing", real.models, TODAY) == recommend(real.models, TODAY)


@on_real_lists
def test_each_model_of_a_real_list_has_a_successor_that_lives(real: RealList) -> None:
    for gone in real.models[:: max(1, len(real.models) // 60)]:
        model = suggest_replacement(gone.id, real.models, TODAY)
        assert model is not None
        assert model.id != gone.id
        assert can_chat(model)
        assert model.expiration_date is None or model.expiration_date >= TODAY


def test_a_permanent_name_leads_to_the_renamed_model() -> None:
    renamed = replace(ids_only("maker/new-name")[0], canonical_slug="maker/old-name")
    others = ids_only("openai/gpt-5.4-mini")
    assert suggest_replacement("maker/old-name", [*others, renamed], TODAY) == renamed
    assert suggest_replacement("maker/old-name", [], TODAY) is None


@pytest.mark.parametrize(
    ("model_id", "family", "version", "size"),
    [
        ("anthropic/claude-opus-4.5:batch", {"claude", "opus"}, (4, 5), None),
        ("openai/gpt-4o-mini", {"gpt", "o", "mini"}, (), None),
        ("qwen/qwen3-30b-a3b-instruct-2507", {"qwen", "30b", "a"}, (), 3.0),
        ("meta-llama/llama-3.3-70b-instruct", {"llama", "70b"}, (3, 3), 70.0),
        ("llama3.2:1b", {"llama", "1b"}, (3, 2), 1.0),
    ],
)
def test_names_are_read(model_id: str, family: set[str], version: tuple[int, ...], size: float | None) -> None:
    name = naming_of(model_id)
    assert name.size == size
    if version:
        assert name.version == version
    assert family - {"a"} <= name.family


# --- a key that can pay for nothing


FREE = Pricing(prompt=0, completion=0)


def free_of(*models: ModelInfo, figures: Figures = NO_FIGURES) -> str:
    """Return the id that is recommended to somebody who never bought credit, in whichever order they are listed."""
    (one,) = {
        best.id
        for listed in (models, models[::-1])
        for best in (
            recommend(listed, TODAY, figures=figures, funds=Funds.NONE_BOUGHT),
            CatalogueView(listed, TODAY).with_figures(figures, Funds.NONE_BOUGHT).recommended,
        )
        if best is not None
    }
    return one


def free(model_id: str, **fields: Any) -> ModelInfo:
    """Return a model that costs nothing, and against which nothing else speaks."""
    return replace(ending(model_id, None), **({"pricing": FREE} | fields))


@on_real_lists
def test_what_a_real_list_gives_to_whom_has_no_credit_answers_without(real: RealList) -> None:
    left = list(real.models)
    for _ in range(5):
        best = recommend(left, TODAY, funds=Funds.NONE_BOUGHT)
        assert best is not None
        if not best.pricing.is_free:
            assert not any(model.variant == "free" and "tools" in (model.supported_parameters or ()) for model in left)
            assert best == recommend(left, TODAY)
            break
        assert best.author not in ("openrouter", "stealth")
        assert "tools" in (best.supported_parameters or ())
        assert voice_verdict(best, TODAY) is not FitnessVerdict.UNFIT
        left.remove(best)


@on_real_lists
@pytest.mark.parametrize("funds", [Funds.UNKNOWN, Funds.BOUGHT, Funds.SPENT])
def test_everybody_else_gets_what_they_got(real: RealList, funds: Funds) -> None:
    assert recommend(real.models, TODAY, funds=funds) == recommend(real.models, TODAY)


def test_without_credit_a_free_model_comes_before_a_better_one() -> None:
    assert free_of(A, free("maker/b:free")) == "maker/b:free"
    assert free_of(A, free("maker/b:free", supported_parameters=frozenset())) == "maker/a"
    assert free_of(A, free("maker/b:free", expiration_date=TODAY - timedelta(days=1))) == "maker/a"
    assert free_of(A, free("maker/b:free", name="Guard", output_modalities=("image",))) == "maker/a"


def test_without_credit_no_test_and_no_router_is_suggested() -> None:
    weights = {"hugging_face_id": "maker/b"}
    for model_id in ("openrouter/free", "openrouter/owl-alpha", "stealth/ox-alpha", "maker/ox-alpha"):
        assert free_of(A, free(model_id)) == "maker/a"
    assert free_of(A, free("stealth/ox-alpha", **weights)) == "maker/a"
    assert free_of(A, free("maker/b", **weights)) == "maker/b", "at no price for a while, and no secret"
    assert free_of(A, free("maker/b", expiration_date=TODAY + timedelta(days=30))) == "maker/b"


def test_a_free_model_is_as_competent_as_the_one_that_it_is_the_same_as() -> None:
    dear, cheap = Pricing(prompt=0.5, completion=2.0), Pricing(prompt=0.01, completion=0.02)
    paid = [ending("maker/a", None, pricing=cheap), ending("maker/b", None, pricing=dear)]
    assert free_of(*paid, free("maker/a:free"), free("maker/b:free")) == "maker/b:free"
    paid = [ending("maker/a", None, pricing=dear), ending("maker/b", None, pricing=cheap)]
    assert free_of(*paid, free("maker/a:free"), free("maker/b:free")) == "maker/a:free"


def test_the_hosts_of_free_models_count_as_those_of_others() -> None:
    models = (A, free("maker/b:free"), free("maker/c:free"))
    no_tools = (EndpointInfo("Host", latency_ms=100, throughput_p75=500, supported_parameters=frozenset({"stop"})),)
    down = (EndpointInfo("Host", latency_ms=100, throughput_p75=500, uptime=40.0),)
    for bad in (no_tools, down, ()):
        assert free_of(*models, figures=Figures({"maker/b:free": bad})) == "maker/c:free"
        assert free_of(*models, figures=Figures({"maker/c:free": bad})) == "maker/b:free"
        assert free_of(*models, figures=Figures({"maker/b:free": bad, "maker/c:free": bad})) == "maker/a"
    ignored = Figures({"maker/b:free": (EndpointInfo("Bad", tag="bad"),)}, ignored=frozenset({"bad"}))
    assert free_of(*models, figures=ignored) == "maker/c:free"


def test_what_has_to_think_is_still_better_than_a_refusal() -> None:
    thinks = free("maker/b:free", reasoning=ReasoningPolicy(mandatory=True), hugging_face_id="maker/b")
    assert free_of(A, thinks) == "maker/b:free"
    assert free_of(A, thinks, free("nobody/c:free")) == "nobody/c:free"


def test_ids_alone_tell_nothing_of_credit() -> None:
    ids = ids_only("llama-3.3-70b", "gpt-9-mini")
    assert recommend(ids, TODAY, funds=Funds.NONE_BOUGHT) == recommend(ids, TODAY)


def test_without_credit_a_vanished_model_is_replaced_by_a_free_one() -> None:
    models = [ending("maker/b", None), ending("maker/a", None), free("maker/a-2:free"), free("nobody/c:free")]

    def replacement(funds: Funds) -> str | None:
        found = suggest_replacement("maker/b:free", models, TODAY, funds=funds)
        return None if found is None else found.id

    assert replacement(Funds.BOUGHT) == "maker/b"
    assert replacement(Funds.NONE_BOUGHT) == "maker/a-2:free"
    models[2:] = []
    assert replacement(Funds.NONE_BOUGHT) == "maker/b"
