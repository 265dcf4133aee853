"""Which headers the user may add: none that is a credential, by its name in any spelling or by its value."""

from __future__ import annotations

import pytest

from caal_desktop.llm.errors import ConfigurationError
from caal_desktop.llm.providers.clients.openai_compatible import OpenAICompatibleProvider
from caal_desktop.llm.transport.headers import check_header
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import InvalidSetting

# fmt: off
SECRET_NAMES = [
    "Authorization", "AUTHORISATION", "Proxy-Authorization", "X-Auth", "preauth", "OAuth2", "X-OAuth",
    "DeepL-Auth-Key", "Bearer", "Cookie", "Set-Cookie2", "X-Access-Key", "X_API.KEY", "apikey", "APIKEY",
    "ApiKey", "XApiKey", "XAPIKey", "x^api|key", "X-A-P-I-K-E-Y", "x-goog-api-key", "Api-Key-2",
    "X-Api-Key-Id", "Ocp-Apim-Subscription-Key", "accessKey", "userkey", "xkey", "X-Key", "Key2", "KEYS",
    "X-MyKeys", "X-Cache-Access-Key", "X-Subscription-Token", "PRIVATE-TOKEN", "X-Amz-Security-Token",
    "api.token", "Idempotency-Key-Token", "Api_Secret", "x~secret", "X-Client-Secret", "X-Credential",
    "creds", "pass", "PWD", "dbpwd", "X.Pass.Word", "X-Passphrase", "session", "X-Session-Id", "sid",
    "signature", "X-Hub-Signature-256", "SIG", "jwt", "x-portkey-api-key",
]
HARMLESS_NAMES = [
    "X-Title", "HTTP-Referer", "X-Keyboard", "X-Keynote", "X-Monkey", "X-Hotkey", "X-Turkey", "Keep-Alive",
    "Author", "X-Authors", "X-Authority", "Idempotency-Key", "Cache-Key", "X-Cache-Key", "X-Route-Key",
    "Routing-Key", "partitionKey", "Surrogate-Key", "X-Team", "X-Compass", "X-Bypass", "X-Passenger",
    "X-Design", "X-Spin", "X-Inside", "X-Signal", "OpenAI-Organization", "anthropic-version", "X-Request-Id",
    "x-portkey-provider",
]
# fmt: on
SECRET_VALUES = [
    "sk-or-v1-" + "5a" * 32,
    "voice sk-proj-" + "a1" * 12,
    "gsk_" + "b2" * 20,
    "Bearer x",
    "bearer  abc",
    "BASIC dXNlcg==",
    "Token a1b2c3d4",
    "eyJhbGciOiJI." + "eyJzdWIiOiIx" + ".c2ln",
]
HARMLESS_VALUES = [
    "voice",
    "https://example.com/",
    "a: b",
    "tokens",
    "bearer",
    "sk-old",
    "Basic plan",
    "token by token",
    "",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_stands_for_a_credential_is_refused_in_any_spelling(name: str) -> None:
    assert "looks like one for a key" in check_header(name, "x")


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_a_name_that_only_looks_similar_is_not(name: str) -> None:
    assert check_header(name, "x") == ""


@pytest.mark.parametrize("value", SECRET_VALUES)
def test_a_value_that_is_a_credential_is_refused_and_never_quoted(value: str) -> None:
    assert "value looks like a key" in check_header("X-Team", value)
    with pytest.raises(ConfigurationError) as caught:
        OpenAICompatibleProvider("acme/one", "http://127.0.0.1:9/v1", headers={"X-Team": value})
    assert "“X-Team”" in str(caught.value)
    assert value not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("value", HARMLESS_VALUES)
def test_any_other_value_is_not(value: str) -> None:
    assert check_header("X-Team", value) == ""


@pytest.mark.parametrize(
    "line", ["X-Api-Key: a-secret-word", "X-Team: Bearer a-secret-word", "x-team:a-secret-word\u2028"]
)
def test_the_settings_name_a_refused_header_without_its_value(line: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        SPECS["openai_compatible_headers"].check([line])
    words = caught.value.reason.in_words()
    assert "secret" not in words
    assert line.partition(":")[0] in words or "short texts" in words


def test_a_key_in_the_place_of_a_header_is_not_shown() -> None:
    key = "sk-or-v1-" + "5a" * 32
    with pytest.raises(InvalidSetting) as caught:
        SPECS["openai_compatible_headers"].check([key])
    assert key[:20] not in caught.value.reason.in_words()
