"""Which headers the user may add: none that is a credential, by its name in any spelling or by its value."""

from __future__ import annotations

import pytest

from caal_desktop.llm.errors import ConfigurationError
from caal_desktop.llm.providers.clients.openai_compatible import OpenAICompatibleProvider
from caal_desktop.llm.transport.headers import check_header
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import InvalidSetting

# fmt: off
#: What services, gateways and proxies really have.
SECRET_NAMES = [
    "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie2",
    # Azure, Google, AWS, Anthropic, DeepL, Brave, ElevenLabs
    "api-key", "Ocp-Apim-Subscription-Key", "x-functions-key", "x-ms-authorization-auxiliary", "x-goog-api-key",
    "X-Goog-Iap-Jwt-Assertion", "X-Amz-Security-Token", "X-Amz-Credential", "X-Amz-Signature", "x-amz-access-token",
    "x-api-key", "DeepL-Auth-Key", "X-Subscription-Token", "xi-api-key",
    # gateways: Helicone, Portkey, LiteLLM, Cloudflare, RapidAPI, Kong and Supabase
    "Helicone-Auth", "x-portkey-api-key", "x-portkey-virtual-key", "x-litellm-api-key", "cf-aig-authorization",
    "CF-Access-Client-Secret", "Cf-Access-Jwt-Assertion", "cf-access-token", "X-Auth-Key", "X-RapidAPI-Key", "apikey",
    # GitLab, GitHub, Vault, Consul, Jenkins, Hasura, Parse, Datadog, Shopify, Plex, Figma, Azure DevOps, LND
    "PRIVATE-TOKEN", "JOB-TOKEN", "X-Gitlab-Token", "x-gitlab-pat", "X-GitHub-OTP", "X-Hub-Signature-256",
    "X-Vault-Token", "X-Consul-Token", "Jenkins-Crumb", "x-hasura-admin-secret", "X-Parse-Master-Key",
    "X-Parse-Session-Token", "DD-API-KEY", "DD-APPLICATION-KEY", "X-Shopify-Access-Token", "X-Plex-Token",
    "X-Figma-Token", "X-TFS-FedAuthRedirect", "Grpc-Metadata-macaroon", "X-Redmine-API-Key", "X-CSRFToken",
    "X-XSRF-TOKEN", "X-Storage-Pass", "x-access-tokens", "x-accesskeyid", "X-SAS", "X-OTP", "X-Okta-XsrfToken",
]
HARMLESS_NAMES = [
    "X-Title", "HTTP-Referer", "Referer", "Origin", "Keep-Alive", "Accept-Language", "Cache-Control", "traceparent",
    "baggage", "X-Request-Id", "X-Correlation-ID", "X-B3-TraceId", "X-Forwarded-For", "X-Real-IP",
    # OpenAI, Anthropic, OpenRouter, Fireworks, Azure, Google, AWS
    "OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta", "anthropic-version", "anthropic-beta",
    "anthropic-dangerous-direct-browser-access", "x-session-id", "x-session-affinity", "x-stainless-lang",
    "x-ms-client-request-id", "x-ms-region", "X-Goog-User-Project", "X-Amzn-Bedrock-Trace", "X-Amz-Date",
    # gateways: Helicone, Portkey, LiteLLM, Cloudflare, RapidAPI, MCP
    "Helicone-Session-Id", "Helicone-Session-Path", "Helicone-Session-Name", "Helicone-User-Id",
    "Helicone-Cache-Enabled", "Helicone-Prompt-Id", "Helicone-Property-Session", "Helicone-Retry-Enabled",
    "x-portkey-provider", "x-portkey-config", "x-portkey-trace-id", "x-portkey-cache-namespace", "x-litellm-tags",
    "x-litellm-timeout", "x-litellm-session-id", "cf-aig-metadata", "cf-aig-cache-key", "cf-aig-skip-cache",
    "X-RapidAPI-Host", "Mcp-Session-Id", "X-Max-Tokens", "x-ratelimit-limit-tokens", "X-Token-Count",
    "X-Reasoning-Tokens", "Idempotency-Key", "Surrogate-Key", "X-Algolia-Application-Id", "X-Tokenizer",
]
#: The same in other spellings, and words that have a part of them.
SECRET_SPELLINGS = [
    "AUTHORISATION", "X-Auth", "preauth", "OAuth2", "X-OAuth", "Bearer", "X-Access-Key", "X_API.KEY", "APIKEY",
    "ApiKey", "XApiKey", "XAPIKey", "x^api|key", "X-A-P-I-K-E-Y", "Api-Key-2", "X-Api-Key-Id", "accessKey",
    "userkey", "xkey", "X-Key", "Key2", "KEYS", "X-MyKeys", "X-Cache-Access-Key", "api.token", "accesstoken",
    "Idempotency-Key-Token", "Api_Secret", "x~secret", "X-Client-Secret", "X-Credential", "creds", "pass", "PWD",
    "dbpwd", "X.Pass.Word", "X-Passphrase", "sid", "signature", "SIG", "jwt", "X-Session-Token", "X-Session-Key",
    "sessionKeyId", "X-PAT", "gitlabPat", "Sas", "OTP-2", "Max-Tokens-Token", "Author-Auth", "X-Token-Id", "PIN",
]
HARMLESS_SPELLINGS = [
    "X-Keyboard", "X-Keynote", "X-Keyspace", "X-Monkey", "X-Hotkey", "X-Turkey", "Author", "X-Authors",
    "X-Authored-By", "X-Authority", "Cache-Key", "X-Cache-Key", "X-Route-Key", "Routing-Key", "partitionKey",
    "X-Team", "X-Compass", "X-Bypass", "X-Passenger", "X-Passthrough", "X-Pass-Through", "X-Design", "X-Spin",
    "X-Inside", "X-Signal", "X-Path", "X-Pattern", "X-Patch", "X-Pinned", "X-Option", "X-Asset", "X-Breadcrumb",
    "maxTokens", "X-Token-Limit", "token_budget", "session", "X-Session-Id",
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


@pytest.mark.parametrize("name", SECRET_NAMES + SECRET_SPELLINGS)
def test_a_name_that_stands_for_a_credential_is_refused_in_any_spelling(name: str) -> None:
    assert "looks like one for a key" in check_header(name, "x")


@pytest.mark.parametrize("name", HARMLESS_NAMES + HARMLESS_SPELLINGS)
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
