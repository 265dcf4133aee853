"""What is to be expected of a model, in words: one line, wherever a model is recommended, shown or summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.widgets.common.translation import in_words, translate

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.explanation import Explanation


# A line is not broken before the dot.
_BETWEEN = "\N{NO-BREAK SPACE}· "


def explanation_line(explanation: Explanation) -> str:
    """Return the facts as one line, and the caveat as a sentence behind them."""
    facts = _BETWEEN.join(map(in_words, explanation.facts))
    if explanation.caveat is None:
        return facts
    return translate("Explanation", "{facts}. {caveat}").format(facts=facts, caveat=in_words(explanation.caveat))


def spoken_facts(explanation: Explanation) -> tuple[str, ...]:
    """Return the same, one by one, to be read out among others."""
    told = (*explanation.facts, explanation.caveat)
    return tuple(in_words(fact) for fact in told if fact is not None)
