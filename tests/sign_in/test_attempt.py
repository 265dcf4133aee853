"""The secrets of one attempt to sign in."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from caal_desktop.sign_in import Attempt, CodeRefusedError


def test_every_attempt_has_secrets_of_its_own_and_shows_none() -> None:
    one, other = Attempt(), Attempt()
    assert one.verifier != other.verifier
    assert one.token != other.token
    assert 43 <= len(one.verifier) <= 128  # RFC 7636, section 4.1
    assert one.verifier not in repr(one)
    assert one.token not in repr(one)


def test_the_challenge_is_the_one_of_the_standard() -> None:
    # RFC 7636, appendix B.
    attempt = Attempt(verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert attempt.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_page_is_asked_with_challenge_and_callback_but_never_with_the_verifier() -> None:
    attempt = Attempt()
    url = attempt.sign_in_url("https://openrouter.ai/api/v1", 4711)
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "openrouter.ai", "/auth")
    digest = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    assert query == {
        "callback_url": f"http://127.0.0.1:4711/{attempt.token}",
        "code_challenge": digest,
        "code_challenge_method": "S256",
        "key_label": "CAAL Desktop",
    }
    assert attempt.verifier not in url
    without = urlsplit(attempt.sign_in_url("https://openrouter.ai/api/v1"))
    del query["callback_url"]
    assert dict(parse_qsl(without.query)) == query, "the code is shown where the browser need not come back"


@pytest.mark.parametrize(
    "form",
    [
        "{code}",
        "  {code}\n",
        "{half}\n  {rest}",
        "{url}?code={code}",
        "{bare}?code={code}",
        "{url}?x=1&code={code}#top",
    ],
)
def test_a_code_is_taken_by_hand_in_any_form(form: str) -> None:
    attempt, code = Attempt(), "auth_code_0123456789abcdef"
    url = attempt.callback_url(4711)
    parts = {"half": code[:9], "rest": code[9:], "bare": url.removeprefix("http://")}
    assert attempt.code_in(form.format(code=code, url=url, **parts)) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "two words here",
        "x" * 600,
        "http://127.0.0.1:4711/another-path?code=auth_code_1",
        "https://openrouter.ai/auth?code=auth_code_1",
        "http://[",
        "Zeichen-äöü",
        "sk-or-v1-" + "0b" * 32,
    ],
)
def test_what_is_no_code_of_this_attempt_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(CodeRefusedError) as caught:
        Attempt().code_in(text)
    assert not text or text not in str(caught.value)
    assert caught.value.reason.context == "SignIn"
    assert str(caught.value) == caught.value.reason


def test_an_address_with_two_codes_is_refused() -> None:
    attempt = Attempt()
    with pytest.raises(CodeRefusedError):
        attempt.code_in(f"{attempt.callback_url(1)}?code=auth_code_1&code=auth_code_2")
