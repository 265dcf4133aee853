"""Language models as a Qt list, with headings between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from caal_desktop.catalogue.listing import Entry, ListSection, MissingModel, TypedModel
from caal_desktop.item_models.foreign_text import tooltip_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.llm.models.info import ModelInfo

Index = QModelIndex | QPersistentModelIndex

_MOST_CHANGES = 300
"""Rows that come and go one by one; of more, the views are told at once."""


class ModelRole(IntEnum):
    """Roles beside Qt's own."""

    ROW = Qt.ItemDataRole.UserRole + 1
    """The whole :class:`ModelRow`, :class:`HeadingRow` or :class:`NoticeRow`."""
    ID = Qt.ItemDataRole.UserRole + 2
    """The model's id; "" for a heading."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What a model's row shows, in words that are made when it is first shown and not on every paint.

    Attributes:
        model: the language model.
        summary: prices and other figures that decide, in words.
        context: the context length, in words; "" where it is not known.
        icons: (icon name, words) of each ability that is shown.
        badge: a short word such as "Recommended"; "" for none.
        warning: what the user should know before choosing it; "" for nothing.
        is_favourite: whether it is a favourite.
        is_usable: whether it can chat.
        spoken: the whole row in words, for screen readers and the tooltip.
    """

    model: ModelInfo
    summary: str
    context: str
    icons: tuple[tuple[str, str], ...]
    badge: str
    warning: str
    is_favourite: bool
    is_usable: bool
    spoken: str


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """A section's heading: its title, and the number of its models.

    Attributes:
        title, count: in words.
        spoken: both, for screen readers.
    """

    title: str
    count: str
    spoken: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A row for a model that the catalogue does not list.

    Attributes:
        id: the model's id.
        title, text: what the row says.
        icon: its icon's name.
        tone: an attribute of the theme's colours.
        spoken: both in words.
    """

    id: str
    title: str
    text: str
    icon: str
    tone: str
    spoken: str


Row = ModelRow | HeadingRow | NoticeRow


class ModelListModel(QAbstractListModel):
    """Models and headings in the order of the entries.

    Args:
        describe: returns an entry's row; called when it is first shown, and cached.
    """

    def __init__(self, describe: Callable[[Entry], Row], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._describe = describe
        self._entries: Sequence[Entry] = ()
        self._rows: dict[Entry | str, Row] = {}
        self._row_of: dict[str, int] | None = {}

    def holds(self, entries: Sequence[Entry]) -> bool:
        """Return whether these are the entries already: the same models, not only equal ones."""
        no_models = ListSection | MissingModel | TypedModel
        return len(self._entries) == len(entries) and all(
            old is new or (isinstance(new, no_models) and old == new)
            for old, new in zip(self._entries, entries, strict=True)
        )

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the entries, or their order."""
        self.beginResetModel()
        self._entries = entries
        self._row_of = None
        self.endResetModel()

    def update_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the entries so that the rows that stay are the same rows to the views."""
        old, new = _placed(self._entries), _placed(entries)
        stay = set(old) & set(new)
        changes = len(old) + len(new) - 2 * len(stay)
        if changes > _MOST_CHANGES or [key for key in old if key in stay] != [key for key in new if key in stay]:
            self.set_entries(entries)
            return
        current = list(self._entries)
        self._entries, self._row_of = current, None
        for row in range(len(old) - 1, -1, -1):
            if old[row] not in stay:
                self.beginRemoveRows(QModelIndex(), row, row)
                del current[row]
                self.endRemoveRows()
        for row, key in enumerate(new):
            if key not in stay:
                self.beginInsertRows(QModelIndex(), row, row)
                current.insert(row, entries[row])
                self.endInsertRows()
        # A heading that stays may count other models than before.
        self._entries, self._row_of = entries, None
        if entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, 0))

    def forget_descriptions(self) -> None:
        """Discard all cached rows, because facts or wording have changed."""
        self._rows.clear()
        if self._entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, 0))

    def entry(self, index: Index) -> Entry | None:
        """Return the entry at an index; None for an invalid one."""
        number = index.row() if index.isValid() else -1
        return self._entries[number] if 0 <= number < len(self._entries) else None

    def index_of(self, model_id: str) -> QModelIndex:
        """Return the index of a model's first row; an invalid one where it has none."""
        if self._row_of is None:
            # Backwards, so that the first row is the one that remains: a favourite is listed twice.
            self._row_of = {
                entry.id: number
                for number, entry in zip(range(len(self._entries) - 1, -1, -1), reversed(self._entries), strict=True)
                if not isinstance(entry, ListSection)
            }
        number = self._row_of.get(model_id)
        return self.index(number, 0) if number is not None else QModelIndex()

    def first_index(self) -> QModelIndex:
        """Return the index of the first entry that is no heading; an invalid one where there is none."""
        for number, entry in enumerate(self._entries):
            if not isinstance(entry, ListSection):
                return self.index(number, 0)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of models and headings."""
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return an entry's flags; headings cannot be selected, and the keyboard skips them."""
        entry = self.entry(index)
        if entry is None:
            return Qt.ItemFlag.NoItemFlags
        if isinstance(entry, ListSection):
            return Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return an entry's row, its id or its words."""
        entry = self.entry(index)
        if entry is None:
            return None
        match role:
            case ModelRole.ROW:
                return self._row(entry)
            case ModelRole.ID:
                return "" if isinstance(entry, ListSection) else entry.id
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._row(entry).spoken
            case Qt.ItemDataRole.ToolTipRole:
                return None if isinstance(entry, ListSection) else tooltip_text(self._row(entry).spoken)
            case _:
                return None

    def _row(self, entry: Entry) -> Row:
        # By id: hashing a model means hashing its whole description.
        key = entry if isinstance(entry, ListSection) else entry.id
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._describe(entry)
        return row


def _placed(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Return what tells each entry from all others: its section and its id, since a model may be in several."""
    keys: list[tuple[str, str]] = []
    section = ""
    for entry in entries:
        if isinstance(entry, ListSection):
            section = f"{entry.kind} {entry.vendor}"
            keys.append((section, ""))
        else:
            keys.append((section, entry.id))
    return keys
