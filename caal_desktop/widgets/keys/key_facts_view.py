"""The facts of a key, a line each: where it is kept, what is left, what was spent, when it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QProgressBar, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PlainLabel, TextLabel
from caal_desktop.widgets.common.formats import day, money, number

if TYPE_CHECKING:
    from caal_desktop.llm.models.key_info import FreeRequests, KeyInfo


def next_reset(interval: str | None, now: datetime) -> datetime | None:
    """Return when a key's limit starts anew: at midnight UTC, on a Monday, or on the first of a month.

    Args:
        interval: OpenRouter's name of it, ``daily``, ``weekly`` or ``monthly``; another one gives None.
        now: timezone-aware.
    """
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "daily":
            return midnight + timedelta(days=1)
        case "weekly":
            return midnight + timedelta(days=7 - midnight.weekday())
        case "monthly":
            return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
        case _:
            return None


class KeyFactsView(QWidget):
    """What the provider has told about a key; never an account's balance, which a key does not know."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._bar = QProgressBar(self)
        self._bar.setObjectName(f"{name}.bar")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(design.GRID * 2)
        self._form.setVerticalSpacing(design.GRID // 2)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._labels: dict[str, tuple[PlainLabel, TextLabel]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(self._bar)
        layout.addLayout(self._form)

    def show_facts(self, info: KeyInfo | None, store: str) -> None:
        """Show what is known.

        Args:
            info: what the provider has told; None where it was not asked yet.
            store: the name of where the key is kept; "" where there is no key.
        """
        facts: dict[str, tuple[str, str]] = {}
        bar = None
        if store:
            facts["store"] = (self.tr("Kept in"), store)
        if info is not None:
            if info.label:
                facts["label"] = (self.tr("Name"), info.label)
            if info.limit is not None and info.limit_remaining is not None:
                left = max(0.0, info.limit_remaining)
                reset = next_reset(info.limit_reset, datetime.now(UTC))
                amounts = {"left": money(left), "limit": money(info.limit)}
                text = (
                    self.tr("{left} of {limit}").format(**amounts)
                    if reset is None
                    else self.tr("{left} of {limit}, anew on {day}").format(**amounts, day=day(reset.astimezone()))
                )
                facts["left"] = (self.tr("Left"), text)
                bar = left / info.limit if info.limit > 0 else 0.0
            elif info.limit is not None:
                facts["left"] = (self.tr("Limit"), money(info.limit))
            elif info.usage is not None:
                facts["left"] = (self.tr("Limit"), self.tr("None set on this key"))
            spans = (
                (self.tr("{amount} today"), info.usage_daily),
                (self.tr("{amount} this week"), info.usage_weekly),
                (self.tr("{amount} this month"), info.usage_monthly),
            )
            used = [template.format(amount=money(amount)) for template, amount in spans if amount is not None]
            if used:
                facts["used"] = (self.tr("Spent"), " · ".join(used))
            if info.expires_at is not None:
                facts["ends"] = (self.tr("Ends"), day(info.expires_at.astimezone()))
            if info.is_free_tier:
                only = self.tr("Free models only")
                about = self.tr("Free models only, about 50 requests a day")
                facts["tier"] = (self.tr("Free tier"), about if info.free_requests is None else only)
            if info.free_requests is not None:
                facts["free"] = (self.tr("Free requests"), self._free_requests(info.free_requests))
        self._draw(facts)
        self._bar.setVisible(bar is not None)
        if bar is not None:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(bar * 1000))
            self._bar.setAccessibleName(facts["left"][1])

    def _free_requests(self, requests: FreeRequests) -> str:
        limit, left = number(requests.limit), requests.left
        if left is None:
            return self.tr("{limit} a day").format(limit=limit)
        return self.tr("{left} of {limit} left until midnight UTC").format(left=number(left), limit=limit)

    def _draw(self, facts: dict[str, tuple[str, str]]) -> None:
        for key in [key for key in self._labels if key not in facts]:
            label, value = self._labels.pop(key)
            self._form.removeRow(value)
            del label
        for place, (key, (title, text)) in enumerate(facts.items()):
            if key not in self._labels:
                label = PlainLabel(title, self)
                value = TextLabel(name=f"{self._name}.{key}", parent=self)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._form.insertRow(place, label, value)
                self._labels[key] = (label, value)
            label, value = self._labels[key]
            label.setText(title)
            value.setText(text)
