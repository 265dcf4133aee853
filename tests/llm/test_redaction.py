"""What counts as a secret, and how it is kept out of logs, errors and files."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.key_doctor import shapes
from caal_desktop.llm.redaction import clean_text, hide_echoes, hide_secrets, holds_secret, redact, register_secret

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-or-" + "v1-" + "0123456789abcdef" * 4
GROQ_KEY = "gsk" + "_" + "aB3" * 17
OPENAI_KEY = "sk-" + "proj-" + "aB3_-" * 12
LIVE_KEY = "an-own-server's-key"
SECRETS = [KEY, GROQ_KEY, OPENAI_KEY, LIVE_KEY, KEY[:30]]


@pytest.fixture(autouse=True)
def _live_key(no_live_secrets: None) -> None:
    register_secret(LIVE_KEY)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"key {KEY}.", "key [hidden]."),
        (f"'{GROQ_KEY}'", "'[hidden]'"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("{'authorization': 'Bearer abc'}", "{'authorization': 'Bearer [hidden]'}"),
        ("api_key='abc', model='x'", "api_key='[hidden]', model='x'"),
        ('"openrouter_api_key": "abc"', '"openrouter_api_key": "[hidden]"'),
        (f"<{LIVE_KEY}>", "<[hidden]>"),
        (f"{KEY}{KEY}", "[hidden]"),
        ("risk-averse task-oriented desk-bound", "risk-averse task-oriented desk-bound"),
        ("model=vendor/model:free status=200", "model=vendor/model:free status=200"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize("vendor", shapes.VENDORS, ids=lambda vendor: vendor.prefix)
def test_a_key_of_every_service_that_the_key_doctor_knows_is_one(vendor: shapes.Vendor) -> None:
    key = vendor.prefix + "aB3" * 12
    assert redact(f"key {key}.") == "key [hidden]."
    assert holds_secret(f"key {key}.")


def test_a_very_short_live_key_does_not_black_out_the_log() -> None:
    register_secret("a")
    assert redact("a small matter") == "a small matter"


ODD_KEY = """it's "my" <own> key/äß\\%+2\n"""


@pytest.mark.parametrize(
    "write",
    [
        str,
        repr,
        json.dumps,
        lambda key: json.dumps(key, ensure_ascii=False),
        lambda key: str({"Authorization": [key]}),
        lambda key: str(key.encode()),
        quote,
        lambda key: quote(key, safe=""),
        lambda key: urlencode({"token": key}),
        html.escape,
    ],
)
def test_a_key_is_hidden_with_whatever_escapes_it_is_written(write: Callable[[str], str]) -> None:
    register_secret(ODD_KEY)
    written = write(ODD_KEY)
    for hidden in (redact(written), clean_text(written)):
        assert "[hidden]" in hidden
        assert "my" not in hidden
        assert "own" not in hidden


ANSWER_KEY = "aB3+/<&'\"\\=Zq7"


def escaped(text: str, characters: str, form: str = "\\u{:04x}") -> str:
    """Return a text as JSON, in which these characters are escaped although JSON does not ask for it."""
    return "".join(form.format(ord(c)) if c in characters else json.dumps(c)[1:-1] for c in text)


@pytest.mark.parametrize(
    "write",
    [
        lambda text: escaped(text, "/", "\\/"),  # PHP
        lambda text: escaped(text, "<>&"),  # Go
        lambda text: escaped(text, "<>&'="),  # Gson
        lambda text: escaped(text, "<>&'\"+`", "\\u{:04X}"),  # .NET
        lambda text: escaped(text, text),
    ],
)
@pytest.mark.parametrize("key", [KEY, ANSWER_KEY])
def test_an_answer_echoes_no_key_however_it_is_escaped(write: Callable[[str], str], key: str) -> None:
    text = 'a/b <c> \\u0041 \\/ "'
    assert json.loads(f'"{hide_echoes(write(f"{text}{key}{text}"), (key,))}"') == f"{text}[hidden]{text}"
    assert hide_echoes(write(text), (key,)) == write(text)


@given(st.text(max_size=30), st.text(max_size=30), st.text(st.characters(max_codepoint=0xFFFF), max_size=10))
def test_an_answer_loses_its_request_s_key_and_nothing_else(before: str, after: str, characters: str) -> None:
    written = escaped(f"{before}{ANSWER_KEY}{after}", characters + ANSWER_KEY[::2])
    assert json.loads(f'"{hide_echoes(written, (ANSWER_KEY,))}"') == f"{before}[hidden]{after}"
    rest = escaped(f"{before}{after}", characters)
    assert hide_echoes(rest, (ANSWER_KEY,)) == rest


@pytest.mark.parametrize("text", [KEY, f"Authorization: Bearer {KEY}", "http://ann:secret@host/", "c2VjcmV0" * 50])
def test_what_only_looks_like_a_key_stays_in_an_answer(text: str) -> None:
    """It may be an example, in code that somebody asked for."""
    assert hide_echoes(text, (ANSWER_KEY,)) == text


@pytest.mark.parametrize("length", [12, 15, 30, 59])
def test_the_beginning_of_a_key_that_was_cut_off_is_hidden(length: int) -> None:
    key = "Zq7" * 20
    register_secret(key)
    assert hide_secrets(f"you sent '{key[:length]}…'") == "you sent '[hidden]'"
    assert hide_secrets(f"you sent {key[:length]}, it seems") == "you sent [hidden], it seems"


def test_the_beginning_of_a_short_password_is_a_word_like_any_other() -> None:
    register_secret("correct horse")
    assert hide_secrets("correct hors") == "correct hors"


@given(st.text(max_size=50), st.sampled_from(SECRETS), st.text(max_size=50))
def test_a_key_between_anything_is_masked(before: str, secret: str, after: str) -> None:
    register_secret(LIVE_KEY)
    # A letter right before a key makes it another word; that is not logged, and words with hyphens must stay readable.
    assert secret not in redact(f"{before} {secret}{after}")
    assert holds_secret(f"{before} {secret}\n{after}") or secret == KEY[:30]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece",
    ["sk-", "bearer ", "api_key=", "api_key", "sk-or-v1-", "a" * 100, "Authorization: ", LIVE_KEY, LIVE_KEY[:12]],
)
def test_masking_is_linear(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert redact(text)
    holds_secret(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY} or {LIVE_KEY}", "key [hidden] or [hidden]"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [hidden]"),
        ("through http://ann:secret@proxy:3128", "through http://[hidden]@proxy:3128"),
        ("The bearer token is missing.", "The bearer token is missing."),
        ("Send it as Authorization: token", "Send it as Authorization: token"),
    ],
)
def test_what_is_hidden_from_a_users_eyes(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown
    assert redact(shown).count("[hidden]") >= shown.count("[hidden]")


def test_a_secret_is_found_anywhere_in_a_json_value() -> None:
    assert holds_secret({"a": [{"b": ("c", f"x {KEY}")}]})
    assert holds_secret({f"x {KEY}": 1})
    assert not holds_secret({"a": [1, None, True, "sk-short", "a-word-with-many-dashes-in-it"]})
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert not holds_secret(deep)


def test_a_word_that_serves_as_a_key_keeps_no_settings_from_being_saved() -> None:
    # What servers of one's own are given where they insist on some key.
    for word in ("ollama", "lm-studio"):
        register_secret(word)
        assert not holds_secret({"provider": word, "providers": {word: {"base_url": f"http://{word}.lan/v1"}}})
        assert hide_secrets(f"refused: {word}") == "refused: [hidden]"
