"""The figures that the demo's hosts tell, and what its chat really takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.fitness.silence import ANSWER_TOKENS, silence_by_hosts
from caal_desktop.demo.catalogue.hosting import describe_endpoints, providers, speed_at
from caal_desktop.demo.catalogue.listing import DemoCatalogue
from caal_desktop.demo.chat import answers
from caal_desktop.llm.models.effort import NO_REASONING, voice_effort
from caal_desktop.llm.models.endpoints import parse_endpoints
from caal_desktop.llm.models.listing import parse_model_list

if TYPE_CHECKING:
    from caal_desktop.demo.catalogue.rows import Row
    from caal_desktop.llm.models.info import ModelInfo
    from tests.support.demo import DemoControl


def taken(row: Row, model: ModelInfo) -> float:
    """Return the seconds of a voice turn at the usual host: what is thought, and a short answer."""
    effort = NO_REASONING if model.reasoning is None else voice_effort(model.reasoning)
    if effort is None:
        assert model.reasoning is not None
        effort = model.reasoning.default_effort or "medium"
    asked = answers.read([{"role": "user", "content": "What is the weather like?"}], model.name)
    thoughts = answers.tokenize(answers.think(asked, effort)) if effort != NO_REASONING else []
    speed = speed_at(row, providers(row)[0])
    return speed.ttft + (len(thoughts) + ANSWER_TOKENS) / speed.tokens_per_second


@pytest.mark.parametrize("pace", [1.0, 4.0])
def test_what_the_hosts_tell_agrees_with_the_chat(pace: float) -> None:
    rows = DemoCatalogue.own().rows
    models = {model.id: model for model in parse_model_list({"data": rows}).models}
    ratios: list[float] = []
    for row in rows:
        model = models.get(row.get("id") or "")
        if model is None or model.variant or model.is_alias or model.author == "openrouter":
            continue
        hosts = parse_endpoints(describe_endpoints(row, pace))
        assert hosts
        predicted = silence_by_hosts(model, Figures({model.id: hosts}).speaking_hosts(model.id))
        if predicted is not None:
            ratios.append(predicted.seconds / (taken(row, model) / pace))
    assert len(ratios) > 150
    assert all(1 / 1.8 < ratio < 1.8 for ratio in ratios), "racers among the hosts make up for the rest"
    assert sum(1 / 1.5 < ratio < 1.5 for ratio in ratios) > 0.85 * len(ratios)


def test_figures_are_told_to_keys_alone(demo: DemoControl) -> None:
    path = "/models/openai/gpt-4.1-mini/endpoints"
    told = demo.call("GET", path, key=demo.key).json()["data"]["endpoints"][0]
    assert told["throughput_last_30m"]["p75"] > told["throughput_last_30m"]["p50"] > 0
    untold = demo.call("GET", path).json()["data"]["endpoints"][0]
    assert (untold["latency_last_30m"], untold["throughput_last_30m"]) == (None, None)
    assert untold["uptime_last_30m"]
    assert demo.call("GET", path, key=demo.key_for("disabled")).status == 401
