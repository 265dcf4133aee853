"""Rows of the catalogue that are legal or at least possible, and that break a careless reader."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def plain_row(
    slug: str,
    name: str,
    created: int,
    *,
    prompt: str = "0.0000002",
    completion: str = "0.0000008",
    context: int = 32768,
    inputs: tuple[str, ...] = ("text",),
    outputs: tuple[str, ...] = ("text",),
    parameters: tuple[str, ...] = ("max_tokens", "temperature", "tools", "tool_choice"),
    description: str = "An entry of the demo's catalogue.",
    tokenizer: str = "Other",
) -> Row:
    """A complete row with nothing special, to be made special."""
    return {
        "id": slug,
        "canonical_slug": slug,
        "hugging_face_id": None,
        "name": name,
        "created": created,
        "description": description,
        "context_length": context,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->{'+'.join(outputs)}",
            "input_modalities": list(inputs),
            "output_modalities": list(outputs),
            "tokenizer": tokenizer,
            "instruct_type": None,
        },
        "pricing": {"prompt": prompt, "completion": completion},
        "top_provider": {"context_length": context, "max_completion_tokens": None, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": list(parameters),
        "default_parameters": {},
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{slug}/endpoints"},
    }


def odd_rows(created: int, repeated: Row) -> list[Row]:
    """All odd rows.

    Args:
        created: their date (unix seconds).
        repeated: a row to be listed a second time.
    """
    router = {"prompt": "-1", "completion": "-1"}
    long_name = "A Merge Of Seventeen Merges With Extra Layers, " * 9
    rows = [
        plain_row(
            "openrouter/auto",
            "Auto Router",
            created - 1,
            context=2_000_000,
            tokenizer="Router",
            inputs=("text", "image", "file", "audio", "video"),
            description="Sends each prompt to the model that fits it. The price is the price of the model it chooses.",
        )
        | {"pricing": router},
        plain_row(
            "openrouter/free",
            "Free Models Router",
            created - 2,
            prompt="0",
            completion="0",
            context=200_000,
            tokenizer="Router",
            description="Chooses one of the free models.",
        ),
        plain_row(
            "demo/merge-of-merges-70b",
            f"Demo Lab: {long_name.strip()}",
            created - 3,
            description="A name of more than 400 characters, as community merges have them.",
        ),
        plain_row("demo/polyglot-8b", "Demo Lab: 🦜 Polyglot مترجم متعدد اللغات 8B", created - 4),
        plain_row(
            "demo/hostile-description",
            "Demo Lab: <b>Bold</b> & Sons",
            created - 5,
            description=(
                "# Not a heading\n\n![pixel](https://tracker.invalid/pixel.png)\n\n<script>alert(1)</script>\n\n"
                "[A link](javascript:alert(1)) and [another](https://example.invalid/)"
            ),
        ),
        plain_row("demo/no-parameters", "Demo Lab: Says Nothing About Parameters", created - 6, parameters=()),
        plain_row("demo/free-by-request", "Demo Lab: Per Request", created - 7, prompt="0", completion="0")
        | {"pricing": {"prompt": "0", "completion": "0", "request": "0.012"}},
        plain_row("demo/night-rate", "Demo Lab: Night Rate", created - 8)
        | {
            "pricing": {
                "prompt": "0.0000004",
                "completion": "0.0000016",
                "overrides": [{"utc_start": 1630, "utc_end": 30, "prompt": "0.0000002", "completion": "0.0000008"}],
            }
        },
        plain_row("demo/tiny-context", "Demo Lab: Goldfish", created - 9, context=2048),
        plain_row(
            "demo/painter",
            "Demo Lab: Painter",
            created - 10,
            outputs=("image",),
            parameters=("seed",),
        ),
        plain_row("demo/painter-and-writer", "Demo Lab: Painter and Writer", created - 11, outputs=("image", "text")),
        plain_row("demo/speaker", "Demo Lab: Speaker", created - 12, outputs=("audio",), parameters=())
        | {"supported_voices": ["alba", "otto"]},
        plain_row("demo/embedder", "Demo Lab: Embedder", created - 13, outputs=("embeddings",), parameters=()),
        # From here on, rows that the API's own schema forbids. They have been seen all the same.
        {"id": "demo/only-an-id"},
        plain_row("demo/nulls", "Demo Lab: Nulls", created - 14)
        | dict.fromkeys(
            (
                "name",
                "created",
                "description",
                "context_length",
                "architecture",
                "pricing",
                "top_provider",
                "supported_parameters",
                "default_parameters",
                "links",
            )
        ),
        plain_row("demo/from-the-future", "Demo Lab: Unknown Fields", created - 15)
        | {
            "quantum": {"entangled": True},
            "supported_parameters": ["max_tokens", "telepathy"],
            "architecture": {"input_modalities": ["text", "smell"], "output_modalities": ["text"], "modality": None},
            "pricing": {"prompt": "0.0000001", "completion": "0.0000002", "telepathy": "0.5", "tiers": {"x": 1}},
        },
        {**plain_row("demo/nameless", "Demo Lab: Row Without an Id", created - 16), "id": None},
    ]
    del rows[-1]["id"]
    return [*rows, dict(repeated)]


SCHEMA_BREAKERS = frozenset({"demo/only-an-id", "demo/nulls", "demo/from-the-future", None})
"""Ids (None: no id) of the rows above that the API's schema forbids."""
