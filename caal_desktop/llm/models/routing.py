"""How OpenRouter is asked to choose among a model's hosts, as far as the model's id decides it.

Documented under "Model variants" and "Provider selection": each id of a model takes a suffix that says how a request is
routed, and the object ``provider`` of a request may say the same. A client that can set nothing but the model, as the
voice agent, has the suffix alone.
"""

from __future__ import annotations

from typing import Final, NamedTuple

QUICK_SUFFIX: Final = "nitro"
"""The hosts by throughput, and their dearer priority tiers among them where those are the quickest."""

HOST_ORDER_SUFFIXES: Final = frozenset({"exacto", "floor", QUICK_SUFFIX})
"""Suffixes that say in which order hosts are tried."""

ROUTING_SUFFIXES: Final = HOST_ORDER_SUFFIXES | {"online"}
"""What OpenRouter takes behind any id and lists with none of them: they say how a request is routed."""

QUICK_SORT: Final = "throughput"
"""The value of ``provider.sort`` that orders hosts as :data:`QUICK_SUFFIX` does, without priority tiers."""


class QuickRoute(NamedTuple):
    """How to ask that the quickest of a model's hosts are tried first.

    Attributes:
        model_id: the id to send.
        sort: the value of ``provider.sort`` to send with it; None for none.
    """

    model_id: str
    sort: str | None


def quick_route(model_id: str) -> QuickRoute | None:
    """Return how to ask for a model's quickest hosts first.

    The suffix goes before ``provider.sort`` wherever an id can carry it: what is tried with it is what any client does
    that is given the id, its price included.

    Returns:
        None where that is not asked: the id says itself how to order the hosts, it is a router's or a moving alias',
        which stand for other models, or no id of OpenRouter's.
    """
    author, slash, slug = model_id.partition("/")
    if not slash or not author or not slug or author.startswith("~") or author == "openrouter":
        return None
    _, colon, suffix = slug.rpartition(":")
    if not colon:
        return QuickRoute(f"{model_id}:{QUICK_SUFFIX}", None)
    # An id has one suffix: that of a variant (``:free``, ``:thinking``) leaves no place for another one.
    return None if suffix in HOST_ORDER_SUFFIXES else QuickRoute(model_id, QUICK_SORT)
