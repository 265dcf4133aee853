"""Builds the rows of the demo's ``GET /models``: deterministic, apart from dates that must lie in the future."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from caal_desktop.demo.catalogue.families import VENDORS, Series, Vendor
from caal_desktop.demo.catalogue.oddities import odd_rows
from caal_desktop.demo.chance import between, fraction, pick

REFERENCE = datetime(2026, 9, 1, tzinfo=UTC)
"""The day on which the newest row was listed; fixed, so that orders do not change from day to day."""

Row = dict[str, Any]

_STRENGTHS = (
    "conversation and short spoken answers",
    "long documents and careful summaries",
    "agents that call many tools",
    "code review and refactoring",
    "quick classification at a low price",
    "mathematics and step-by-step problems",
    "stories, characters and role play",
    "questions in many languages",
)

_SIZE = re.compile(r"[ae]?[\dx.]+b")
_INPUTS = (("v", "image"), ("f", "file"), ("a", "audio"), ("d", "video"))
_EFFORTS = (
    ["high", "medium", "low"],
    ["high", "medium", "low", "minimal"],
    ["xhigh", "high", "medium", "low", "none"],
    ["max", "high", "low"],
)


def _usd(per_million: float) -> str:
    """A price per token, written as OpenRouter writes it: a plain decimal without an exponent."""
    text = f"{per_million / 1e6:.13f}".rstrip("0").rstrip(".")
    return text or "0"


def _pricing(series: Series, prompt: float, completion: float) -> Row:
    flags = series.flags
    pricing: Row = {"prompt": _usd(prompt), "completion": _usd(completion)}
    if "w" in flags:
        pricing["web_search"] = "0.01"
    if "v" in flags and "d" in flags:
        pricing["image"] = _usd(prompt)
    if "a" in flags:
        pricing["audio"] = _usd(prompt * 3)
    if "R" in flags and "c" in flags:
        pricing["internal_reasoning"] = _usd(completion)
    if "c" in flags:
        pricing["input_cache_read"] = _usd(prompt / 10)
        pricing["input_cache_write"] = _usd(prompt * 1.25)
    if "o" in flags:
        dearer = {"min_prompt_tokens": 200000, "prompt": _usd(prompt * 2), "completion": _usd(completion * 1.5)}
        if "c" in flags:
            dearer["input_cache_read"] = _usd(prompt / 5)
        pricing["overrides"] = [dearer]
    return pricing


def _parameters(flags: str, slug: str) -> list[str]:
    names = {"max_tokens"}
    if "R" not in flags or "h" in flags:
        names |= {"temperature", "top_p"}
    if "m" not in flags:
        names |= {"seed", "frequency_penalty", "presence_penalty", "stop"}
    if "h" in flags:
        names |= {"top_k", "min_p", "repetition_penalty"}
    if "t" in flags:
        names |= {"tools", "tool_choice", "response_format"}
        if fraction("structured", slug) < 0.9:
            names.add("structured_outputs")
    if "r" in flags.lower():
        names |= {"reasoning", "include_reasoning"}
        if fraction("effort", slug) < 0.6:
            names.add("reasoning_effort")
    if "w" in flags:
        names.add("web_search_options")
    if fraction("logprobs", slug) < 0.3:
        names |= {"logprobs", "top_logprobs"}
    return sorted(names)


def _benchmarks(slug: str, price: float) -> Row:
    # Dearer models do better on the whole, or the orders by price and by intelligence would look alike by accident.
    base = 18 + min(38.0, 9 * (price + 0.1) ** 0.5) + between(-5, 9, "quality", slug)
    index = {
        "intelligence_index": round(base, 1),
        "coding_index": round(base + between(-6, 8, "coding", slug), 1),
        "agentic_index": None if fraction("unrated", slug) < 0.1 else round(base + between(-15, 5, "agent", slug), 1),
    }
    arena = []
    if fraction("arena", slug) < 0.6:
        for category in ("website", "dataviz", "gamedev"):
            elo = round(1050 + base * 5 + between(-30, 30, category, slug))
            arena.append(
                {
                    "arena": "models",
                    "category": category,
                    "elo": elo,
                    "win_rate": round(35 + (elo - 1100) / 12, 1),
                    "rank": 1 + int(between(0, 60, "rank", category, slug)),
                }
            )
    return {"design_arena": arena, "artificial_analysis": index}


def _reasoning(flags: str, slug: str) -> Row:
    reasoning: Row = {"mandatory": "R" in flags}
    if fraction("told", slug) < 0.8:
        efforts = [e for e in pick(_EFFORTS, "efforts", slug) if not ("R" in flags and e == "none")]
        reasoning["default_enabled"] = "R" in flags or fraction("enabled", slug) < 0.4
        reasoning["supported_efforts"] = efforts
        reasoning["default_effort"] = "medium" if "medium" in efforts else efforts[0]
    return reasoning


def _describe(vendor: Vendor, name: str, slug: str, series: Series, context: int) -> str:
    strength, other = pick(_STRENGTHS, "strength", slug), pick(_STRENGTHS, "other", slug)
    lines = [f"**{name}** by {vendor.name} is made for {strength}."]
    if other != strength:
        lines[0] += f" It also does well at {other}."
    facts = [f"- reads up to {context // 1000} thousand tokens at once"]
    if "t" in series.flags:
        facts.append("- calls tools with `tools` and `tool_choice`")
    if "R" in series.flags:
        facts.append("- always thinks before it answers")
    if "v" in series.flags:
        facts.append("- understands images")
    if fraction("facts", slug) < 0.7:
        lines += ["", *facts]
    if "h" in series.flags:
        lines += ["", f"Its weights are open: see [the model card](https://huggingface.co/{vendor.slug})."]
    lines += ["", "*An entry of the demo's catalogue: its figures are made up.*"]
    return "\n".join(lines)


def _display(item: str) -> str:
    """An item of an id, as a display name writes it: ``-pro`` → `` Pro``, ``70b`` → ``70B``."""
    words = [
        word.upper().replace("X", "x") if _SIZE.fullmatch(word) else word.capitalize()
        for word in item.split("-")
        if word
    ]
    return (" " if item.startswith("-") else "") + " ".join(words)


def _row(vendor: Vendor, series: Series, item: str, position: int, count: int) -> Row:
    slug = f"{vendor.slug}/{series.stem.format(item)}"
    name = series.name.format(_display(item)).strip()
    factor = series.growth ** (position - count + 1)
    prompt, completion = round(series.prompt * factor, 4), round(series.completion * factor, 4)
    older = count - 1 - position
    context = max(4, series.context if older == 0 else round(series.context * 0.7**older)) * 1000
    if context > 100_000:
        context = round(context / 1024) * 1024
    output = series.output * 1000 or None
    if output is not None:
        output = min(output, context)
    age = between(10, 160, "age", vendor.slug, series.stem, series.name) + older * between(70, 160, "gap", slug)
    created = REFERENCE - timedelta(days=age)
    inputs = ["text", *(modality for flag, modality in _INPUTS if flag in series.flags)]
    flags = series.flags
    row: Row = {
        "id": slug,
        "canonical_slug": f"{slug}-{created:%Y%m%d}",
        "hugging_face_id": f"{vendor.slug}/{name.replace(' ', '-')}" if "h" in flags else None,
        "name": f"{vendor.name}: {name}",
        "created": int(created.timestamp()),
        "description": _describe(vendor, name, slug, series, context),
        "context_length": context,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->text",
            "input_modalities": inputs,
            "output_modalities": ["text"],
            "tokenizer": vendor.tokenizer,
            "instruct_type": None,
        },
        "pricing": _pricing(series, prompt, completion),
        "top_provider": {
            "context_length": context,
            "max_completion_tokens": output,
            "is_moderated": "m" in flags,
        },
        "per_request_limits": None,
        "supported_parameters": _parameters(flags, slug),
        "default_parameters": {"temperature": 0.7 if "h" in flags else None, "top_p": None},
        "supported_voices": None,
        "knowledge_cutoff": None
        if fraction("cutoff", slug) < 0.45
        else (created - timedelta(days=between(120, 400, "cutoff days", slug))).date().isoformat(),
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{slug}-{created:%Y%m%d}/endpoints"},
    }
    if "b" in flags:
        row["benchmarks"] = _benchmarks(slug, prompt)
    if "r" in flags.lower():
        row["reasoning"] = _reasoning(flags, slug)
    return row


def _free_twin(row: Row) -> Row:
    twin = row | {
        "id": f"{row['id']}:free",
        "name": f"{row['name']} (free)",
        "pricing": {"prompt": "0", "completion": "0"},
    }
    if fraction("free tools", row["id"]) < 0.6:
        lacking = {"tools", "tool_choice", "structured_outputs", "response_format"}
        twin["supported_parameters"] = [p for p in row["supported_parameters"] if p not in lacking]
    return twin


def _batch_twin(row: Row) -> Row:
    pricing = {
        name: _usd(float(price) * 1e6 / 2) if name != "web_search" else price
        for name, price in row["pricing"].items()
        if isinstance(price, str)
    }
    return row | {"id": f"{row['id']}:batch", "name": f"{row['name']} (batch)", "pricing": pricing}


def _alias(name: str, alias: str, target: Row) -> Row:
    slug = f"~{target['id'].split('/')[0]}/{alias}"
    row = target | {
        "id": slug,
        "canonical_slug": slug,
        "name": name,
        "description": f"This model always redirects to the latest one of its family, today {target['name']}.",
        "alias_target": {"name": target["name"], "slug": target["id"]},
        "architecture": target["architecture"] | {"tokenizer": "Router"},
        "knowledge_cutoff": None,
        "links": {"details": f"/api/v1/models/{slug}/endpoints"},
    }
    row.pop("benchmarks", None)
    return row


_ALIASES = (
    ("Anthropic: Claude Sonnet Latest", "claude-sonnet-latest", "anthropic/claude-sonnet-4.6"),
    ("Anthropic: Claude Opus Latest", "claude-opus-latest", "anthropic/claude-opus-4.6"),
    ("Anthropic Claude Haiku Latest", "claude-haiku-latest", "anthropic/claude-haiku-4.5"),
    ("OpenAI: GPT Latest", "gpt-latest", "openai/gpt-5.4"),
    ("OpenAI GPT Mini Latest", "gpt-mini-latest", "openai/gpt-5.4-mini"),
    ("Google: Gemini Pro Latest", "gemini-pro-latest", "google/gemini-3.1-pro"),
    ("Google Gemini Flash Latest", "gemini-flash-latest", "google/gemini-3-flash"),
    ("xAI: Grok Latest", "grok-latest", "x-ai/grok-4.20"),
    ("Z.AI: GLM Latest", "glm-latest", "z-ai/glm-5.1"),
    ("MoonshotAI: Kimi Latest", "kimi-latest", "moonshotai/kimi-k2.6"),
)

_EXPIRING = (
    ("openai/gpt-4.5-preview", 2),
    ("anthropic/claude-sonnet-3.7", 9),
    ("google/gemini-2.0-flash", 24),
    ("mistralai/pixtral-12b", 80),
    ("inflection/inflection-3-pi", 0),
    ("gryphe/mythomax-l2-13b", 36500),
)


def _ordinary() -> list[Row]:
    """Rows of all families, with their twins, without anything odd."""
    rows: list[Row] = []
    for vendor in VENDORS:
        for series in vendor.series:
            items = [item.strip() for item in series.items.split(" ")]
            for position, item in enumerate(items):
                row = _row(vendor, series, item, position, len(items))
                rows.append(row)
                last = position == len(items) - 1
                if "F" in series.flags and (last or fraction("free", row["id"]) < 0.35):
                    rows.append(_free_twin(row))
                if "B" in series.flags and position >= len(items) - 2:
                    rows.append(_batch_twin(row))
    return rows


def popularity(row_id: str) -> float:
    """How often a model is used, from 0 to 1, made up from its id; vendors at the front of the families do better."""
    slug = row_id.lstrip("~").split("/", maxsplit=1)[0]
    known = [vendor.slug for vendor in VENDORS]
    place = known.index(slug) / len(known) if slug in known else 0.9
    return fraction("popularity", row_id) * (1.05 - place) * (0.3 if ":batch" in row_id else 1.0)


def build_rows(count: int | None = None, *, today: date | None = None) -> list[Row]:
    """The demo's catalogue, newest first, as ``GET /models`` lists it.

    Args:
        count: None gives the whole catalogue with every oddity (some 340 rows). A number gives that many ordinary rows:
            the most popular ones, or further numbered variants beyond the families.
        today: the day from which ends of life are counted.
    """
    today = today or datetime.now(UTC).date()
    rows = _ordinary()
    by_id = {row["id"]: row for row in rows}
    for slug, days in _EXPIRING:
        by_id[slug]["expiration_date"] = (today + timedelta(days=days)).isoformat()
    if count is not None:
        rows.sort(key=lambda row: (-popularity(row["id"]), row["id"]))
        for number in range(len(rows), count):
            origin = rows[number % len(by_id)]
            base, _, variant = origin["id"].partition(":")
            tag = f"-ft{number // len(by_id)}"
            rows.append(
                origin
                | {
                    "id": f"{base}{tag}" + (f":{variant}" if variant else ""),
                    "canonical_slug": f"{origin['canonical_slug']}{tag}",
                    "name": f"{origin['name']} FT{number // len(by_id)}",
                    "created": origin["created"] - 86400 * (number // len(by_id)),
                }
            )
        return sorted(rows[:count], key=lambda row: (-row["created"], row["id"]))
    rows += [_alias(name, alias, by_id[target]) for name, alias, target in _ALIASES]
    # A year old, so that a person meets them while looking around and not as the first thing in the list.
    odd = odd_rows(int((REFERENCE - timedelta(days=365)).timestamp()), rows[5])
    rows += odd[:-1]
    rows.sort(key=lambda row: (-(row.get("created") or 0), row.get("id") or ""))
    return [*rows, odd[-1]]
