"""Sign-in with PKCE."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from caal_desktop.demo.accounts.pages import consent_page
from caal_desktop.demo.accounts.sign_in import CODE_LIFETIME_S, ConsentError, ConsentRequest, SignIn
from caal_desktop.demo.errors import ApiError
from tests.demo.asking import pkce

if TYPE_CHECKING:
    from tests.support.demo import DemoControl

VERIFIER, CHALLENGE = pkce()
CALLBACK = "http://127.0.0.1:41234/callback?state=a%20b"


def code_url(demo: DemoControl, **changed: str) -> str:
    """The page that is opened where the browser need not come back."""
    query = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "key_label": "<b>A key</b>", **changed}
    return f"{demo.root}/auth?{urlencode(query)}"


def auth_url(demo: DemoControl, callback: str = CALLBACK) -> str:
    query = f"callback_url={quote(callback, safe='')}&code_challenge={CHALLENGE}&code_challenge_method=S256"
    return f"{demo.root}/auth?{query}"


def test_from_the_page_to_a_key(demo: DemoControl) -> None:
    target = urlsplit(demo.decide_sign_in(auth_url(demo)))
    query = parse_qs(target.query)
    assert target.netloc == "127.0.0.1:41234"
    assert query["state"] == ["a b"]
    body = {"code": query["code"][0], "code_verifier": VERIFIER, "code_challenge_method": "S256"}
    key = demo.call("POST", "/auth/keys", body).json()["key"]
    assert key == demo.key_for("signed_in")
    assert demo.call("GET", "/key", key=key).status == 200
    assert demo.call("POST", "/auth/keys", body).status == 403


def test_deny(demo: DemoControl) -> None:
    query = parse_qs(urlsplit(demo.decide_sign_in(auth_url(demo), allow=False)).query)
    assert query["error"] == ["access_denied"]
    assert "code" not in query


def test_the_page_is_plain_and_asks(demo: DemoControl) -> None:
    page = demo.call("GET", auth_url(demo))
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert ">Allow</button>" in page.text
    assert ">Deny</button>" in page.text
    assert "demo" in page.text


def test_the_page_escapes_what_it_is_given() -> None:
    page = consent_page(ConsentRequest("http://localhost:1/<script>", '"><script>', "S256"))
    assert "<script" not in page


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "https://localhost:3000/",
        "http://example.org/",
        "http://localhost.example.org/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "javascript:alert(1)",
        "http://localhost@example.org/",
        "http://localhost/\x01",
        "http://localhost/ü",
    ],
)
def test_callbacks_beyond_loopback_are_refused(demo: DemoControl, callback: str) -> None:
    answer = demo.call("GET", auth_url(demo, callback))
    assert answer.status == 400
    form = f"callback_url={quote(callback, safe='')}&decision=allow".encode()
    answer = demo.call("POST", "/auth", form, content_type="application/x-www-form-urlencoded")
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("callback", ["http://localhost/", "http://[::1]:3000/x", "http://localhost:3000/cb"])
def test_callbacks_on_loopback_are_taken(callback: str) -> None:
    assert ConsentRequest.parse({"callback_url": callback}).callback_url == callback


def test_an_unknown_method_is_refused_on_the_page() -> None:
    with pytest.raises(ConsentError):
        ConsentRequest.parse({"callback_url": CALLBACK, "code_challenge": "x", "code_challenge_method": "S512"})


def code_of(sign_in: SignIn, request: ConsentRequest) -> str:
    return parse_qs(urlsplit(sign_in.allow(request)).query)["code"][0]


@pytest.mark.parametrize(
    ("request_", "body", "status"),
    [
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code_verifier": "w" * 43}, 403),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {}, 403),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code_verifier": "ü"}, 403),
        (
            ConsentRequest(CALLBACK, CHALLENGE, "S256"),
            {"code_verifier": VERIFIER, "code_challenge_method": "plain"},
            400,
        ),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code_verifier": 5}, 400),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code_verifier": VERIFIER, "code_challenge_method": "MD5"}, 400),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code": "other", "code_verifier": VERIFIER}, 403),
        (ConsentRequest(CALLBACK, CHALLENGE, "S256"), {"code": 7}, 400),
    ],
)
def test_bad_exchanges(request_: ConsentRequest, body: dict[str, object], status: int) -> None:
    sign_in = SignIn()
    code = code_of(sign_in, request_)
    with pytest.raises(ApiError) as refusal:
        sign_in.exchange({"code": code, **body})
    assert refusal.value.status == status


def test_a_code_expires() -> None:
    now = [0.0]
    sign_in = SignIn(lambda: now[0])
    request = ConsentRequest(CALLBACK, CHALLENGE, "S256")
    early, late = code_of(sign_in, request), code_of(sign_in, request)
    now[0] = CODE_LIFETIME_S
    assert sign_in.exchange({"code": early, "code_verifier": VERIFIER})["key"]
    now[0] += 1
    with pytest.raises(ApiError, match="403"):
        sign_in.exchange({"code": late, "code_verifier": VERIFIER})


def test_a_plain_challenge() -> None:
    sign_in = SignIn()
    code = code_of(sign_in, ConsentRequest(CALLBACK, VERIFIER, "plain"))
    assert sign_in.exchange({"code": code, "code_verifier": VERIFIER, "code_challenge_method": "plain"})["user_id"]


def test_other_methods_and_nonsense(demo: DemoControl) -> None:
    answer = demo.call("GET", "/auth/keys")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == 405
    assert demo.call("POST", "/auth/keys", b"nonsense").status == 400
    assert demo.call("POST", "/auth/keys", [1]).status == 400


def test_the_fault_of_an_expired_code(demo: DemoControl) -> None:
    demo.fault("expired_code", times=1)
    code = parse_qs(urlsplit(demo.decide_sign_in(auth_url(demo))).query)["code"][0]
    body = {"code": code, "code_verifier": VERIFIER, "code_challenge_method": "S256"}
    assert demo.call("POST", "/auth/keys", body).status == 403


def test_without_a_callback_the_page_shows_the_code(demo: DemoControl) -> None:
    url = code_url(demo)
    page = demo.call("GET", url)
    assert page.status == 200
    assert "called “&lt;b&gt;A key&lt;/b&gt;”" in page.text
    code = demo.allow_and_read_code(url)
    body = {"code": code, "code_verifier": VERIFIER, "code_challenge_method": "S256"}
    assert demo.call("POST", "/auth/keys", body).json()["key"] == demo.key_for("signed_in")
    assert demo.call("POST", "/auth/keys", body).status == 403, "a code is good once"


def test_without_a_callback_deny_shows_no_code(demo: DemoControl) -> None:
    form = f"code_challenge={CHALLENGE}&code_challenge_method=S256&decision=deny".encode()
    answer = demo.call("POST", "/auth", form, content_type="application/x-www-form-urlencoded")
    assert answer.status == 200
    assert "auth_code" not in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize("method", ["plain", "", "S512"])
def test_a_code_that_is_shown_needs_a_challenge(demo: DemoControl, method: str) -> None:
    assert demo.call("GET", code_url(demo, code_challenge_method=method)).status == 400
