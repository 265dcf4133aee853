"""The pane with the earlier conversations: search, open, rename, delete and undo, export and import."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    QTime,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.commands import CommandId
from caal_desktop.item_models.foreign_text import one_line
from caal_desktop.widgets.chat.transfer_bar import TransferBar
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import label_of, pressed
from caal_desktop.widgets.common.controls import IconButton, TextLabel
from caal_desktop.widgets.common.formats import UNKNOWN, day
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.tooltips import set_tooltip

if TYPE_CHECKING:
    from caal_desktop.services.history.history_service import HistoryService
    from caal_desktop.storage.history.records import ConversationSummary

_ID = Qt.ItemDataRole.UserRole
_DETAIL = Qt.ItemDataRole.UserRole + 1
_SEARCH_MS = 120
_UNDO_MS = 10_000
_PAD = design.GRID
_IN_MESSAGE = 100
"""Characters of a title: the side pane is narrow, and its list is to stay in sight."""


class _Delegate(QStyledItemDelegate):
    """Draws a title, and below it the day or the passage that a search has found."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, round(option.fontMetrics.lineSpacing() * 1.95) + design.gap(_PAD) + _PAD // 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        palette: QPalette = option.palette
        colours = design.colours(palette)
        rect = option.rect.adjusted(_PAD // 2, 1, -_PAD // 2, -1)
        painter.save()
        # Marks above and below letters can be piled up over several rows.
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            window = palette.color(QPalette.ColorRole.Window)
            painter.setBrush(design.mix(colours.accent, window, 0.18) if selected else colours.hover)
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colours.accent)
            painter.drawRoundedRect(rect, 6, 6)
        inner = rect.adjusted(_PAD, design.gap(_PAD) // 2, -_PAD, -design.gap(_PAD) // 2)
        half = inner.height() // 2
        for text, colour, y in (
            (str(index.data(Qt.ItemDataRole.DisplayRole)), colours.text, inner.top()),
            (str(index.data(_DETAIL)), colours.muted, inner.top() + half),
        ):
            painter.setPen(colour)
            shown = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(inner.x(), y, inner.width(), half, flags, shown)
        painter.restore()


class HistoryPane(QWidget):
    """Lists the conversations that :class:`HistoryService` keeps."""

    def __init__(self, history: HistoryService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self._history = history
        # Where the keyboard goes on in the list when that has been made anew; "" where it stays.
        self._next = ""
        self._search = QLineEdit(self)
        self._search.setObjectName("history.search")
        self._search.setPlaceholderText(self.tr("Search conversations"))
        self._search.setAccessibleName(self.tr("Search conversations"))
        self._search.setClearButtonEnabled(True)
        self._more = IconButton("more", self.tr("More actions"), name="history.more", parent=self)
        self._more.clicked.connect(self._show_menu_of_current)
        self.list = QListWidget(self)
        self.list.setObjectName("history.list")
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._empty = TextLabel(name="history.empty", muted=True, parent=self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.message = MessagePanel(name="history.message", parent=self)
        self.message.return_focus_to(self.list)
        top = QHBoxLayout()
        top.setSpacing(design.GRID // 2)
        top.addWidget(self._search, 1)
        top.addWidget(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID, design.GRID, design.GRID // 2, design.GRID)
        layout.setSpacing(design.GRID)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addWidget(self.list, 1)
        self.transfer_bar = TransferBar(history.transfer, self)
        self.transfer_bar.return_focus_to(self.list)
        layout.addWidget(self.transfer_bar)
        layout.addWidget(self.message)
        self._search_timer = QTimer(self, interval=_SEARCH_MS, singleShot=True)
        self._search_timer.timeout.connect(lambda: history.search(self._search.text()))
        self._undo_timer = QTimer(self, interval=_UNDO_MS, singleShot=True)
        self._undo_timer.timeout.connect(self._end_undo)
        self._search.textChanged.connect(lambda _text: self._search_timer.start())
        self.list.itemClicked.connect(self._open)
        self.list.itemActivated.connect(self._open)
        self.list.customContextMenuRequested.connect(self._show_menu_of_list)
        self.list.installEventFilter(self)
        history.listChanged.connect(self.show_list)
        history.deleted.connect(self._offer_undo)
        history.transfer.begun.connect(lambda _transfer: self._forget_last_transfer())
        history.transfer.failed.connect(
            lambda error: self.message.show_error(MessageKind.ERROR, error, (self._closing(),))
        )
        history.transfer.exported.connect(
            lambda path: self.message.show_message(
                MessageKind.SUCCESS, self.tr("Exported"), Path(path).name, (self._closing(),)
            )
        )
        self.show_list([])

    def show_list(self, summaries: list[ConversationSummary]) -> None:
        """Show conversations, in this order."""
        current: QListWidgetItem | None = self.list.currentItem()
        wanted = current.data(_ID) if current is not None and self.list.hasFocus() else self._history.current
        listed = {summary.id for summary in summaries}
        if self._next in listed:
            wanted, self._next = self._next, ""
        elif wanted not in listed:
            # It was deleted, or is not found: the one that is open is shown as such again.
            wanted = self._history.current
        self.list.clear()
        for summary in summaries:
            item = QListWidgetItem(one_line(summary.title) or self.tr("Without a title"))
            item.setData(_ID, summary.id)
            item.setData(_DETAIL, one_line(summary.snippet) or _time_or_day(summary.updated))
            set_tooltip(item, f"{item.text()}\n{item.data(_DETAIL)}")
            self.list.addItem(item)
            if summary.id == wanted:
                self.list.setCurrentItem(item)
        self._empty.setVisible(not summaries)
        if self._search.text():
            self._empty.setText(self.tr("Nothing found"))
        else:
            self._empty.setText(self.tr("Your conversations will be listed here"))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Delete or rename the current conversation on the list's keys."""
        if watched is self.list and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            item: QListWidgetItem | None = self.list.currentItem()
            if item is not None and pressed(event, CommandId.DELETE_CONVERSATION):
                self._next = self._beside(item)
                self._delete(*_id_and_title(item))
                return True
            if item is not None and pressed(event, CommandId.RENAME_CONVERSATION):
                self._rename(*_id_and_title(item))
                return True
        return False

    def _beside(self, item: QListWidgetItem) -> str:
        """Return the conversation that will come into the place of one that goes; "" where there is none."""
        row, last = self.list.row(item), self.list.count() - 1
        return _id_and_title(self.list.item(row + 1 if row < last else row - 1))[0] if last else ""

    def focus_search(self) -> None:
        """Move the focus to the search field."""
        self._search.setFocus()
        self._search.selectAll()

    # --- commands

    def _open(self, item: QListWidgetItem) -> None:
        self._history.open(str(item.data(_ID)))

    def _rename(self, identifier: str, title: str) -> None:
        dialog = QInputDialog(self)
        dialog.setObjectName("history.rename")
        dialog.setWindowTitle(self.tr("Rename the conversation"))
        dialog.setLabelText(self.tr("Title"))
        dialog.setTextValue(title)
        dialog.textValueSelected.connect(lambda title: self._history.rename(identifier, title))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _delete(self, identifier: str, title: str) -> None:
        self._history.delete(identifier, title)

    def _show_menu_of_current(self) -> None:
        self._show_menu(self.list.currentItem(), self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _show_menu_of_list(self, at: QPoint) -> None:
        # Beside the rows none of them is meant. The keyboard's place is in the current one.
        self._show_menu(self.list.itemAt(at), self.list.viewport().mapToGlobal(at))

    def _show_menu(self, item: QListWidgetItem | None, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if item is not None:
            # Not the item: an answer that ends while the menu is open makes new items.
            conversation = _id_and_title(item)
            menu.addAction(label_of(CommandId.RENAME_CONVERSATION), lambda: self._rename(*conversation))
            menu.addAction(self.tr("Export as Markdown…"), lambda: self.export(*conversation, "md"))
            menu.addAction(self.tr("Export as JSON…"), lambda: self.export(*conversation, "json"))
            menu.addAction(label_of(CommandId.DELETE_CONVERSATION), lambda: self._delete(*conversation))
            menu.addSeparator()
        menu.addAction(self.tr("Import a conversation…"), self._import)
        menu.popup(at)

    def export(self, identifier: str, title: str, ending: str) -> None:
        """Ask where a conversation is to be written to.

        Args:
            identifier: the conversation.
            title: its title, which the file is named after.
            ending: ``md`` or ``json``.
        """
        name = "".join(c if c.isalnum() or c in " -_" else "" for c in title).strip()[:60]
        name = name or self.tr("conversation")
        dialog = QFileDialog(self, self.tr("Export the conversation"), f"{name}.{ending}")
        dialog.setObjectName("history.export")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.fileSelected.connect(lambda path: self._history.transfer.export(identifier, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _import(self) -> None:
        dialog = QFileDialog(self, self.tr("Import a conversation"), "", self.tr("Conversations (*.json)"))
        dialog.setObjectName("history.import")
        dialog.fileSelected.connect(lambda path: self._history.transfer.import_file(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _offer_undo(self, identifier: str, title: str) -> None:
        undo = MessageAction("undo", self.tr("Undo"), lambda: self._undo_delete(identifier))
        self.message.show_message(MessageKind.INFO, self.tr("Deleted"), one_line(title, _IN_MESSAGE), (undo,))
        self._undo_timer.start()

    def _end_undo(self) -> None:
        if self._offers_undo:
            self.message.hide()
        self._history.forget_deleted()

    @property
    def _offers_undo(self) -> bool:
        return self.message.button("undo") is not None

    def _closing(self) -> MessageAction:
        return MessageAction("close", self.tr("OK"), self.message.hide)

    def _forget_last_transfer(self) -> None:
        # What was wrong with the last file would be read as said of this one.
        if not self._offers_undo:
            self.message.hide()

    def _undo_delete(self, identifier: str) -> None:
        self._undo_timer.stop()
        self._next = identifier
        self._history.undo_delete(identifier)
        self.message.hide()


def _id_and_title(item: QListWidgetItem) -> tuple[str, str]:
    return str(item.data(_ID)), item.text()


def _time_or_day(timestamp: float) -> str:
    """Return the time of day of a moment today, else its day; a dash for one that is not known.

    Args:
        timestamp: seconds since 1970 (UTC); 0 where it is not known.
    """
    if not timestamp:
        return UNKNOWN
    when = datetime.fromtimestamp(timestamp, UTC).astimezone()
    if when.date() == datetime.now(UTC).astimezone().date():
        return QLocale().toString(QTime(when.hour, when.minute), QLocale.FormatType.ShortFormat)
    return day(when.date())
