"""Words of the picker that several of its parts use."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDate, QLocale

from caal_desktop.catalogue.filters import LONG_CONTEXT, FilterName
from caal_desktop.catalogue.listing import Section, SectionKind
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.catalogue.usability import ChatObstacle

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.assessment import Reason


def _tr(text: str) -> str:
    return QCoreApplication.translate("Picker", text)


def _noop(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Picker", text))


_FILTERS = {
    FilterName.VOICE: (
        _noop("Fit for voice"),
        _noop(
            "Can call tools, streams its answer as text, and need not think before it speaks: what a voice assistant "
            "needs. The details of a model say what it has of these."
        ),
    ),
    FilterName.FREE: (_noop("Free"), _noop("Costs nothing, but is limited: 20 requests a minute, and a daily number.")),
    FilterName.TOOLS: (_noop("Tools"), _noop("Can call tools, such as the weather or your calendar.")),
    FilterName.VISION: (_noop("Vision"), _noop("Takes images.")),
    FilterName.AUDIO_INPUT: (_noop("Audio"), _noop("Takes sound. The assistant itself needs text only.")),
    FilterName.REASONING_OPTIONAL: (
        _noop("Reasoning optional"),
        _noop("Can think before it answers, and can be told not to."),
    ),
    FilterName.LONG_CONTEXT: (_noop("Long context"), _noop("Holds at least {tokens} tokens in mind.")),
    FilterName.NO_EXPIRY: (_noop("No expiry"), _noop("No end of its service is announced.")),
    FilterName.OPEN_WEIGHTS: (_noop("Open weights"), _noop("Its weights are published, so others may host it too.")),
}

_ORDERS = {
    SortOrder.BEST_MATCH: _noop("Best match"),
    SortOrder.POPULAR: _noop("Most popular"),
    SortOrder.FASTEST_FIRST_TOKEN: _noop("Fastest first word"),
    SortOrder.THROUGHPUT: _noop("Fastest speech"),
    SortOrder.PRICE: _noop("Cheapest hour"),
    SortOrder.CONTEXT: _noop("Longest context"),
    SortOrder.NEWEST: _noop("Newest"),
    SortOrder.INTELLIGENCE: _noop("Most intelligent"),
}

_OBSTACLES = {
    ChatObstacle.BATCH: _noop("answers batch jobs only"),
    ChatObstacle.NO_TEXT_OUTPUT: _noop("gives no text"),
    ChatObstacle.NO_TEXT_INPUT: _noop("takes no text"),
    ChatObstacle.NOT_A_CHAT_MODEL: _noop("is no chat model"),
}

_SECTIONS = {
    SectionKind.FAVOURITES: _noop("Favourites"),
    SectionKind.RECENT: _noop("Used last"),
    SectionKind.NEAREST: _noop("No exact match; nearest:"),
}


def filter_name(name: FilterName) -> str:
    """A filter's name, short enough for a chip."""
    return _tr(_FILTERS[name][0])


def filter_help(name: FilterName) -> str:
    """What passes a filter, in one or two sentences."""
    return _tr(_FILTERS[name][1]).replace("{tokens}", tokens(LONG_CONTEXT))


def order_name(order: SortOrder) -> str:
    """An order's name."""
    return _tr(_ORDERS[order])


def obstacle(what: ChatObstacle) -> str:
    """Why a model cannot chat, to stand behind its name."""
    return _tr(_OBSTACLES[what])


def section_title(section: Section) -> str:
    """A section's heading."""
    if section.kind is SectionKind.VENDOR:
        return section.vendor or _tr("Others")
    return _tr(_SECTIONS[section.kind])


def reason(one: Reason) -> str:
    """A reason of a verdict, translated and filled."""
    values = dict(one.values)
    if "date" in values:
        values["date"] = day(date.fromisoformat(values["date"]))
    return QCoreApplication.translate("Fitness", one.template).format(**values)


def tokens(count: int) -> str:
    """A number of tokens as people write it: ``200K``, ``1M``."""
    for unit, size in (("M", 1_000_000), ("K", 1_000)):
        if count >= size:
            shown = round(count / size, 0 if count >= 10 * size else 1)
            return f"{QLocale().toString(shown, 'f', 0 if shown == int(shown) else 1)}{unit}"
    return str(count)


def exact_tokens(count: int) -> str:
    """A number of tokens in full."""
    return _tr("{count} tokens").format(count=QLocale().toString(count))


def day(when: date) -> str:
    """A date with the month's name: figures alone are read differently from country to country."""
    return QLocale().toString(QDate(when.year, when.month, when.day), "d MMMM yyyy")


def age(since: datetime) -> str:
    """How long ago something was, roughly."""
    minutes = (datetime.now(UTC) - since).total_seconds() / 60
    if minutes < 2:
        return _tr("a moment ago")
    if minutes < 90:
        return _tr("{minutes} minutes ago").format(minutes=round(minutes))
    if minutes < 48 * 60:
        return _tr("{hours} hours ago").format(hours=round(minutes / 60))
    return _tr("{days} days ago").format(days=round(minutes / 60 / 24))
