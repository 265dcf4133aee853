"""The checks of a chat request, and what it asks for; refusals carry OpenRouter's status and words."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.catalogue import rows
from caal_desktop.demo.catalogue.hosting import providers, row_at, speed_at, tag_of
from caal_desktop.demo.chat.answers import images_of, text_of, tokenize
from caal_desktop.demo.errors import SUGGESTED, ApiError, availability
from caal_desktop.llm.fields import as_dict, as_float, as_list, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.demo.accounts.keys import DemoKey, KeyTable
    from caal_desktop.demo.catalogue.listing import DemoCatalogue
    from caal_desktop.demo.catalogue.rows import Row

DOCS = "https://openrouter.ai/docs"
# What an id's suffix asks for is what ``provider.sort`` does; the demo has no priority tiers.
_HOST_ORDERS = {"nitro": "throughput", "floor": "price"}
_SORTS: dict[object, Callable[[Row, str], float]] = {
    "throughput": lambda row, host: -speed_at(row, host).tokens_per_second,
    "latency": lambda row, host: speed_at(row, host).ttft,
    "price": lambda row, host: rows.price(row_at(row, host), "completion"),
}
RETIRED = "demo/retired"
"""A model that was offered once. So was the free variant of each model that is listed without one."""


@dataclass(slots=True)
class AcceptedRequest:
    """A chat request that was accepted.

    Attributes:
        row: the model that answers (an alias's target, a router's choice, a fallback), at its provider's prices.
        asked: the id that was asked for.
        provider: name of the hosting provider that answers.
        messages: as they came.
        prompt_tokens: roughly counted.
        max_tokens: the most completion tokens, reasoning included; None where not given.
        effort: how hard to reason; ``none`` for an answer without reasoning.
        shows_reasoning: whether the reasoning is sent, or only counted.
        stops: texts at which the answer ends.
        stream: whether it is to be streamed.
        tools, tool_choice, response_format: as they came.
    """

    row: Row
    asked: str
    provider: str
    messages: list[Any]
    prompt_tokens: int
    max_tokens: int | None = None
    effort: str = "none"
    shows_reasoning: bool = True
    stops: list[str] = field(default_factory=list)
    stream: bool = False
    tools: object = None
    tool_choice: object = None
    response_format: dict[str, Any] = field(default_factory=dict)

    @property
    def model_name(self) -> str:
        """The display name, without the vendor."""
        name = str(self.row.get("name") or self.row.get("id"))
        return name.partition(": ")[2] or name


def cost(row: Row, prompt_tokens: int, completion_tokens: int) -> float:
    """Return the cost of one answer in USD, by the row's price list (without time windows)."""
    prices = {name: max(0.0, rows.price(row, name)) for name in ("prompt", "completion", "request")}
    for override in map(as_dict, as_list(as_dict(row.get("pricing")).get("overrides"))):
        # OpenRouter's document: an entry applies above the threshold, and later entries win.
        threshold = as_float(override.get("min_prompt_tokens"))
        if threshold is not None and prompt_tokens > threshold:
            overridden = {name: as_float(override.get(name)) for name in ("prompt", "completion")}
            prices |= {name: price for name, price in overridden.items() if price is not None}
    return round(prices["prompt"] * prompt_tokens + prices["completion"] * completion_tokens + prices["request"], 10)


def check(body: object, catalogue: DemoCatalogue, keys: KeyTable, key: DemoKey) -> AcceptedRequest:
    """Check a request, and read what it asks for.

    Raises:
        ApiError: OpenRouter would refuse it, too.
    """
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid request: the body is not a JSON object.")
    messages = _messages(body)
    _check_ranges(body)
    if key.is_management:
        raise ApiError(403, "Management keys cannot be used for chat completions. Create an ordinary API key instead.")
    row, asked = _model(body, catalogue)
    host = _provider(body, row, asked)
    row = row_at(row, host)
    accepted = AcceptedRequest(
        row=row,
        asked=asked,
        provider=host,
        messages=messages,
        prompt_tokens=_prompt_tokens(messages, body.get("tools")),
        max_tokens=_max_tokens(body),
        stops=_stops(body.get("stop")),
        stream=body.get("stream") is True,
        tools=body.get("tools"),
        tool_choice=body.get("tool_choice"),
        response_format=as_dict(body.get("response_format")),
    )
    _check_abilities(body, row, messages)
    accepted.effort, accepted.shows_reasoning = _reasoning(body, row)
    _check_context_length(accepted)
    _check_credit(accepted, keys, key)
    return accepted


