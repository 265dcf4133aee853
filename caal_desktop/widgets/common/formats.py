"""Numbers, money, dates and durations as the user's language and region write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache

from PySide6.QtCore import QDate, QLocale, QObject, QTime

from caal_desktop.llm.translation import Count, Duration, Money, Unit

UNKNOWN = "—"
"""Stands where a figure is not known."""

_SMALLEST_USD = 0.0001
"""US dollars; a sum below it is shown as less than it."""


class _Quantities(QObject):
    """Texts with a plural: lupdate knows them as such only in a Qt class."""

    def count(self, count: Count) -> str:
        number = count.number
        match count.unit:
            case Unit.SECOND:
                return self.tr("%n seconds", "", number)
            case Unit.MINUTE:
                return self.tr("%n minutes", "", number)
            case Unit.HOUR:
                return self.tr("%n hours", "", number)
            case Unit.CHARACTER:
                return self.tr("%Ln characters", "", number)
            case Unit.KEY:
                return self.tr("%Ln keys", "", number)
            case Unit.CONVERSATION:
                return self.tr("%Ln conversations", "", number)
            case Unit.ANSWER:
                return self.tr("%Ln answers", "", number)
            case Unit.TOKEN:
                return self.tr("%Ln tokens", "", number)

    def moment(self, day: str, time: str) -> str:
        return self.tr("{day}, {time}").format(day=day, time=time)

    def age(self, since: datetime) -> str:
        minutes = (datetime.now(UTC) - since).total_seconds() / 60
        if minutes < 2:
            return self.tr("a moment ago")
        if minutes < 90:
            return self.tr("%n minutes ago", "", round(minutes))
        if minutes < 48 * 60:
            return self.tr("%n hours ago", "", round(minutes / 60))
        return self.tr("%n days ago", "", round(minutes / 60 / 24))


@cache
def _quantities() -> _Quantities:
    return _Quantities()


def number(value: float, decimals: int = 0) -> str:
    """Return a number with digit groups, and with exactly so many decimals."""
    return QLocale().toString(float(value), "f", decimals)


def money(usd: float | None) -> str:
    """Return a sum with the digits that matter: ``$1.20``, ``$0.045``, ``< $0.0001``, ``$0``.

    What costs something is never shown as zero.

    Args:
        usd: US dollars; None gives a dash.
    """
    if usd is None or usd < _SMALLEST_USD:
        return _tiny(usd)
    if usd >= 99.995:
        return _dollars(usd, 0)
    if usd >= 0.0995:
        return _dollars(usd, 2)
    return _dollars(usd, _decimals(usd, 2))


def price_per_million(usd: float | None) -> str:
    """Return a price per million tokens, exact enough to compare: ``$15``, ``$0.30``, ``$0.0375``, ``$0``.

    Args:
        usd: US dollars per million tokens; None gives a dash.
    """
    if usd is None or usd < _SMALLEST_USD:
        return _tiny(usd)
    return _dollars(usd, _decimals(usd, 4))


def _tiny(usd: float | None) -> str:
    if usd is None:
        return UNKNOWN
    return f"< {_dollars(_SMALLEST_USD, 4)}" if usd else _dollars(0, 0)


def _dollars(usd: float, decimals: int) -> str:
    return QLocale().toCurrencyString(usd, "$", decimals)


def _decimals(usd: float, significant: int) -> int:
    """Return how many decimals show so many significant digits, without needless zeros, cents in full."""
    most = max(0, significant - len(f"{int(usd)}")) if usd >= 1 else significant - 1 - int(f"{usd:e}".partition("e")[2])
    needed = len(f"{usd:.{most}f}".partition(".")[2].rstrip("0"))
    return max(2, needed) if needed else 0


def day(when: date) -> str:
    """Return a date with the month's name: figures alone are read differently from country to country."""
    return QLocale().toString(QDate(when.year, when.month, when.day), _day_format(QLocale().name()))


@cache
def _day_format(_locale: str) -> str:
    """Return the long format without the day of the week."""
    # A quotation mark belongs to the words that stand in the date.
    return re.sub(r"^dddd[^\w']*|[\s,،-]*dddd$", "", QLocale().dateFormat(QLocale.FormatType.LongFormat))


def time_of_day(when: datetime) -> str:
    """Return hour and minute in the user's own time."""
    local = when.astimezone()
    return QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)


def moment(when: datetime) -> str:
    """Return a moment in the user's own time: of today the time alone, else with its day.

    Args:
        when: timezone-aware.
    """
    if when.astimezone().date() == datetime.now(UTC).astimezone().date():
        return time_of_day(when)
    return _quantities().moment(day(when.astimezone()), time_of_day(when))


def counted(count: Count) -> str:
    """Return a number of things in words: “3 characters”."""
    return _quantities().count(count)


def duration(length: Duration) -> str:
    """Return a duration in whole seconds, minutes or hours, in words."""
    return counted(length.in_whole_units())


def seconds(value: float) -> str:
    """Return a measured time in seconds with the digits that matter, with the unit's symbol."""
    return f"{number(value, 2 if value < 10 else 1)} s"  # the symbol is that of the international system


def age(since: datetime) -> str:
    """Return how long ago something was, roughly."""
    return _quantities().age(since)


def tokens(count: int) -> str:
    """Return a number of tokens in full, in words."""
    return counted(Count(count, Unit.TOKEN))


def short_count(count: int) -> str:
    """Return a large number as lists of models write it: ``200K``, ``1M``, ``8.2B``."""
    for unit, size in (("B", 1_000_000_000), ("M", 1_000_000), ("K", 1_000)):
        # What would be rounded to 1000 of the smaller unit is one of the larger.
        if count >= size - size // 2000:
            shown = round(count / size, 0 if count >= 10 * size else 1)
            return f"{number(shown, 0 if shown == int(shown) else 1)}{unit}"
    return number(count)


def data_size(count: int) -> str:
    """Return a number of bytes with the unit that fits, as disks are sold: ``5.2 GB``."""
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def listed(items: tuple[str, ...] | list[str]) -> str:
    """Return the items as a list within a sentence: “a, b and c”."""
    return QLocale().createSeparatedList(list(items))


def format_value(value: object) -> str:
    """Return what fills a text's placeholder in words."""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return QLocale().toString(value, "g", 6)
    if isinstance(value, datetime):  # which is a date, too
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Count):
        return counted(value)
    if isinstance(value, Duration):
        return duration(value)
    if isinstance(value, Money):
        return money(value.usd)
    return listed(value) if isinstance(value, tuple) else str(value)
