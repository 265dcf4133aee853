"""Two or three models side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_fitness
from caal_desktop.item_models.foreign_text import one_line
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel
from caal_desktop.widgets.common.formats import UNKNOWN
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import in_words, translate
from caal_desktop.widgets.picker.details.model_facts import Topic, model_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.models.info import ModelInfo

MAX_COMPARED = 3
_ON_BUTTON = 40
"""Characters of a name: a button is as wide as its text, and there may be three."""
# Long lists of names do not help to choose a model.
_LEFT_OUT = frozenset({"parameters", "defaults", "slug", "vendor"})


class CompareDialog(QDialog):
    """A table of facts, one column a model; what differs is bold.

    Signals:
        modelPicked: one of them is to be used; carries its id.
    """

    modelPicked = Signal(str)

    def __init__(self, models: Sequence[ModelInfo], view: CatalogueView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setWindowTitle(self.tr("Compare models"))
        self.resize(design.first_size(self, 300 + 220 * len(models), 560))
        self._resize_timer = QTimer(self)
        self._resize_timer.setSingleShot(True)
        self._resize_timer.setInterval(0)
        self._resize_timer.timeout.connect(self._fit_rows)
        labels, cells = comparison(models, view)
        self.table = QTableWidget(len(labels), len(models), self)
        self.table.setObjectName("compare.table")
        self.table.setAccessibleName(self.tr("Comparison"))
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setHorizontalHeaderLabels([model.name for model in models])
        self.table.setVerticalHeaderLabels(labels)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        header.setMinimumHeight(self.fontMetrics().height() * 2 + design.GRID)
        # Rows are as high as their words at the columns' real widths, which are not known before the first layout.
        header.sectionResized.connect(lambda *_: self._resize_timer.start())
        self.table.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        for row, values in enumerate(cells):
            differs = len(set(values)) > 1
            for column, value in enumerate(values):
                item = QTableWidgetItem(value)
                set_tooltip(item, self.tr("{fact}: {value}").format(fact=labels[row], value=value))
                spoken = self.tr("{model}, {fact}: {value}")
                spoken = spoken.format(model=models[column].name, fact=labels[row], value=value)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
                if differs:
                    item.setFont(bold)
                self.table.setItem(row, column, item)
        note = TextLabel(self.tr("What differs is bold."), name="compare.note", scale=0.92, muted=True, parent=self)
        uses = QHBoxLayout()
        uses.setSpacing(design.GRID)
        for model in models:
            use = self.tr("Use {model}").format(model=one_line(model.name, _ON_BUTTON))
            button = QPushButton(with_plain_ampersands(use), self)
            button.setObjectName(f"compare.use.{model.id}")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, model_id=model.id: self._use(model_id))
            uses.addWidget(button)
        uses.addStretch(1)
        box = QDialogButtonBox(self)
        box.addButton(QDialogButtonBox.StandardButton.Close).setObjectName("compare.close")
        box.rejected.connect(self.reject)
        uses.addWidget(box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID)
        layout.addWidget(self.table, 1)
        layout.addWidget(note)
        layout.addLayout(uses)
        self.table.setCurrentCell(0, 0)
        self.table.setFocus()

    def _fit_rows(self) -> None:
        self.table.resizeRowsToContents()

    def _use(self, model_id: str) -> None:
        self.modelPicked.emit(model_id)
        self.accept()


def comparison(models: Sequence[ModelInfo], view: CatalogueView) -> tuple[list[str], list[list[str]]]:
    """Return the facts of several models in rows.

    Args:
        models: from left to right.
        view: the list that they are of.

    Returns:
        The rows' labels, and each row's values; a dash where a model's is not known.
    """
    verdicts = []
    silences = [in_words(view.explain(model).silence) for model in models]
    for model in models:
        fitness = voice_fitness(model, view.today, view.figures)
        first = in_words(fitness.reasons[0].message)
        verdicts.append(translate("CompareDialog", "fit") if fitness.verdict is FitnessVerdict.FIT else first)
    labels: dict[tuple[Topic, str], str] = {}
    columns: list[dict[tuple[Topic, str], str]] = []
    for model in models:
        column = {}
        for fact in model_facts(model, view.competence, view.figures):
            if fact.key not in _LEFT_OUT:
                # Tiers of different models hold from different lengths on: they are told apart by their label.
                key = (fact.topic, fact.label if fact.key.startswith("tier") else fact.key)
                labels.setdefault(key, fact.label)
                column[key] = fact.value
        columns.append(column)
    order = sorted(labels, key=lambda key: list(Topic).index(key[0]))  # stable: within a topic as told
    titles = [translate("CompareDialog", "Voice assistant"), translate("CompareDialog", "Silence")]
    rows = [[column.get(key, UNKNOWN) for column in columns] for key in order]
    return [*titles, *(labels[key] for key in order)], [verdicts, silences, *rows]