def _messages(body: dict[str, Any]) -> list[Any]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, 'Input required: specify "messages"')
    for number, message in enumerate(messages):
        role = as_dict(message).get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise ApiError(400, f"Invalid input: messages[{number}].role is not one of the known roles.")
        if role == "tool" and not isinstance(message.get("tool_call_id"), str):
            raise ApiError(400, f"Invalid input: messages[{number}].tool_call_id is required.")
    return messages


_RANGES = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "frequency_penalty": (-2.0, 2.0),
    "presence_penalty": (-2.0, 2.0),
}


def _check_ranges(body: dict[str, Any]) -> None:
    for name, (low, high) in _RANGES.items():
        value = body.get(name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high
        ):
            raise ApiError(400, f"Invalid input: {name} must be a number from {low:g} to {high:g}.")


def _max_tokens(body: dict[str, Any]) -> int | None:
    value = body.get("max_tokens")
    if value is None:
        value = body.get("max_completion_tokens")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ApiError(400, "Invalid input: max_tokens must be a whole number of at least 1.")
    return value


def _stops(stop: object) -> list[str]:
    if isinstance(stop, str):
        return [stop]
    return [text for text in map(as_text, as_list(stop)) if text is not None]


def _model(body: dict[str, Any], catalogue: DemoCatalogue) -> tuple[Row, str]:
    wanted = map(as_text, [body.get("model"), *as_list(body.get("models"))])
    names = [name for name in wanted if name is not None]
    if not names:
        raise ApiError(400, "No models provided")
    refusal = _no_such_model(names[0], names, catalogue)
    for name in names:
        row = catalogue.find(_without_order(name))
        if row is None:
            refusal = _no_such_model(name, names, catalogue)
        elif name.endswith(":batch"):
            refusal = ApiError(
                400,
                f"{name} is only available through the batch API.",
                {"error_type": "invalid_request"},
                availability=availability(
                    "wrong_endpoint", *names, constraint={"field": "model", "detail": "It answers batches alone."}
                ),
            )
        elif "text" not in rows.outputs(row):
            refusal = ApiError(404, f"No endpoints found that support the requested output modalities: text ({name})")
        else:
            return catalogue.resolve(row), name
    raise refusal


def _without_order(name: str) -> str:
    """Return an id without the suffix that says how to choose among hosts."""
    plain, _, suffix = name.rpartition(":")
    return plain if suffix in _HOST_ORDERS else name


def _no_such_model(name: str, names: list[str], catalogue: DemoCatalogue) -> ApiError:
    paid = name.removesuffix(":free")
    if paid != name and catalogue.find(paid) is not None:
        why = availability("free_variant_ended", *names, fallback_models=[paid])
        return ApiError(404, f"{name} is no longer available for free.", {"error_type": "not_found"}, availability=why)
    if name == RETIRED:
        why = availability("model_deprecated", *names, fallback_models=[SUGGESTED])
        return ApiError(404, f"{name} has been retired.", {"error_type": "not_found"}, availability=why)
    meant = difflib.get_close_matches(name, catalogue.ids, n=2, cutoff=0.85)
    why = availability("model_not_found", *names)
    if meant:
        why["fallback_models"] = meant
    return ApiError(
        400,
        f"{name} is not a valid model ID",
        {"error_type": "invalid_request"},
        availability=why,
    )


def _provider(body: dict[str, Any], row: Row, asked: str) -> str:
    preferences = as_dict(body.get("provider"))
    slug = str(row.get("id"))
    if slug.endswith(":free") and (preferences.get("data_collection") == "deny" or preferences.get("zdr") is True):
        raise ApiError(
            404,
            "No endpoints found matching your data policy (Free model training). "
            "Configure: https://openrouter.ai/settings/privacy",
            {"error_type": "not_found"},
            availability=availability("privacy_restricted", slug, excluded_by=["data_policy:training"]),
        )
    if preferences.get("require_parameters") is True:
        sent = {
            name for name in ("temperature", "top_p", "seed", "stop", "top_k", "min_p") if body.get(name) is not None
        }
        if not sent <= set(rows.parameters(row)):
            lacking = ", ".join(sorted(sent - set(rows.parameters(row))))
            raise ApiError(
                404,
                "No endpoints found that can handle the requested parameters.",
                {"error_type": "not_found"},
                availability=availability(
                    "constraint_filtered",
                    slug,
                    excluded_by=["require_parameters"],
                    constraint={"field": "require_parameters", "detail": f"Nobody takes {lacking}."},
                ),
            )

    def names(field_name: str) -> list[str]:
        return [tag_of(str(name)) for name in as_list(preferences.get(field_name))]

    hosts = providers(row)
    only, ignored, order = names("only"), names("ignore"), names("order")
    hosts = [host for host in hosts if (not only or tag_of(host) in only) and tag_of(host) not in ignored]
    if order and preferences.get("allow_fallbacks") is False:
        hosts = [host for host in hosts if tag_of(host) in order]
    if not hosts:
        raise ApiError(
            404,
            "No allowed providers are available for the selected model.",
            {"error_type": "not_found"},
            availability=availability("no_endpoints", slug, excluded_by=["allowed_providers"]),
        )
    if order:
        return min(hosts, key=lambda host: order.index(tag_of(host)) if tag_of(host) in order else len(order))
    by = _HOST_ORDERS.get(asked.rpartition(":")[2]) or preferences.get("sort")
    by = as_dict(by).get("by") or by
    return min(hosts, key=lambda host: _SORTS[by](row, host)) if by in _SORTS else hosts[0]


