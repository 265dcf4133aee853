"""The settings' words, translated, and the search through them."""

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
class PageWords:
    """A page of the dialog.

    Attributes:
        title: its name in the list.
        intro: one sentence on top of it.
        icon: its icon's name.
    """

    title: SourceText
    intro: SourceText
    icon: str


_PAGES = {
    Group.PROVIDER: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Provider and key"),
        QT_TRANSLATE_NOOP("Settings", "Who answers, and the keys for it."),
        "key",
    ),
    Group.MODEL: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Model"), QT_TRANSLATE_NOOP("Settings", "Which model answers, and how."), "brain"
    ),
    Group.PRIVACY: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Privacy and routing"),
        QT_TRANSLATE_NOOP("Settings", "Which of the providers behind OpenRouter may see what you say."),
        "lock",
    ),
    Group.NETWORK: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Network"),
        QT_TRANSLATE_NOOP("Settings", "How requests leave this computer."),
        "server",
    ),
    Group.APPEARANCE: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Appearance"), QT_TRANSLATE_NOOP("Settings", "How CAAL Desktop looks."), "eye"
    ),
    Group.CHAT: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Chat"),
        QT_TRANSLATE_NOOP("Settings", "What the model is told, and how you write to it."),
        "chat",
    ),
    Group.ADVANCED: PageWords(
        QT_TRANSLATE_NOOP("Settings", "Advanced"),
        QT_TRANSLATE_NOOP("Settings", "The log, and taking your settings elsewhere."),
        "tools",
    ),
}
PAGES: tuple[Group, ...] = tuple(_PAGES)


def page_words(group: Group) -> PageWords:
    """Return the words of a page."""
    return _PAGES[group]


def specs_on(group: Group) -> list[SettingSpec]:
    """Return the settings of a page, in the order in which to show them."""
    return [spec for spec in SPECS.values() if spec.group is group]


def choice_label(spec: SettingSpec, value: str) -> str:
    """Return what a choice is called; the value itself where it has no name."""
    label = spec.choice_labels.get(value)
    return value if label is None else translated(label)


def find_settings(query: str) -> list[SettingSpec]:
    """The settings in whose words every word of the query occurs; the best first. None for a blank query."""
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
                    translated(page_words(group).title),
                )
            )
            haystack = f"{title} {rest} {spec.key}".casefold()
            if all(word in haystack for word in wanted):
                found.append((0 if all(word in title for word in wanted) else 1, spec))
    found.sort(key=lambda item: item[0])
    return [spec for _, spec in found]
