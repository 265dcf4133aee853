"""Keys: what ``GET /key`` tells, and what spending does to them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from caal_desktop.demo.accounts.keys import KEYS, DemoKey
from tests.demo.asking import ask

if TYPE_CHECKING:
    from tests.support.demo import DemoControl


def test_keys_have_the_shape_of_real_ones() -> None:
    secrets = [key.secret for key in KEYS.values()]
    assert all(re.fullmatch(r"sk-or-v1-[0-9a-f]{64}", secret) for secret in secrets)
    assert len(set(secrets)) == len(KEYS)
    assert all(key.secret not in repr(key) and key.secret not in key.masked for key in KEYS.values())


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "Missing Authentication header"),
        ("sk-or-v1-" + "0" * 64, "User not found."),
        (DemoKey("nobody", "").secret, "User not found."),
        (KEYS["disabled"].secret, "disabled"),
        (KEYS["expired"].secret, "expired"),
        (KEYS["default"].masked, "User not found."),
    ],
)
def test_bad_keys(demo: DemoControl, authorization: str | None, message: str) -> None:
    answer = demo.call("GET", "/key", key=authorization)
    assert answer.status == 401
    assert message in answer.json()["error"]["message"]


def test_kinds_of_key(demo: DemoControl) -> None:
    told = {
        name: demo.call("GET", "/key", key=demo.key_for(name)).json()["data"]
        for name in KEYS
        if name not in ("disabled", "expired")
    }
    assert told["unlimited"]["limit"] is None
    assert told["unlimited"]["limit_remaining"] is None
    assert told["limited"]["limit_reset"] == "monthly"
    assert told["limited"]["limit_remaining"] == 15
    assert told["nearly_spent"]["limit_remaining"] == pytest.approx(0.0004)
    assert told["spent"]["limit_remaining"] == 0
    assert told["free_tier"]["is_free_tier"]
    assert told["management"]["is_management_key"]
    end = datetime.fromisoformat(told["expiring"]["expires_at"])
    assert 2 <= (end - datetime.now(UTC)).days <= 3
    assert told["default"]["label"].startswith("sk-or-v1-")
    assert "..." in told["default"]["label"]


def test_spending_is_booked(demo: DemoControl) -> None:
    before = demo.call("GET", "/key", key=demo.key).json()["data"]
    cost = ask(demo, "hello").json()["usage"]["cost"]
    after = demo.call("GET", "/key", key=demo.key).json()["data"]
    assert cost > 0
    assert after["usage"] - before["usage"] == pytest.approx(cost)
    assert before["limit_remaining"] - after["limit_remaining"] == pytest.approx(cost)
    demo.reset()
    assert demo.call("GET", "/key", key=demo.key).json()["data"] == before


@pytest.mark.parametrize(
    ("name", "more", "status", "message"),
    [
        ("default", {"model": "openai/gpt-5.4-pro", "max_tokens": None}, 402, "fewer max_tokens"),
        ("default", {"model": "openai/gpt-5.4-pro", "max_tokens": 1000}, 200, ""),
        ("nearly_spent", {"model": "anthropic/claude-sonnet-4.6", "max_tokens": 4096}, 402, "higher total limit"),
        ("nearly_spent", {"model": "anthropic/claude-sonnet-4.6", "max_tokens": 16}, 200, ""),
        ("spent", {}, 402, "can only afford 0"),
        ("free_tier", {}, 402, "never purchased credits"),
        ("free_tier", {"model": "openrouter/free"}, 200, ""),
        ("management", {}, 403, "Management keys"),
        ("unlimited", {"model": "openai/gpt-5.4-pro", "max_tokens": None}, 200, ""),
    ],
)
def test_what_a_key_can_pay_for(
    demo: DemoControl, name: str, more: dict[str, object], status: int, message: str
) -> None:
    answer = ask(demo, "hello", key=demo.key_for(name), **more)
    assert answer.status == status
    assert message in answer.text


def test_credits(demo: DemoControl) -> None:
    assert demo.call("GET", "/credits", key=demo.key).status == 403
    assert demo.call("GET", "/credits", key=demo.key_for("management")).json()["data"]["total_credits"] == 100
    demo.fault("zero_credits")
    assert demo.call("GET", "/credits", key=demo.key).json()["data"] == {"total_credits": 0, "total_usage": 0}
