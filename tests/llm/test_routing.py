"""How a model's quickest hosts are asked for, by its id."""

from __future__ import annotations

import pytest

from caal_desktop.llm.models.routing import ROUTING_SUFFIXES, QuickRoute, quick_route


@pytest.mark.parametrize("model_id", ["openai/gpt-5.4-mini", "meta-llama/llama-3.3-70b-instruct", "a/b.c-d_e"])
def test_a_plain_id_carries_it(model_id: str) -> None:
    assert quick_route(model_id) == QuickRoute(f"{model_id}:nitro", None)


@pytest.mark.parametrize("variant", ["free", "thinking", "extended", "online"])
def test_an_id_with_a_variant_has_no_place_for_it(variant: str) -> None:
    assert quick_route(f"maker/model:{variant}") == QuickRoute(f"maker/model:{variant}", "throughput")


@pytest.mark.parametrize(
    "model_id",
    [
        # They say themselves how to order the hosts.
        "maker/model:nitro",
        "maker/model:floor",
        "maker/model:exacto",
        # They stand for other models.
        "openrouter/auto",
        "openrouter/free",
        "~anthropic/claude-haiku-latest",
        # No ids of OpenRouter's.
        "llama3.2:latest",
        "gpt-4o-mini",
        "",
        "/",
        "maker/",
        "/model",
    ],
)
def test_what_cannot_be_asked_so_is_left_as_it_is(model_id: str) -> None:
    assert quick_route(model_id) is None


def test_every_suffix_of_routing_is_known_once() -> None:
    assert sorted(ROUTING_SUFFIXES) == ["exacto", "floor", "nitro", "online"]
