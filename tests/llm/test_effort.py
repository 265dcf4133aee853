"""How much thinking a voice turn asks for."""

from __future__ import annotations

import pytest

from caal_desktop.llm.models.effort import EFFORTS, NO_REASONING, voice_effort
from caal_desktop.llm.models.info import ReasoningPolicy
from tests.support.catalogues import RealList, on_real_lists


@pytest.mark.parametrize(
    ("policy", "effort"),
    [
        (ReasoningPolicy(efforts=("high", "low")), NO_REASONING),
        (ReasoningPolicy(default_enabled=True), NO_REASONING),
        (ReasoningPolicy(mandatory=True, efforts=("high", "low", "minimal")), "minimal"),
        (ReasoningPolicy(mandatory=True, efforts=("low", "medium", "high")), "low"),
        (ReasoningPolicy(mandatory=True, efforts=("xhigh", "high")), "high"),
        (ReasoningPolicy(mandatory=True), None),
        (ReasoningPolicy(mandatory=True, efforts=("a little",), default_effort="a little"), None),
        (ReasoningPolicy(mandatory=True, efforts=("none", "low")), "low"),
    ],
)
def test_a_voice_turn_asks_for_no_thinking_else_for_the_least(policy: ReasoningPolicy, effort: str | None) -> None:
    assert voice_effort(policy) == effort


@on_real_lists
def test_on_every_real_row_the_effort_is_one_that_the_row_lists(real: RealList) -> None:
    for row in real.models:
        if row.reasoning is not None:
            effort = voice_effort(row.reasoning)
            known = [name for name in EFFORTS if name in row.reasoning.efforts]
            if not row.reasoning.mandatory:
                assert effort == NO_REASONING
            else:
                assert effort == (known[0] if known else None), row.id
