"""The texts of the settings and their pages, translated, and the search in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.common.translation import translated

if TYPE_CHECKING:
    from caal_desktop.storage.settings.setting import SettingSpec


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page of the dialog.

    Attributes:
        title: its name in the list.
        intro: one sentence at its top.
        icon: its icon's name.
    """

    title: SourceText
    intro: SourceText
    icon: str


_PAGES = {
    Group.PROVIDER: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Provider and key"),
        QT_TRANSLATE_NOOP("Settings", "Who answers, and the keys for it."),
        "key",
    ),
    Group.MODEL: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Model"), QT_TRANSLATE_NOOP("Settings", "Which model answers, and how."), "brain"
    ),
    Group.PRIVACY: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Privacy and routing"),
        QT_TRANSLATE_NOOP("Settings", "Which of the providers behind OpenRouter may see what you say."),
        "lock",
    ),
    Group.NETWORK: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Network"),
        QT_TRANSLATE_NOOP("Settings", "How requests leave this computer."),
        "server",
    ),
    Group.APPEARANCE: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Appearance"), QT_TRANSLATE_NOOP("Settings", "How CAAL Desktop looks."), "eye"
    ),
    Group.CHAT: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Chat"),
        QT_TRANSLATE_NOOP("Settings", "What the model is told, and how you write to it."),
        "chat",
    ),
    Group.ADVANCED: PageInfo(
        QT_TRANSLATE_NOOP("Settings", "Advanced"),
        QT_TRANSLATE_NOOP("Settings", "The log, and taking your settings elsewhere."),
        "tools",
    ),
}
PAGES: tuple[Group, ...] = tuple(_PAGES)


def page_info(group: Group) -> PageInfo:
    """Return what describes a page."""
    return _PAGES[group]


def specs_on(group: Group) -> list[SettingSpec]:
    """Return the settings of a page, in the order in which to show them."""
    return [spec for spec in SPECS.values() if spec.group is group]


def choice_label(spec: SettingSpec, value: str) -> str:
    """Return what a choice is called; the value itself where it has no name."""
    label = spec.choice_labels.get(value)
    return value if label is None else translated(label)


def find_settings(query: str) -> list[SettingSpec]:
    """Return the settings whose texts contain every word of a query, the best first; none for a blank query."""
    wanted = query.casefold().split()
    if not wanted:
        return []
    found: list[tuple[int, SettingSpec]] = []
    for group in PAGES:
        for spec in specs_on(group):
            title = f"{translated(spec.label)} {spec.label}".casefold()
            labels = " ".join(f"{translated(label)} {label}" for label in spec.choice_labels.values())
            rest = " ".join(
                (
                    translated(spec.description),
                    spec.description,
                    spec.keywords,
                    translated(spec.keywords),
                    labels,
                    translated(page_info(group).title),
                )
            )
            haystack = f"{title} {rest} {spec.key}".casefold()
            if all(word in haystack for word in wanted):
                found.append((0 if all(word in title for word in wanted) else 1, spec))
    found.sort(key=lambda item: item[0])
    return [spec for _, spec in found]
