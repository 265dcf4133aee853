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
from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.redaction import clean_text, hide_secrets, holds_secret, redact, register_secret

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


@pytest.mark.parametrize("key", ["a", "key", "words"])
def test_a_very_short_key_blacks_out_no_text(key: str) -> None:
    """What is missing from the text would tell the key."""
    text = "a matter of key words"
    register_secret(key)
    assert redact(text) == text
    assert hide_secrets(text, key) == clean_text(text, key) == text
    error = ProviderError("own", detail=text, metadata={"raw": text}, params={"host": text}, secrets=(key,))
    assert error.detail == error.metadata["raw"] == error.params["host"] == text


def test_a_short_key_is_hidden_all_the_same() -> None:
    error = ProviderError("own", detail="no such key: ollama", secrets=("ollama",))
    assert error.detail == "no such key: [hidden]"


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
