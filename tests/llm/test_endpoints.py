"""Who hosts a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.llm import EndpointInfo, OpenRouterProvider, Pricing, errors
from caal_desktop.llm.models.endpoints import MAX_ENDPOINTS, endpoints_path, parse_endpoints
from tests.llm.helpers import error_of, openrouter, run
from tests.support.scripted_server import Reply, error_reply, json_reply, scripted_server

if TYPE_CHECKING:
    from tests.support.demo import DemoControl

FULL: dict[str, Any] = {
    "name": "Host | vendor/model",
    "provider_name": "Host",
    "tag": "host/fp8",
    "context_length": 131072,
    "max_prompt_tokens": None,
    "max_completion_tokens": 4096,
    "pricing": {"prompt": "0.0000002", "completion": "0.000001", "discount": 0.25},
    "quantization": "fp8",
    "status": 0,
    "uptime_last_5m": 100,
    "uptime_last_30m": 99.5,
    "uptime_last_1d": 98,
    "latency_last_30m": {"p50": 312.5, "p75": 400, "p90": 500, "p99": 900},
    "throughput_last_30m": {"p50": 45.2, "p75": 61, "p90": 80, "p99": 120},
    "supported_parameters": ["tools", "temperature"],
}


def test_everything_that_a_host_tells() -> None:
    assert parse_endpoints({"data": {"id": "vendor/model", "endpoints": [FULL]}}) == (
        EndpointInfo(
            provider_name="Host",
            pricing=Pricing(prompt=0.2, completion=1.0),
            discount=0.25,
            context_length=131072,
            max_completion_tokens=4096,
            quantization="fp8",
            uptime=99.5,
            latency_ms=312.5,
            throughput=45.2,
            supported_parameters=frozenset({"tools", "temperature"}),
            tag="host/fp8",
            latency_p90_ms=500,
            throughput_p75=61,
        ),
    )


def test_what_a_host_does_not_tell() -> None:
    bare, unknown, down = parse_endpoints(
        {
            "data": [
                {},
                {"provider_name": "A", "quantization": "unknown", "uptime_last_30m": None, "uptime_last_1d": 97.0},
                {"tag": "b", "status": -2, "latency_last_30m": None, "uptime_last_30m": 101, "pricing": {"prompt": -1}},
                "nonsense",
            ]
        }
    ) or ()  # fmt: skip
    assert bare == EndpointInfo("?")
    assert unknown == EndpointInfo("A", uptime=97.0)
    assert down == EndpointInfo("b", is_degraded=True, pricing=Pricing(varies=True), tag="b")


@pytest.mark.parametrize(
    ("latency", "milliseconds"),
    [
        ({"p50": 312.5, "p90": 500}, (312.5, 500)),
        ({"p50": 0.25, "p75": 0.35, "p90": 0.48, "p99": 0.85}, (250, 480)),  # the documentation's own example
        ({"p50": 8.5, "p90": 31}, (8_500, 31_000)),  # one unit for all of them
        ({"p50": 11, "p90": 31}, (11, 31)),
        ({"p90": 0.48}, (None, 480)),
        ({"p50": None, "p90": 0}, (None, None)),
        ({"p50": 0, "p90": 400}, (None, 400)),
        ({"p50": -3, "p90": "NaN"}, (None, None)),
        ({"p50": float("nan"), "p90": float("inf")}, (None, None)),
        ({"p50": "250.5", "p90": True}, (250.5, None)),
        (None, (None, None)),
        (312.5, (None, None)),
    ],
)
def test_latencies_are_in_milliseconds_and_never_zero(latency: object, milliseconds: tuple[object, object]) -> None:
    (host,) = parse_endpoints({"data": [{"latency_last_30m": latency}]}) or ()
    assert (host.latency_ms, host.latency_p90_ms) == pytest.approx(milliseconds)


def test_throughput_has_no_other_unit() -> None:
    (host,) = parse_endpoints({"data": [{"throughput_last_30m": {"p50": 0.8, "p75": 5.1, "p99": 0}}]}) or ()
    assert (host.throughput, host.throughput_p75) == (0.8, 5.1)


@pytest.mark.parametrize("payload", [None, [], {}, {"data": None}, {"data": {"endpoints": None}}, "x", {"data": 3}])
def test_no_list_at_all(payload: object) -> None:
    assert parse_endpoints(payload) is None


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["-1", "1e999"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "p50"]), children),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(list(FULL)), junk) | junk, max_size=4), junk)
def test_any_answer_is_survived(entries: list[Any], payload: object) -> None:
    hosts = parse_endpoints({"data": {"endpoints": entries}})
    assert hosts is not None
    assert len(hosts) == sum(isinstance(entry, dict) for entry in entries)
    assert all(host.provider_name for host in hosts)
    parse_endpoints(payload)


def test_a_flood_is_cut() -> None:
    assert len(parse_endpoints({"data": {"endpoints": [FULL] * 5_000}}) or ()) == MAX_ENDPOINTS


@pytest.mark.parametrize(
    ("model_id", "path"),
    [
        ("vendor/model", "/models/vendor/model/endpoints"),
        ("vendor/model:free", "/models/vendor/model:free/endpoints"),
        ("~vendor/model-latest", "/models/~vendor/model-latest/endpoints"),
        ("vendor/mo del?x=1#y", "/models/vendor/mo%20del%3Fx%3D1%23y/endpoints"),
        ("model", None),
        ("/model", None),
        ("vendor/", None),
        ("../key", None),
        ("vendor/..", None),
        ("a/b/c", None),
    ],
)
def test_ids_become_paths_that_stay_below_models(model_id: str, path: str | None) -> None:
    assert endpoints_path(model_id) == path


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (json_reply({"data": {}}), errors.InvalidResponse),
        (Reply((b"<html></html>",), content_type="text/html"), errors.CaptivePortalSuspected),
        (error_reply(404, "Model vendor/model not found"), errors.ModelNotFound),
        (error_reply(500, "no"), errors.ServerFailed),
    ],
)
def test_answers_that_are_none(reply: Reply, expected: type[errors.ProviderError]) -> None:
    async def test() -> None:
        async with scripted_server(reply) as server, openrouter(server, max_retries=0) as provider:
            assert type(await error_of(lambda: provider.list_endpoints("vendor/model"))) is expected
            assert server.last.path == "/api/v1/models/vendor/model/endpoints"

    run(test())


def test_an_id_without_an_author_asks_nobody() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server, openrouter(server) as provider:
            assert type(await error_of(lambda: provider.list_endpoints("model"))) is errors.ModelNotFound
            assert server.requests == []

    run(test())


def test_the_hosts_of_the_demo(demo: DemoControl) -> None:
    async def test() -> None:
        async with OpenRouterProvider("openrouter/auto", demo.key, base_url=demo.base_url) as provider:
            listing = await provider.list_models()
            hosts = await provider.list_endpoints(next(m.id for m in listing.models if m.variant == ""))
            assert hosts
            assert all(host.provider_name and host.pricing.prompt is not None for host in hosts)
            assert type(await error_of(lambda: provider.list_endpoints("no/such"))) is errors.ModelNotFound

    run(test())
