"""The list of models, what a key may do, and what an answer took."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from caal_desktop.llm import GroqProvider, KeyInfo, ModelList, UsageReport, errors
from caal_desktop.llm.models.key_info import FreeRequests, parse_key_info
from tests.llm.helpers import KEY, MODEL, compatible, error_of, openrouter, run
from tests.support.catalogues import RealList, on_real_lists
from tests.support.scripted_server import Reply, error_reply, json_reply, scripted_server


def ids(listing: ModelList) -> list[str]:
    return [model.id for model in listing.models]


def test_pages_are_followed_on_the_same_server_only() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as elsewhere, scripted_server(Reply()) as server:
            server.script[:] = [
                json_reply({"data": [{"id": "a/1"}], "links": {"next": "/api/v1/models?offset=1&limit=1"}}),
                json_reply({"data": [{"id": "a/2"}], "links": {"next": f"{elsewhere.url}/api/v1/models?offset=2"}}),
                json_reply({"data": [{"id": "a/3"}], "links": {"next": None}}),
            ]
            async with openrouter(server) as provider:
                listing = await provider.list_models(sort="newest", supported_parameters="tools")
            assert ids(listing) == ["a/1", "a/2", "a/3"]
            assert [request.query for request in server.requests] == [
                {"sort": "newest", "supported_parameters": "tools"},
                {"offset": "1", "limit": "1"},
                {"offset": "2"},
            ]
            assert elsewhere.requests == []

    run(test())


def test_a_key_in_a_list_of_models_or_in_what_is_told_of_the_key_is_hidden() -> None:
    """Both are kept, or shown."""

    async def test() -> str:
        row = {"id": KEY, "name": f"Model of {KEY}", "description": KEY, KEY: [KEY]}
        replies = [json_reply({"data": [row]}), json_reply({"data": {"label": KEY, "limit": 5}})]
        async with scripted_server(*replies) as server, openrouter(server) as provider:
            listing = await provider.list_models()
            assert ids(listing) == ["[hidden]"]
            return repr((listing, await provider.check_key()))

    assert KEY[:20] not in run(test())


def test_a_sign_in_may_bring_the_key_that_is_in_use() -> None:
    async def test() -> None:
        async with scripted_server(json_reply({"key": KEY})) as server, openrouter(server) as provider:
            assert await provider.exchange_code("a-code-of-a-sign-in", "a-verifier-of-a-sign-in") == KEY

    run(test())


def test_pages_that_never_end() -> None:
    async def test() -> None:
        same = json_reply({"data": [{"id": "a/1"}], "links": {"next": "/api/v1/models?offset=1"}})
        async with scripted_server(same) as server, openrouter(server) as provider:
            assert ids(await provider.list_models()) == ["a/1"]
            assert len(server.requests) == 2
            server.requests.clear()
            server.script[:] = [
                json_reply({"data": [{"id": f"a/{n}"}], "links": {"next": f"/api/v1/models?offset={n}"}})
                for n in range(100)
            ]
            assert len(ids(await provider.list_models())) == len(server.requests) == 50

    run(test())


@pytest.mark.parametrize(
    "payload",
    [{"object": "list", "data": [{"id": "a"}, {"no": "id"}, None]}, {"models": [{"name": "a"}]}, [{"id": "a"}]],
)
def test_lists_of_other_servers(payload: Any) -> None:
    async def test() -> None:
        async with scripted_server(json_reply(payload)) as server, compatible(server) as provider:
            assert ids(await provider.list_models()) == ["a"]

    run(test())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (json_reply({"object": "list"}), errors.InvalidResponse),
        (json_reply({"data": None}), errors.InvalidResponse),
        (json_reply("no"), errors.InvalidResponse),
        (Reply((b"<html></html>",), content_type="text/html"), errors.CaptivePortalSuspected),
        (Reply((b"",)), errors.InvalidResponse),
        (error_reply(404, "Not Found"), errors.EndpointNotFound),
        (error_reply(401, "No"), errors.AuthenticationFailed),
        (json_reply({"error": {"code": 500, "message": "x"}}), errors.ServerFailed),
    ],
)
def test_lists_that_are_none(reply: Reply, expected: type[errors.ProviderError]) -> None:
    async def test() -> None:
        async with scripted_server(reply) as server, openrouter(server, max_retries=0) as provider:
            assert type(await error_of(provider.list_models)) is expected

    run(test())


@on_real_lists
def test_a_real_list(real: RealList) -> None:
    async def test() -> None:
        raw = real.path.read_bytes()
        async with scripted_server(Reply((raw,))) as server, openrouter(server) as provider:
            listing = await provider.list_models()
            assert ids(listing) == [row["id"] for row in real.rows()]

    run(test())


def test_what_a_key_may_do() -> None:
    data = {
        "label": "sk-or-v1-0a1...c3d",
        "limit": 10,
        "limit_remaining": 7.5,
        "limit_reset": "monthly",
        "usage": 2.5,
        "usage_daily": 1,
        "usage_weekly": 2,
        "usage_monthly": 2.5,
        "byok_usage": 0.25,
        "include_byok_in_limit": True,
        "is_free_tier": False,
        "is_management_key": False,
        "expires_at": "2027-12-31T23:59:59Z",
        "rate_limit": {"requests": -1},
        "free_model_daily_requests": {"limit": 1000, "used": 12, "remaining": 988},
    }

    async def test() -> None:
        async with scripted_server(json_reply({"data": data})) as server, openrouter(server) as provider:
            assert await provider.check_key() == KeyInfo(
                label="sk-or-v1-0a1...c3d",
                limit=10.0,
                limit_remaining=7.5,
                limit_reset="monthly",
                usage=2.5,
                usage_daily=1.0,
                usage_weekly=2.0,
                usage_monthly=2.5,
                byok_usage=0.25,
                is_byok_limited=True,
                is_free_tier=False,
                expires_at=datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC),
                free_requests=FreeRequests(1000, 12, 988),
            )
            assert server.last.path == "/api/v1/key"
            server.script[:] = [error_reply(401, "User not found.")]
            assert type(await error_of(provider.check_key)) is errors.AuthenticationFailed

    run(test())


@pytest.mark.parametrize(
    "payload", [None, [], "x", {}, {"data": None}, {"data": []}, {"data": {"limit": "x", "expires_at": "soon"}}]
)
def test_a_key_answer_that_tells_nothing(payload: object) -> None:
    assert parse_key_info(payload) == KeyInfo()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"byok_usage": 0}, None),
        ({"byok_usage": None, "byok_usage_monthly": 0.5, "byok_usage_daily": "x"}, 0.5),
    ],
)
def test_what_an_account_s_own_keys_have_answered(told: dict[str, object], expected: float | None) -> None:
    assert parse_key_info({"data": told}).byok_usage == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"limit": "50", "used": None}, FreeRequests(50)),
        ({"limit": 50, "used": 60}, FreeRequests(50, 60)),
        ({"used": 3}, None),
        ({"limit": -1}, None),
        ([50], None),
        (None, None),
    ],
)
def test_odd_counts_of_free_requests(told: object, expected: FreeRequests | None) -> None:
    assert parse_key_info({"free_model_daily_requests": told}).free_requests == expected


def test_odd_values_of_a_key() -> None:
    info = parse_key_info(
        {"limit": "5", "usage": True, "label": 3, "is_provisioning_key": True, "expires_at": "2027-01-01T00:00:00"}
    )
    assert info == KeyInfo(limit=5.0, is_management_key=True, expires_at=datetime(2027, 1, 1, tzinfo=UTC))


def test_other_servers_check_a_key_by_listing_models() -> None:
    async def test() -> None:
        async with (
            scripted_server(json_reply({"data": []})) as server,
            GroqProvider(MODEL, KEY, base_url=server.base_url, max_retries=0) as provider,
        ):
            assert await provider.check_key() == KeyInfo()
            assert server.last.path == "/api/v1/models"
            server.script[:] = [json_reply({"error": {"message": "Invalid API Key", "code": "invalid_api_key"}}, 401)]
            assert type(await error_of(provider.check_key)) is errors.AuthenticationFailed

    run(test())


def test_what_an_answer_took() -> None:
    data = {
        "id": "gen-1",
        "total_cost": 0.0015,
        "upstream_inference_cost": 0.0012,
        "is_byok": False,
        "tokens_prompt": 10,
        "tokens_completion": 25,
        "native_tokens_prompt": 11,
        "native_tokens_completion": None,
        "native_tokens_reasoning": 5,
        "native_tokens_cached": 3,
    }

    async def test() -> None:
        script = [error_reply(404, "Generation gen-1 not found"), json_reply({"data": data})]
        async with scripted_server(*script) as server, openrouter(server) as provider:
            assert await provider.generation("gen-1") is None
            assert await provider.generation("gen-1") == UsageReport(11, 25, 5, 3, 0.0015, 0.0012, is_byok=False)
            assert server.last.query == {"id": "gen-1"}

    run(test())
