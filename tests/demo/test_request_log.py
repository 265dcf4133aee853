"""The log of what arrived: complete, and without secrets."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from caal_desktop.demo.accounts.keys import KEYS
from caal_desktop.demo.request_log import mask
from tests.demo.asking import CHEAP, ask

if TYPE_CHECKING:
    from tests.support.demo import DemoControl


def test_headers_keep_their_names_and_hide_secrets(demo: DemoControl) -> None:
    secret = KEYS["unlimited"].secret
    connection = http.client.HTTPConnection(urlsplit(demo.root).netloc, timeout=20)
    headers = {
        "Authorization": f"Bearer {secret}",
        "X-Title": "CAAL",
        "Cookie": "session=abcdef",
        "X-Stray": f"a {secret} in the wrong place",
    }
    connection.request("GET", "/api/v1/key?x=1", headers=headers)
    assert connection.getresponse().status == 200
    connection.close()
    entry = demo.requests("/key")[0]
    assert (entry["method"], entry["query"], entry["status"]) == ("GET", {"x": "1"}, 200)
    assert entry["headers"]["X-Title"] == "CAAL"
    assert entry["headers"]["Authorization"] == f"Bearer {mask(secret)}"
    assert entry["key"] == mask(secret)
    told = json.dumps(entry)
    assert secret not in told
    assert "abcdef" not in told


def test_bodies_are_kept_without_secrets(demo: DemoControl) -> None:
    secret = KEYS["default"].secret
    ask(demo, f"my key is {secret}", temperature=0.5)
    body = demo.requests("/chat/completions")[0]["body"]
    assert (body["model"], body["temperature"]) == (CHEAP, 0.5)
    assert body["messages"][0]["content"] == f"my key is {mask(secret)}"
    demo.call("POST", "/auth/keys", {"code": "a-code", "code_verifier": "a-verifier"})
    assert "a-verifier" not in json.dumps(demo.requests("/auth/keys"))
    demo.call("POST", "/auth/keys", b"\xff no json")
    assert demo.requests("/auth/keys")[1]["body"].endswith("no json")


def test_the_log_leaves_itself_out_and_can_be_cleared(demo: DemoControl) -> None:
    demo.call("GET", "/models")
    demo.call("GET", "/nowhere")
    assert [(entry["path"], entry["status"]) for entry in demo.requests()] == [
        ("/api/v1/models", 200),
        ("/api/v1/nowhere", 404),
    ]
    demo.clear_requests()
    assert demo.requests() == []


def test_the_front_page(demo: DemoControl) -> None:
    assert "demo server" in demo.call("GET", f"{demo.root}/").text
    assert demo.call("GET", "/_demo/keys").json()["default"]["key"] == demo.key