def _check_abilities(body: dict[str, Any], row: Row, messages: list[Any]) -> None:
    known = rows.parameters(row)
    if body.get("tools") and known and "tools" not in known:
        raise ApiError(
            404,
            "No endpoints found that support tool use. To learn more about provider routing, visit: "
            f"{DOCS}/provider-routing",
        )
    sees = "image" in rows.inputs(row)
    if not sees and any(images_of(message.get("content")) for message in messages):
        raise ApiError(404, "No endpoints found that support image input")


def _reasoning(body: dict[str, Any], row: Row) -> tuple[str, bool]:
    policy, asked = rows.reasoning(row), as_dict(body.get("reasoning"))
    effort = asked.get("effort") or body.get("reasoning_effort")
    if asked.get("enabled") is False or asked.get("max_tokens") == 0:
        effort = "none"
    mandatory = policy.get("mandatory") is True
    if effort == "none" and mandatory:
        raise ApiError(400, "Reasoning is mandatory for this endpoint and cannot be disabled.")
    efforts = as_list(policy.get("supported_efforts"))
    if effort is not None and effort not in ("none", "minimal", "low", "medium", "high", "xhigh", "max"):
        raise ApiError(400, f"Invalid input: reasoning effort {effort!r} is not known.")
    shows = not (asked.get("exclude") is True or body.get("include_reasoning") is False)
    if not policy:
        return "none", shows
    if effort is None:
        wanted = (
            mandatory or policy.get("default_enabled") is True or bool(asked.get("enabled") or asked.get("max_tokens"))
        )
        effort = (policy.get("default_effort") or "medium") if wanted else "none"
    if efforts and effort not in (*efforts, "none"):
        # OpenRouter maps an effort that the model lacks to one that it has.
        effort = efforts[len(efforts) // 2]
    return str(effort), shows


def _prompt_tokens(messages: list[Any], tools: object) -> int:
    count = 0
    for message in messages:
        content = message.get("content")
        count += 4 + len(tokenize(text_of(content))) + 800 * len(images_of(content))
        if message.get("tool_calls"):
            count += len(json.dumps(message["tool_calls"])) // 4
    return count + (len(json.dumps(tools)) // 4 if tools else 0)


def _check_context_length(accepted: AcceptedRequest) -> None:
    limit = rows.context_length(accepted.row)
    wanted = accepted.prompt_tokens + (accepted.max_tokens or 0)
    if limit and wanted > limit:
        raise ApiError(
            400,
            f"This endpoint's maximum context length is {limit} tokens. However, you requested about {wanted} tokens "
            f"({accepted.prompt_tokens} of text input, {accepted.max_tokens or 0} in the output). Please reduce the "
            "length of either one.",
        )


def _check_credit(accepted: AcceptedRequest, keys: KeyTable, key: DemoKey) -> None:
    """Check the credit for the longest answer that the request allows, as OpenRouter does."""
    row = accepted.row
    longest = accepted.max_tokens or rows.max_output(row)
    if (ceiling := rows.max_output(row)) and longest > ceiling:
        longest = ceiling
    affordable = keys.affordable(key)
    if cost(row, accepted.prompt_tokens, longest) <= affordable:
        return
    if key.is_free_tier:
        raise ApiError(
            402,
            "Insufficient credits. This account never purchased credits. Make sure your key is on the correct account "
            "or org, and if so, purchase more at https://openrouter.ai/settings/credits",
        )
    left = max(0.0, affordable - cost(row, accepted.prompt_tokens, 0))
    tokens = int(left / max(rows.price(row, "completion"), 1e-12))
    remaining = keys.remaining(key)
    advice = (
        "visit https://openrouter.ai/settings/keys and create a key with a higher total limit"
        if remaining is not None and remaining <= affordable
        else "visit https://openrouter.ai/settings/credits and upgrade to a paid account"
    )
    raise ApiError(
        402,
        f"This request requires more credits, or fewer max_tokens. You requested up to {longest} tokens, but can only "
        f"afford {tokens}. To increase, {advice}",
    )
