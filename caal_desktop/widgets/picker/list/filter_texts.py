"""The filters' names, and what passes each of them."""

from __future__ import annotations

from caal_desktop.catalogue.filters import LONG_CONTEXT, FilterName
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Count, FilledText, Unit
from caal_desktop.widgets.common.translation import in_words, translated

_FILTERS = {
    FilterName.VOICE: (
        QT_TRANSLATE_NOOP("Filters", "Fit for voice"),
        QT_TRANSLATE_NOOP(
            "Filters",
            "Can call tools, streams its answer as text, and need not think before it speaks: what a voice assistant "
            "needs. The details of a model say what it has of these.",
        ),
    ),
    FilterName.FREE: (
        QT_TRANSLATE_NOOP("Filters", "Free"),
        QT_TRANSLATE_NOOP("Filters", "Costs nothing, but is limited: 20 requests a minute, and a daily number."),
    ),
    FilterName.TOOLS: (
        QT_TRANSLATE_NOOP("Filters", "Tools"),
        QT_TRANSLATE_NOOP("Filters", "Can call tools, such as the weather or your calendar."),
    ),
    FilterName.VISION: (QT_TRANSLATE_NOOP("Filters", "Vision"), QT_TRANSLATE_NOOP("Filters", "Takes images.")),
    FilterName.AUDIO_INPUT: (
        QT_TRANSLATE_NOOP("Filters", "Audio"),
        QT_TRANSLATE_NOOP("Filters", "Takes sound. The assistant itself needs text only."),
    ),
    FilterName.REASONING_OPTIONAL: (
        QT_TRANSLATE_NOOP("Filters", "Reasoning optional"),
        QT_TRANSLATE_NOOP("Filters", "Can think before it answers, and can be told not to."),
    ),
    FilterName.LONG_CONTEXT: (
        QT_TRANSLATE_NOOP("Filters", "Long context"),
        QT_TRANSLATE_NOOP("Filters", "Holds at least {tokens} in mind."),
    ),
    FilterName.NO_EXPIRY: (
        QT_TRANSLATE_NOOP("Filters", "No expiry"),
        QT_TRANSLATE_NOOP("Filters", "No end of its service is announced."),
    ),
    FilterName.OPEN_WEIGHTS: (
        QT_TRANSLATE_NOOP("Filters", "Open weights"),
        QT_TRANSLATE_NOOP("Filters", "Its weights are published, so others may host it too."),
    ),
}


def filter_name(name: FilterName) -> str:
    """Return a filter's name, short enough for a chip."""
    return translated(_FILTERS[name][0])


def filter_help(name: FilterName) -> str:
    """Return what passes a filter, in one or two sentences."""
    return in_words(FilledText(_FILTERS[name][1], {"tokens": Count(LONG_CONTEXT, Unit.TOKEN)}))
