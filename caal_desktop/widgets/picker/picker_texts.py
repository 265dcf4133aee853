"""Words of the picker that several of its parts use."""

from __future__ import annotations

from caal_desktop.catalogue.filters import LONG_CONTEXT, FilterName
from caal_desktop.catalogue.listing import Section, SectionKind
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.catalogue.usability import ChatObstacle
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.widgets.common.formats import short_count
from caal_desktop.widgets.common.translation import translate, translated

_FILTERS = {
    FilterName.VOICE: (
        QT_TRANSLATE_NOOP("Picker", "Fit for voice"),
        QT_TRANSLATE_NOOP(
            "Picker",
            "Can call tools, streams its answer as text, and need not think before it speaks: what a voice assistant "
            "needs. The details of a model say what it has of these.",
        ),
    ),
    FilterName.FREE: (
        QT_TRANSLATE_NOOP("Picker", "Free"),
        QT_TRANSLATE_NOOP("Picker", "Costs nothing, but is limited: 20 requests a minute, and a daily number."),
    ),
    FilterName.TOOLS: (
        QT_TRANSLATE_NOOP("Picker", "Tools"),
        QT_TRANSLATE_NOOP("Picker", "Can call tools, such as the weather or your calendar."),
    ),
    FilterName.VISION: (QT_TRANSLATE_NOOP("Picker", "Vision"), QT_TRANSLATE_NOOP("Picker", "Takes images.")),
    FilterName.AUDIO_INPUT: (
        QT_TRANSLATE_NOOP("Picker", "Audio"),
        QT_TRANSLATE_NOOP("Picker", "Takes sound. The assistant itself needs text only."),
    ),
    FilterName.REASONING_OPTIONAL: (
        QT_TRANSLATE_NOOP("Picker", "Reasoning optional"),
        QT_TRANSLATE_NOOP("Picker", "Can think before it answers, and can be told not to."),
    ),
    FilterName.LONG_CONTEXT: (
        QT_TRANSLATE_NOOP("Picker", "Long context"),
        QT_TRANSLATE_NOOP("Picker", "Holds at least {tokens} tokens in mind."),
    ),
    FilterName.NO_EXPIRY: (
        QT_TRANSLATE_NOOP("Picker", "No expiry"),
        QT_TRANSLATE_NOOP("Picker", "No end of its service is announced."),
    ),
    FilterName.OPEN_WEIGHTS: (
        QT_TRANSLATE_NOOP("Picker", "Open weights"),
        QT_TRANSLATE_NOOP("Picker", "Its weights are published, so others may host it too."),
    ),
}

_ORDERS = {
    SortOrder.BEST_MATCH: QT_TRANSLATE_NOOP("Picker", "Best match"),
    SortOrder.POPULAR: QT_TRANSLATE_NOOP("Picker", "Most popular"),
    SortOrder.FASTEST_FIRST_TOKEN: QT_TRANSLATE_NOOP("Picker", "Fastest first word"),
    SortOrder.THROUGHPUT: QT_TRANSLATE_NOOP("Picker", "Fastest speech"),
    SortOrder.PRICE: QT_TRANSLATE_NOOP("Picker", "Cheapest hour"),
    SortOrder.CONTEXT: QT_TRANSLATE_NOOP("Picker", "Longest context"),
    SortOrder.NEWEST: QT_TRANSLATE_NOOP("Picker", "Newest"),
    SortOrder.INTELLIGENCE: QT_TRANSLATE_NOOP("Picker", "Most intelligent"),
}

_OBSTACLES = {
    ChatObstacle.BATCH: QT_TRANSLATE_NOOP("Picker", "answers batch jobs only"),
    ChatObstacle.NO_TEXT_OUTPUT: QT_TRANSLATE_NOOP("Picker", "gives no text"),
    ChatObstacle.NO_TEXT_INPUT: QT_TRANSLATE_NOOP("Picker", "takes no text"),
    ChatObstacle.NOT_A_CHAT_MODEL: QT_TRANSLATE_NOOP("Picker", "is no chat model"),
}

_SECTIONS = {
    SectionKind.FAVOURITES: QT_TRANSLATE_NOOP("Picker", "Favourites"),
    SectionKind.RECENT: QT_TRANSLATE_NOOP("Picker", "Used last"),
    SectionKind.NEAREST: QT_TRANSLATE_NOOP("Picker", "No exact match; nearest:"),
}


def filter_name(name: FilterName) -> str:
    """A filter's name, short enough for a chip."""
    return translated(_FILTERS[name][0])


def filter_help(name: FilterName) -> str:
    """What passes a filter, in one or two sentences."""
    return translated(_FILTERS[name][1]).replace("{tokens}", short_count(LONG_CONTEXT))


def order_name(order: SortOrder) -> str:
    """An order's name."""
    return translated(_ORDERS[order])


def obstacle(what: ChatObstacle) -> str:
    """Why a model cannot chat, to stand behind its name."""
    return translated(_OBSTACLES[what])


def section_title(section: Section) -> str:
    """A section's heading."""
    if section.kind is SectionKind.VENDOR:
        return section.vendor or translate("Picker", "Others")
    return translated(_SECTIONS[section.kind])
