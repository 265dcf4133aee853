"""The judgement against what a public voice benchmark measured; ``-rP`` prints the table.

The fixture's ``README.md`` names the sources. A run of the benchmark is compared with what the same host told of
itself, in another month, where the run asked for the effort that a voice turn asks for: that is what is predicted.
(Over runs of all efforts it is 0.51: a host's figure is of everybody's efforts, and cannot tell two of them apart.)
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.fitness.silence import first_token_s, silence_by_hosts, speed_of
from caal_desktop.llm.models.effort import NO_REASONING, voice_effort
from caal_desktop.llm.models.endpoints import EndpointInfo, parse_endpoints
from caal_desktop.llm.models.listing import parse_model_list
from tests.support.catalogues import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.llm.models.info import ModelInfo

TODAY = date(2026, 8, 22)


class Run(NamedTuple):
    """One configuration of the benchmark.

    Attributes:
        model: the model's row.
        effort: what was asked for; None for the model's own.
        host: who answered.
        measured_s: the published median to the first token.
        pass_rate: the share of turns that were right.
        figures: what the host told of itself; None where it is not at hand.
    """

    model: ModelInfo
    effort: str | None
    host: str
    measured_s: float
    pass_rate: float
    figures: EndpointInfo | None

    @property
    def is_a_voice_turn(self) -> bool:
        """Whether the effort is the one that a voice turn asks for."""
        policy = self.model.reasoning
        return self.effort == (NO_REASONING if policy is None else voice_effort(policy))

    def predicted_s(self) -> tuple[float, float]:
        """Return the predicted first token of a voice turn, and its whole silence."""
        assert self.figures is not None
        speed, silence = speed_of(self.figures), silence_by_hosts(self.model, [self.figures])
        assert speed is not None
        assert silence is not None
        return first_token_s(self.model, *speed), silence.seconds


@cache
def published() -> tuple[Run, ...]:
    """Return all runs."""
    stored = json.loads((FIXTURES / "published.json").read_text(encoding="utf-8"))
    models = {model.id: model for model in parse_model_list(stored["models"]).models}
    return tuple(_run(row, models[row["id"]]) for row in stored["runs"])


def _run(row: dict[str, Any], model: ModelInfo) -> Run:
    hosts = parse_endpoints({"data": [{"provider_name": row["host"], **row["figures"]}]}) if "figures" in row else None
    told = hosts[0] if hosts else None
    return Run(model, row["effort"], row["host"], row["first_token_ms"] / 1000, row["pass_rate"], told)


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the correlation of ranks; equal values share theirs."""
    first, second = (_ranks(values) for values in zip(*pairs, strict=True))
    mean = (len(pairs) - 1) / 2
    together = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    spread: float = (sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second)) ** 0.5
    return together / spread


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def test_the_correlation_is_one_of_ranks() -> None:
    assert spearman([(1, 10), (2, 20), (3, 1_000)]) == pytest.approx(1)
    assert spearman([(1, 3), (2, 2), (3, 1)]) == pytest.approx(-1)
    assert spearman([(1, 1), (1, 2), (2, 1), (2, 2)]) == pytest.approx(0)


def verdict_on(run: Run) -> str:
    """Return the verdict by the model's kind, and by the host's figures where they are at hand."""
    by_kind = voice_verdict(run.model, TODAY)
    if run.figures is None:
        return by_kind
    return f"{by_kind}, {voice_verdict(run.model, TODAY, Figures({run.model.id: (run.figures,)}))}"


def print_table(runs: Sequence[Run]) -> None:
    print(
        "model, effort, host | published first token, pass rate | predicted first token, silence | by kind, by figures"
    )
    for run in sorted(runs, key=lambda run: run.measured_s):
        told = "" if run.figures is None else "{:.2f} s, {:.2f} s".format(*run.predicted_s())
        name = f"{run.model.id}, {run.effort or 'its own'}, {run.host}"
        print(f"{name:56} | {run.measured_s:.2f} s, {run.pass_rate:6.1%} | {told:14} | {verdict_on(run)}")


def test_the_predicted_silence_has_the_order_of_published_first_tokens() -> None:
    told = [run for run in published() if run.figures is not None and run.is_a_voice_turn]
    assert len(told) == 24
    print_table(told)
    print_table([run for run in published() if run not in told])
    by_first = spearman([(run.predicted_s()[0], run.measured_s) for run in told])
    by_whole = spearman([(run.predicted_s()[1], run.measured_s) for run in told])
    print(f"Spearman over the first table: first token {by_first:.2f}, whole silence {by_whole:.2f}")
    assert by_first >= 0.6
    assert by_whole >= 0.6


def test_competence_has_some_of_the_order_of_published_pass_rates() -> None:
    """Not 0.6: indices are measured with full thinking, these runs without, and no field tells of slips in speech."""
    runs = published()
    competence = Competence({run.model.id: run.model for run in runs}.values())
    agreement = spearman([(competence.of(run.model), run.pass_rate) for run in runs])
    print(f"Spearman of competence and pass rate: {agreement:.2f} over {len(runs)} runs")
    assert agreement >= 0.4


def test_what_was_measured_to_be_quick_is_not_called_unfit() -> None:
    """Nor for having to think: gpt-oss-120b has to, and took 98 ms at one host."""
    for run in published():
        if run.measured_s <= 1.2 and run.is_a_voice_turn:
            assert voice_verdict(run.model, TODAY) is not FitnessVerdict.UNFIT, run.model.id
    oss = next(run for run in published() if run.model.id == "openai/gpt-oss-120b")
    assert oss.figures is not None
    assert voice_verdict(oss.model, TODAY) is FitnessVerdict.UNSURE
    assert voice_verdict(oss.model, TODAY, Figures({oss.model.id: (oss.figures,)})) is FitnessVerdict.FIT
