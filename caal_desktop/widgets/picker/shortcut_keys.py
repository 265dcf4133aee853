"""The picker's shortcuts, described once: the pane makes them from this table, and the help shows it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtGui import QKeySequence


@dataclass(frozen=True, slots=True)
class PickerShortcut:
    """A shortcut.

    Attributes:
        name: what it does, for the program.
        keys: a standard key or a portable text.
        text: what it does, for the person; untranslated.
    """

    name: str
    keys: QKeySequence.StandardKey | str
    text: str

    @property
    def sequence(self) -> QKeySequence:
        """The keys on this platform."""
        return QKeySequence(self.keys)


def _noop(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Shortcuts", text))


PICKER_SHORTCUTS = (
    PickerShortcut("search", QKeySequence.StandardKey.Find, _noop("Search models")),
    PickerShortcut("star", "Ctrl+D", _noop("Make the model a favourite, or no longer")),
    PickerShortcut("compare", "Ctrl+E", _noop("Compare the model, or no longer")),
    PickerShortcut("details", "Ctrl+I", _noop("Show or hide the details")),
)
