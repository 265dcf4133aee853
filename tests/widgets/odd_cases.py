"""What users meet rarely, for the walk that looks for texts: odd answers, models, keys, set-ups and values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from caal_desktop.catalogue.fitness.evidence import Figures, Measured
from caal_desktop.llm.events import UsageReport
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, PriceTier, Pricing, ReasoningPolicy
from caal_desktop.llm.models.key_info import FreeRequests, KeyInfo
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    ChatMessage,
    Role,
)
from caal_desktop.services.keys.key_state import KeyState
from caal_desktop.setup_flow import SetupState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from tests.support.picker_states import TODAY
from tests.widgets.chat.conftest import MODEL

USERS_WORDS = "Γεια σου"
"""What the user says here: letters that no text of the program has."""

ANSWERS = (
    ChatMessage(
        Role.ASSISTANT,
        [USERS_WORDS],
        facts=AnswerFacts(MODEL, MODEL, "Αλφα", 2.0, 9.0, 1.0, "gen-1", UsageReport(12, 34, 5, 6, 0.01, 0.04, True)),
        reasoning_parts=[USERS_WORDS],
    ),
    ChatMessage(
        Role.ASSISTANT,
        ["Δες [εδώ](https://a.example/x)\n\n```python\n१\n```\n\n```\n२\n```\n"],
        facts=AnswerFacts(MODEL, MODEL, None, 5.0, 9.0, None, "gen-2", UsageReport(1, 1, cost=0.1, is_byok=True)),
        reasoning_parts=[USERS_WORDS],
    ),
    ChatMessage(
        Role.ASSISTANT,
        ["![](https://a.example/1)\n\n![γάτα](https://a.example/2)"],
        facts=AnswerFacts(MODEL, MODEL, None, 0.5, 1.0, None, "gen-3", UsageReport(1, 1)),
    ),
)
NONSENSE: tuple[Any, ...] = (
    *("", "?", "http://", "https://a b", "http://u:p@a.example", "sk-or-" + "v1-" + "0b" * 32, "α" * 100_000),
    *(("CONTENT-TYPE: α",), ("Authorization: Bearer " + "0b" * 20,), ("X-A: α\0",), ("X-A: α",) * 99, "α\0", "\ud800"),
    *(-1, 10**9, None, 1.5, ("?",), ("α: β", "?"), ("α", "α"), ("α",) * 1000),
)
"""What a setting may not be, each of some kind of setting."""
_A_DAY = TODAY + timedelta(days=3)
USUAL_MODEL = ModelInfo(
    "α/α",
    "Αλφα",
    input_modalities=("text",),
    output_modalities=("text",),
    supported_parameters=frozenset({"tools"}),
    context_length=99_000,
)
"""A model as most are, with Greek letters for what servers tell."""
ODD_MODELS = (
    replace(USUAL_MODEL, id="α/γ", output_modalities=("image",)),
    replace(USUAL_MODEL, id="α/δ", input_modalities=("audio",)),
    replace(USUAL_MODEL, id="α/embed", output_modalities=("embeddings",)),
    replace(USUAL_MODEL, id="α/guard"),
    replace(USUAL_MODEL, id="α/text-embedding-3", supported_parameters=None),
    replace(USUAL_MODEL, id="α/ε", expiration_date=TODAY - timedelta(days=3)),
    replace(USUAL_MODEL, id="α/ζ", expiration_date=_A_DAY),
    replace(USUAL_MODEL, id="α/η", pricing=Pricing(varies=True), alias_target="α/α", alias_target_name="Αλφα"),
    replace(USUAL_MODEL, id="~α/η-latest", alias_target="α/α", alias_target_name=None),
    replace(USUAL_MODEL, id="α/θ", context_length=2_000, supported_parameters=frozenset()),
    replace(USUAL_MODEL, id="α/thinking", reasoning=None),
    replace(USUAL_MODEL, id="α/ι:free", pricing=Pricing(0.0, 0.0)),
    replace(USUAL_MODEL, id="α/ξ", reasoning=ReasoningPolicy(default_enabled=True)),
    replace(USUAL_MODEL, id="α/λ", reasoning=None, supported_parameters=frozenset({"tools", "reasoning"})),
    replace(
        USUAL_MODEL,
        id="α/μ",
        reasoning=ReasoningPolicy(mandatory=True, default_effort="medium"),
        pricing=Pricing(1.0, 1.0),
    ),
    replace(USUAL_MODEL, id="α/ν", reasoning=ReasoningPolicy(mandatory=True), pricing=Pricing(50.0, 50.0)),
    replace(
        USUAL_MODEL,
        id="α/κ",
        reasoning=ReasoningPolicy(mandatory=True, efforts=("minimal", "high"), default_effort="minimal"),
        pricing=Pricing(
            *(1.0, 2.0, 0.5, 3.0),
            request=0.1,
            tiers=(
                PriceTier(100_000, 2.0, 3.0, 1.0, 4.0),
                PriceTier(100_000, 2.0, utc_start=60, utc_end=120),
                PriceTier(0, completion=2.0, utc_start=60, utc_end=120),
            ),
        ),
    ),
)
"""What few models are: the walk meets them here alone."""
_CHEAP = Pricing(prompt=0.1, completion=0.6)
_QUICK = EndpointInfo("Αλφα", latency_ms=200.0, throughput_p75=300.0, pricing=Pricing(1.0, 1.0))
_OTHERS = (EndpointInfo("Βητα"), EndpointInfo("Γαμμα", supported_parameters=frozenset()))
_DAYS_AGO = datetime.now(UTC) - timedelta(days=3)


def _hosted(*hosts: EndpointInfo, asked_at: datetime | None = None, ignored: str = "", quick: bool = False) -> Figures:
    moments = {} if asked_at is None else {USUAL_MODEL.id: asked_at}
    return Figures({USUAL_MODEL.id: hosts}, ignored=frozenset({ignored} - {""}), quick=quick, asked_at=moments)


ODD_FIGURES = {
    "quick": _hosted(_QUICK),
    "late": _hosted(replace(_QUICK, latency_ms=3_000.0)),
    "too late": _hosted(replace(_QUICK, latency_ms=9_000.0)),
    "sooner, no price": _hosted(
        *(EndpointInfo("Αλφα", latency_ms=200.0, throughput_p75=rate) for rate in (30.0, 300.0))
    ),
    "sooner, as cheap": _hosted(
        *(EndpointInfo("Αλφα", _CHEAP, latency_ms=200.0, throughput_p75=rate) for rate in (30.0, 300.0))
    ),
    "dearer, no sooner": _hosted(
        EndpointInfo("Αλφα", _CHEAP, latency_ms=200.0, throughput_p75=300.0),
        EndpointInfo("Αλφα", Pricing(prompt=9.0, completion=9.0), latency_ms=200.0, throughput_p75=301.0),
    ),
    "without tools": _hosted(*_OTHERS[1:]),
    "none": _hosted(),
    "of another day": _hosted(_QUICK, *_OTHERS, asked_at=_DAYS_AGO),
    "two are allowed": _hosted(_QUICK, *_OTHERS, ignored="Γαμμα"),
    "one is allowed": _hosted(_QUICK, EndpointInfo("Γαμμα"), ignored="Γαμμα"),
    "the quickest first": _hosted(_QUICK, quick=True),
    "the quickest first, of another day": _hosted(_QUICK, quick=True, asked_at=_DAYS_AGO),
    **{
        f"measured, {seconds} s": Figures(measured={USUAL_MODEL.id: Measured(seconds, 5, TODAY)})
        for seconds in (1.0, 3.0, 9.0)
    },
}
"""What may be known of :data:`USUAL_MODEL` beside its row."""
COMPARED_MODELS = (
    *(
        replace(USUAL_MODEL, id=f"α/α{place}", agentic_index=float(place), pricing=Pricing(1.0, 1.0))
        for place in range(25)
    ),
    replace(USUAL_MODEL, id="α/α", pricing=Pricing(0.1, 0.1)),
)
"""Models whose places tell something, the weakest first, and a cheap one that has no place."""
SET_UPS = (
    (SetupState(), KeyState("openrouter")),
    (SetupState(model="α/α"), KeyState("openrouter")),
    (
        SetupState(key_status=KeyStatus.UNVERIFIED),
        KeyState("openrouter", KeyStatus.UNVERIFIED, KeyStore.KEYRING, is_loaded=True),
    ),
    (
        SetupState(key_status=KeyStatus.VERIFIED, model=""),
        KeyState("openrouter", KeyStatus.VERIFIED, KeyStore.SESSION, is_loaded=True),
    ),
    (SetupState(provider="openai_compatible", address="https://a.example"), KeyState("openai_compatible")),
)
KEY_INFOS = (
    KeyInfo(limit=5.0, limit_remaining=1.0, is_free_tier=True, limit_reset="daily"),
    KeyInfo(limit=5.0, limit_remaining=1.0, limit_reset="weekly", expires_at=datetime.now(UTC) + timedelta(days=9)),
    KeyInfo(limit=5.0, limit_remaining=1.0, limit_reset="monthly", free_requests=FreeRequests(50)),
    KeyInfo(is_free_tier=True, free_requests=FreeRequests(50, 12, 38)),
    KeyInfo(),
    KeyInfo(limit=5.0, limit_reset="monthly", expires_at=datetime.now(UTC) - timedelta(days=9), label="κ"),
)
