"""The settings' words, translated, and the search through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group

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

    title: str
    intro: str
    icon: str


def _noop(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Settings", text))


_PAGES = {
    Group.PROVIDER: PageWords(_noop("Provider and key"), _noop("Who answers, and the keys for it."), "key"),
    Group.MODEL: PageWords(_noop("Model"), _noop("Which model answers, and how."), "brain"),
    Group.PRIVACY: PageWords(
        _noop("Privacy and routing"), _noop("Which of the providers behind OpenRouter may see what you say."), "lock"
    ),
    Group.NETWORK: PageWords(_noop("Network"), _noop("How requests leave this computer."), "server"),
    Group.APPEARANCE: PageWords(_noop("Appearance"), _noop("How CAAL Desktop looks."), "eye"),
    Group.CHAT: PageWords(_noop("Chat"), _noop("What the model is told, and how you write to it."), "chat"),
    Group.ADVANCED: PageWords(_noop("Advanced"), _noop("The log, and taking your settings elsewhere."), "tools"),
}
PAGES: tuple[Group, ...] = tuple(_PAGES)


def tr(text: str) -> str:
    """A text of a setting's description in the program's language."""
    return QCoreApplication.translate("Settings", text) if text else ""


def page_words(group: Group) -> PageWords:
    """The words of a page."""
    text = _PAGES[group]
    return PageWords(tr(text.title), tr(text.intro), text.icon)


def specs_on(group: Group) -> list[SettingSpec]:
    """The settings of a page, in the order in which to show them."""
    return [spec for spec in SPECS.values() if spec.group is group]


def find_settings(query: str) -> list[SettingSpec]:
    """The settings in whose words every word of the query occurs; the best first. None for a blank query."""
    wanted = query.casefold().split()
    if not wanted:
        return []
    found: list[tuple[int, SettingSpec]] = []
    for group in PAGES:
        for spec in specs_on(group):
            title = f"{tr(spec.label)} {spec.label}".casefold()
            labels = " ".join(f"{tr(label)} {label}" for label in spec.choice_labels.values())
            rest = " ".join(
                (
                    tr(spec.description),
                    spec.description,
                    spec.keywords,
                    tr(spec.keywords),
                    labels,
                    page_words(group).title,
                )
            )
            haystack = f"{title} {rest} {spec.key}".casefold()
            if all(word in haystack for word in wanted):
                found.append((0 if all(word in title for word in wanted) else 1, spec))
    found.sort(key=lambda item: item[0])
    return [spec for _, spec in found]
