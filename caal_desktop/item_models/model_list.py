"""Language models as a Qt list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.llm.models import ModelInfo

Index = QModelIndex | QPersistentModelIndex


class ModelRole(IntEnum):
    """Roles beside Qt's own."""

    ROW = Qt.ItemDataRole.UserRole + 1
    """The whole :class:`ModelRow`."""
    ID = Qt.ItemDataRole.UserRole + 2
    """The model's id."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What one row shows, put into words when the list is made and not on every paint.

    Attributes:
        model: the language model.
        price: prompt and completion price a million tokens, for people.
        hourly: what an hour of talking costs, for people.
        context: the context length, for people; "" where unknown.
        icons: (icon name, words) of each ability that is shown.
        badge: a short word such as "Recommended"; "" for none.
        spoken: the whole row in words, for screen readers.
    """

    model: ModelInfo
    price: str
    hourly: str
    context: str
    icons: tuple[tuple[str, str], ...]
    badge: str
    spoken: str


class ModelListModel(QAbstractListModel):
    """The models in the order in which they are given.

    Args:
        describe: puts a model into words; called when a row is first shown, and kept.
    """

    def __init__(self, describe: Callable[[ModelInfo], ModelRow], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._describe = describe
        self._models: Sequence[ModelInfo] = ()
        self._described: dict[str, ModelRow] = {}
        self._number_of: dict[str, int] = {}

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """Show other models, or the same ones in another order."""
        self.beginResetModel()
        self._models = models
        self._number_of = {model.id: number for number, model in enumerate(models)}
        self.endResetModel()

    def forget_descriptions(self) -> None:
        """Put every model into words anew: facts or wording have changed."""
        self._described.clear()

    def index_of(self, model_id: str) -> QModelIndex:
        """Where a model stands; an invalid index where it does not."""
        number = self._number_of.get(model_id)
        return self.index(number, 0) if number is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """The number of models."""
        return 0 if parent.isValid() else len(self._models)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a view or a screen reader asks for."""
        if not index.isValid() or not 0 <= index.row() < len(self._models):
            return None
        model = self._models[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return model.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._row(model).spoken
            case Qt.ItemDataRole.ToolTipRole | ModelRole.ID:
                return model.id
            case ModelRole.ROW:
                return self._row(model)
            case _:
                return None

    def _row(self, model: ModelInfo) -> ModelRow:
        row = self._described.get(model.id)
        if row is None:
            row = self._described[model.id] = self._describe(model)
        return row
