"""The result of each chat completion: the answers of ``GET /generation``."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from caal_desktop.demo.errors import ApiError

KEPT = 2000
"""How many generations are remembered."""


@dataclass(slots=True)
class Generation:
    """One chat completion, filled in while it runs.

    Attributes:
        id: as in ``X-Generation-Id``.
        model, provider: who answers.
        streamed: whether it was streamed.
        prompt_tokens, completion_tokens, reasoning_tokens: counts, as far as the answer has come.
        cost: USD; known once it ended.
        finish_reason: known once it ended; None when it was cancelled.
        cancelled: the client closed the connection before the end.
        ended: whether it is over.
        latency, duration: milliseconds to the first token, and of the generation.
        looked_up: how often it was asked for after its end.
    """

    id: str
    model: str
    provider: str
    streamed: bool
    prompt_tokens: int
    user_agent: str | None = None
    referer: str | None = None
    router: str | None = None
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float = 0.0
    finish_reason: str | None = None
    cancelled: bool = False
    ended: bool = False
    latency: float = 0.0
    duration: float = 0.0
    looked_up: int = 0
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def describe(self) -> dict[str, Any]:
        """Return the ``data`` of ``GET /generation``."""
        return {
            "id": self.id,
            "request_id": f"req-{self.id[4:]}",
            "upstream_id": f"chatcmpl-{self.id[4:]}",
            "created_at": self.created.isoformat(),
            "model": self.model,
            "provider_name": self.provider,
            "streamed": self.streamed,
            "cancelled": self.cancelled,
            "finish_reason": self.finish_reason,
            "native_finish_reason": self.finish_reason,
            "tokens_prompt": self.prompt_tokens,
            "tokens_completion": self.completion_tokens,
            "native_tokens_prompt": self.prompt_tokens,
            "native_tokens_completion": self.completion_tokens,
            "native_tokens_reasoning": self.reasoning_tokens,
            "native_tokens_cached": 0,
            "native_tokens_completion_images": 0,
            "total_cost": self.cost,
            "usage": self.cost,
            "upstream_inference_cost": None,
            "is_byok": False,
            "latency": round(self.latency),
            "generation_time": round(self.duration),
            "moderation_latency": None,
            "cache_discount": None,
            "app_id": None,
            "origin": self.referer or "",
            "http_referer": self.referer,
            "user_agent": self.user_agent,
            "router": self.router,
            "api_type": "completions",
            "data_region": "global",
            "external_user": None,
            "session_id": None,
            "service_tier": None,
            "preset_id": None,
            "workspace_id": None,
            "provider_responses": None,
            "web_search_engine": None,
            "num_media_prompt": 0,
            "num_input_audio_prompt": 0,
            "num_media_completion": 0,
            "num_search_results": 0,
            "num_fetches": 0,
        }


class GenerationStore:
    """Remembers the latest generations."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Generation] = OrderedDict()

    def reset(self) -> None:
        """Forget all."""
        self._known.clear()

    def add(self, generation: Generation) -> None:
        """Remember one, and forget the oldest where there are too many."""
        self._known[generation.id] = generation
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def look_up(self, generation_id: str) -> Generation:
        """Return the generation with that id.

        Raises:
            ApiError: 404 while it is not known: before its end, and at the first request afterwards, because
                OpenRouter, too, takes a moment to record it.
        """
        generation = self._known.get(generation_id)
        if generation is not None and generation.ended:
            generation.looked_up += 1
            if generation.looked_up > 1:
                return generation
        raise ApiError(404, f"Generation {generation_id} not found")
