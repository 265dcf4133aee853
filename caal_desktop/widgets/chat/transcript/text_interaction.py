"""Mouse and keyboard in the text of a conversation: selecting, copying, following links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QMenu

from caal_desktop.commands import CommandId
from caal_desktop.widgets.chat.transcript.text_export import copy_text
from caal_desktop.widgets.common.command_set import key_sequences, label_of, pressed
from caal_desktop.widgets.common.tooltips import show_tooltip

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QAbstractScrollArea

    from caal_desktop.widgets.chat.transcript.message_column import MessageColumn
    from caal_desktop.widgets.chat.transcript.message_item import MessageItem
    from caal_desktop.widgets.chat.transcript.selection import Selection, TextPosition

_SCROLL_MS = 30


class TextInteraction(QObject):
    """Handles a conversation's mouse and keyboard events.

    Args:
        area: what shows the messages.
        items: the messages; the list itself, which changes.
        column: their positions.
        selection: the selected text.

    Signals:
        linkActivated: a link that may be opened once the user has agreed; a ``SafeLink``.
    """

    linkActivated = Signal(object)

    def __init__(
        self, area: QAbstractScrollArea, items: list[MessageItem], column: MessageColumn, selection: Selection
    ) -> None:
        super().__init__(area)
        self._area, self._items, self._column, self._selection = area, items, column, selection
        self._pressed_link = ""
        self._dragging = False
        self._last_point = QPoint()
        self._drag_scroll = QTimer(self, interval=_SCROLL_MS)
        self._drag_scroll.timeout.connect(self._scroll_while_dragging)
        area.viewport().setMouseTracking(True)

    # --- copying

    def copy(self) -> None:
        """Copy the selection as plain text."""
        copy_text(self._selection.plain_text())

    def copy_markdown(self) -> None:
        """Copy the Markdown of the messages that the selection touches."""
        copy_text(self._selection.markdown())

    def select_all(self) -> None:
        """Select the whole conversation."""
        self._selection.select_all()
        self._area.viewport().update()

    # --- links

    def activate_link(self, href: str) -> None:
        """Emit :attr:`linkActivated` for a link; one that is not safe is ignored."""
        from caal_desktop.widgets.markdown.parse.sanitize import safe_link

        link = safe_link(href)
        if link is not None:
            self.linkActivated.emit(link)

    def show_tool_tip(self, event: QHelpEvent) -> None:
        """Show where the link under the mouse leads."""
        from caal_desktop.widgets.markdown.parse.sanitize import safe_link

        link = safe_link(self._link_at(QPointF(event.pos())))
        show_tooltip(event.globalPos(), link.display[:300] if link is not None else "", self._area.viewport())

    # --- positions

    def _position_at(self, point: QPointF) -> TextPosition | None:
        if not self._items:
            return None
        index, local = self._column.locate(point)
        return index, self._items[index].position_at(local)

    def _link_at(self, point: QPointF) -> str:
        if not self._items:
            return ""
        index, local = self._column.locate(point)
        return self._items[index].link_at(local)

    # --- the mouse

    def press(self, event: QMouseEvent) -> None:
        """Begin a selection, or press a link."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._pressed_link = self._link_at(event.position())
        position = self._position_at(event.position())
        if position is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._selection.anchor is not None:
            self._selection.extend(position)
        else:
            self._selection.begin(position)
        self._dragging = True
        self._area.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """Extend the selection, or show whether a link is under the mouse."""
        point, viewport = event.position(), self._area.viewport()
        if self._dragging:
            self._last_point = point.toPoint()
            self._extend_to(point)
            outside = point.y() < 0 or point.y() > viewport.height()
            if outside and not self._drag_scroll.isActive():
                self._drag_scroll.start()
            elif not outside:
                self._drag_scroll.stop()
        elif self._link_at(point):
            viewport.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            viewport.setCursor(Qt.CursorShape.IBeamCursor if self._items else Qt.CursorShape.ArrowCursor)

    def release(self, event: QMouseEvent) -> None:
        """End a selection, or follow a link."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._dragging = False
        self._drag_scroll.stop()
        pressed, self._pressed_link = self._pressed_link, ""
        if self._selection.is_empty and pressed and self._link_at(event.position()) == pressed:
            self.activate_link(pressed)
        elif not self._selection.is_empty:
            clipboard = QGuiApplication.clipboard()
            if clipboard.supportsSelection():
                clipboard.setText(self._selection.plain_text(), clipboard.Mode.Selection)

    def double_click(self, event: QMouseEvent) -> None:
        """Select a word."""
        position = self._position_at(event.position())
        if position is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        cursor = self._items[position[0]].cursor(position[1], position[1])
        if cursor is not None:
            cursor.select(QTextCursor.SelectionType.WordUnderCursor)
            self._selection.set((position[0], cursor.selectionStart()), (position[0], cursor.selectionEnd()))
            self._area.viewport().update()

    def show_context_menu(self, event: QContextMenuEvent) -> None:
        """Open the menu with the commands for the selection."""
        menu = QMenu(self._area)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(label_of(CommandId.COPY_SELECTION), key_sequences(CommandId.COPY_SELECTION)[0], self.copy)
        markdown = menu.addAction(self.tr("Copy the messages as Markdown"), self.copy_markdown)
        for action in (copy, markdown):
            action.setEnabled(not self._selection.is_empty)
        menu.addAction(label_of(CommandId.SELECT_ALL), key_sequences(CommandId.SELECT_ALL)[0], self.select_all)
        menu.popup(event.globalPos())

    def _extend_to(self, point: QPointF) -> None:
        position = self._position_at(point)
        if position is not None:
            self._selection.extend(position)
            self._area.viewport().update()

    def _scroll_while_dragging(self) -> None:
        y, height = self._last_point.y(), self._area.viewport().height()
        beyond = y if y < 0 else max(0, y - height)
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + max(-80, min(80, beyond)))
        self._extend_to(QPointF(self._last_point.x(), min(max(0, y), height)))

    # --- the keyboard

    def press_key(self, event: QKeyEvent) -> bool:
        """Copy, select all or select nothing, and return whether the key was for one of these."""
        if pressed(event, CommandId.COPY_SELECTION):
            self.copy()
        elif pressed(event, CommandId.SELECT_ALL):
            self.select_all()
        elif pressed(event, CommandId.CHAT_BACK) and not self._selection.is_empty:
            self._selection.clear()
            self._area.viewport().update()
        else:
            return False
        return True
