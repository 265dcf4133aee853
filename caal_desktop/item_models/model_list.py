"""Language models as a Qt list, with headings between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from caal_desktop.catalogue.listing import Entry, ListSection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.llm.models.info import ModelInfo

Index = QModelIndex | QPersistentModelIndex


class ModelRole(IntEnum):
    """Roles beside Qt's own."""

    ROW = Qt.ItemDataRole.UserRole + 1
    """The whole :class:`ModelRow`, :class:`HeadingRow` or :class:`NoticeRow`."""
    ID = Qt.ItemDataRole.UserRole + 2
    """The model's id; "" for a heading."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What a model's row shows, put into words when it is first seen and not on every paint.

    Attributes:
        model: the language model.
        summary: prices and what else decides, for people.
        context: the context length, for people; "" where unknown.
        icons: (icon name, words) of each ability that is shown.
        badge: a short word such as "Recommended"; "" for none.
        warning: what a person should know before choosing it; "" for nothing.
        is_favourite: whether it has a star.
        is_usable: whether it can chat.
        spoken: the whole row in words, for screen readers and as a tooltip.
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
    """A section's heading: what it gathers, and how many."""

    title: str
    count: str
    spoken: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A row that stands for a model that the catalogue does not hold.

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
    """Models and headings in the order in which they are given.

    Args:
        describe: puts an entry into words; called when a row is first shown, and kept for models.
    """

    def __init__(self, describe: Callable[[Entry], Row], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._describe = describe
        self._entries: Sequence[Entry] = ()
        self._described: dict[Entry | str, Row] = {}
        self._number_of: dict[str, int] | None = {}

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show other entries, or the same ones in another order."""
        self.beginResetModel()
        self._entries = entries
        self._number_of = None
        self.endResetModel()

    def forget_descriptions(self) -> None:
        """Put every entry into words anew: facts or wording have changed."""
        self._described.clear()
        if self._entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, 0))

    def entry(self, index: Index) -> Entry | None:
        """What stands at an index."""
        number = index.row() if index.isValid() else -1
        return self._entries[number] if 0 <= number < len(self._entries) else None

    def index_of(self, model_id: str) -> QModelIndex:
        """Where a model stands first; an invalid index where it does not."""
        if self._number_of is None:
            # Backwards, so that the first one stands in the end: a favourite is listed twice.
            self._number_of = {
                entry.id: number
                for number, entry in zip(range(len(self._entries) - 1, -1, -1), reversed(self._entries), strict=True)
                if not isinstance(entry, ListSection)
            }
        number = self._number_of.get(model_id)
        return self.index(number, 0) if number is not None else QModelIndex()

    def first_index(self) -> QModelIndex:
        """The first entry that is no heading."""
        for number, entry in enumerate(self._entries):
            if not isinstance(entry, ListSection):
                return self.index(number, 0)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """The number of models and headings."""
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen, and the keyboard steps over them."""
        entry = self.entry(index)
        if entry is None:
            return Qt.ItemFlag.NoItemFlags
        if isinstance(entry, ListSection):
            return Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a view or a screen reader asks for."""
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
                return None if isinstance(entry, ListSection) else self._row(entry).spoken
            case _:
                return None

    def _row(self, entry: Entry) -> Row:
        # By id: hashing a model means hashing its whole description.
        key = entry if isinstance(entry, ListSection) else entry.id
        row = self._described.get(key)
        if row is None:
            row = self._described[key] = self._describe(entry)
        return row
