"""What is said of a model that can be asked in place of one that has failed, and the button that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.commands import CommandId, part_of
from caal_desktop.widgets.common.model_price import price_sentence
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.chat.fallback_offer import Fallback
    from caal_desktop.widgets.common.message_panel import MessageAction


def suggestion(fallback: Fallback) -> str:
    """Return what the model is called and what it costs, by which the user decides."""
    suggested = translate("SuggestedModel", "Suggested instead: {model}.").format(model=fallback.model.name)
    return f"{suggested} {price_sentence(*fallback)}"


def with_fallback(wanted: Sequence[CommandId]) -> list[CommandId]:
    """Return commands against a failure with the one that asks the suggested model.

    Args:
        wanted: the commands, the failure's remedy first.
    """
    # Where the model itself has ended, nothing else gives an answer as soon.
    place = 0 if wanted[0] is CommandId.CHOOSE_MODEL else 1
    return [*wanted[:place], CommandId.USE_FALLBACK, *wanted[place:]]


def naming(model: ModelInfo, actions: Iterable[MessageAction]) -> list[MessageAction]:
    """Return the actions, of which the one that asks the suggested model says its name."""
    use = translate("SuggestedModel", "Use {model}").format(model=model.name)
    return [action.titled(use) if action.name == part_of(CommandId.USE_FALLBACK) else action for action in actions]
