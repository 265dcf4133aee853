"""The hosts of a model: a table, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.item_models.host_table import HostTableModel
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import IconButton, TextLabel
from caal_desktop.widgets.common.formats import price_per_million, seconds, short_count
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.common.translation import reason_and_advice, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.widgets.common.message_panel import MessageAction


class HostPane(QWidget):
    """Who serves a model, at what price, and how well.

    Args:
        commands: of the picker's pane.

    Signals:
        requested: ask for the hosts of a model; carries its id, and whether to ask anew.
        closed: the user goes back to the details.
    """

    requested = Signal(str, bool)
    closed = Signal()

    def __init__(self, commands: CommandSet[[]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._model_id = ""
        self._commands: CommandSet[[]] = CommandSet(commands)
        self._commands.bind(CommandId.RETRY, lambda: self.requested.emit(self._model_id, True))
        self._back = IconButton("chevron-left", self.tr("Back to the details"), name=f"{name}.back", parent=self)
        self._back.clicked.connect(self.closed)
        self._title = TextLabel(name=f"{name}.title", bold=True, parent=self)
        self.message = MessagePanel(name=f"{name}.message", parent=self)
        self._model = HostTableModel(short_count, price_per_million, seconds, self)
        self.table = QTableView(self)
        self.table.setObjectName(f"{name}.table")
        self.table.setAccessibleName(self.tr("Hosts"))
        self.table.setModel(self._model)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._note = TextLabel(name=f"{name}.note", scale=0.92, muted=True, parent=self)
        head = QHBoxLayout()
        head.setSpacing(design.GRID)
        head.addWidget(self._back)
        head.addWidget(self._title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addLayout(head)
        layout.addWidget(self.message)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._note)
        layout.addStretch(0)

    @property
    def model_id(self) -> str:
        """Whose hosts are shown or on their way."""
        return self._model_id

    def ask(self, model: ModelInfo) -> None:
        """Show a model's hosts as soon as they are known."""
        self._model_id = model.id
        self._title.setText(self.tr("Who hosts {model}").format(model=model.name))
        self._model.set_hosts(())
        self._show_message(MessageKind.BUSY, self.tr("Asking who hosts it…"))
        self.requested.emit(model.id, False)

    def show_hosts(self, hosts: Hosts) -> None:
        """Show the hosts, or what keeps them from being shown."""
        if hosts.model_id != self._model_id:
            return
        if hosts.phase is HostsPhase.LOADING:
            self._show_message(MessageKind.BUSY, self.tr("Asking who hosts it…"))
        elif hosts.phase is HostsPhase.FAILED and hosts.error is not None:
            text = words_of(hosts.error)
            self._show_message(
                MessageKind.ERROR, text.what, reason_and_advice(text), self._commands.failure_actions(hosts.error)
            )
        elif not hosts.endpoints:
            self._show_message(
                MessageKind.WARNING,
                self.tr("No provider hosts this model at the moment"),
                self.tr("Requests to it would fail. Choose another one, or ask again later."),
                (self._commands.button(CommandId.RETRY).titled(self.tr("Ask again")),),
            )
        else:
            self._show_table(hosts)

    def focus_first(self) -> None:
        """Give the focus to the table, or to the way back where there is none."""
        (self.table if self.table.isVisibleTo(self) else self._back).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_table(self, hosts: Hosts) -> None:
        self.message.hide()
        self._model.set_hosts(hosts.endpoints)
        self.table.show()
        self.table.setCurrentIndex(self._model.index(0, 0))
        notes = []
        if len(hosts.endpoints) > 1:
            notes.append(
                self.tr(
                    "Each request goes to one of these: most often to a cheap one that is well, or, with quick hosts "
                    "first, to the quickest."
                )
            )
        if all(host.latency_ms is None for host in hosts.endpoints):
            notes.append(self.tr("Speeds are told to users with a key only."))
        self._note.setText(" ".join(notes))
        self._note.setVisible(bool(notes))

    def _show_message(
        self, kind: MessageKind, title: str, body: str = "", actions: Sequence[MessageAction] = ()
    ) -> None:
        self.table.hide()
        self._note.hide()
        self.message.show_message(kind, title, body, actions)
