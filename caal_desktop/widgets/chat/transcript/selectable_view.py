"""The conversation view's hands: selecting and copying text, links, and a copy button on every code block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPalette,
    QTextCursor,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from caal_desktop.widgets.chat.transcript.selection import TO_END
from caal_desktop.widgets.chat.transcript.streaming_view import StreamingView
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.controls import IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QPaintEvent, QTextDocument

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem
    from caal_desktop.widgets.chat.transcript.selection import Place

_COPIED_MS = 1500
_SCROLL_MS = 30


class SelectableView(StreamingView):
    """A conversation that can be selected, copied and clicked.

    Signals:
        linkActivated: a link that may be opened once the person has agreed.
        copied: something was put on the clipboard.
    """

    linkActivated = Signal(object)
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport().setMouseTracking(True)
        self._pressed_link: str | None = None
        self._dragging = False
        self._code_buttons: dict[tuple[int, int, int], IconButton] = {}
        self._drag_scroll = QTimer(self, interval=_SCROLL_MS)
        self._drag_scroll.timeout.connect(self._scroll_while_dragging)
        self._last_point = QPoint()
        self.visibleChanged.connect(self._place_code_buttons)

    # --- copying

    def copy(self) -> None:
        """Copy what is selected as plain text."""
        self._put(self.selection.plain_text())

    def copy_markdown(self) -> None:
        """Copy the Markdown of the messages that the selection touches."""
        self._put(self.selection.markdown())

    def put_on_clipboard(self, text: str) -> None:
        """Copy a text."""
        self._put(text)

    def select_all(self) -> None:
        """Select the whole conversation."""
        self.selection.select_all()
        self._on_selected()

    def _put(self, text: str) -> None:
        if text:
            QGuiApplication.clipboard().setText(text)
            self.copied.emit()

    def _on_selected(self) -> None:
        self.viewport().update()
        self.selectionChanged.emit()

    # --- where

    def _place_at(self, point: QPointF) -> Place | None:
        if not self.items:
            return None
        index = self.item_at(point.y())
        item = self.items[index]
        local = QPointF(point.x() - self.column_left, point.y() - self.top_of(index))
        return index, item.position_at(local)

    def _link_at(self, point: QPointF) -> str:
        if not self.items:
            return ""
        index = self.item_at(point.y())
        local = QPointF(point.x() - self.column_left, point.y() - self.top_of(index))
        for placed in self.items[index].documents:
            if placed.theme is None:
                continue
            inner = QPointF(local.x() - placed.left, local.y() - placed.top)
            if href := placed.document.documentLayout().anchorAt(inner):
                return href
        return ""

    # --- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection, or press a link."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._pressed_link = self._link_at(event.position())
        place = self._place_at(event.position())
        if place is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self.selection.anchor is not None:
            self.selection.extend(place)
        else:
            self.selection.begin(place)
        self._dragging = True
        self._on_selected()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on selecting; show what is under the mouse."""
        point = event.position()
        if self._dragging:
            self._last_point = point.toPoint()
            self._extend_to(point)
            outside = point.y() < 0 or point.y() > self.viewport().height()
            if outside and not self._drag_scroll.isActive():
                self._drag_scroll.start()
            elif not outside:
                self._drag_scroll.stop()
            return
        if self._link_at(point):
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.viewport().setCursor(Qt.CursorShape.IBeamCursor if self.items else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a selection, or follow a link."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._dragging = False
        self._drag_scroll.stop()
        pressed, self._pressed_link = self._pressed_link, None
        if self.selection.is_empty and pressed and self._link_at(event.position()) == pressed:
            self.activate_link(pressed)
        elif not self.selection.is_empty:
            clipboard = QGuiApplication.clipboard()
            if clipboard.supportsSelection():
                clipboard.setText(self.selection.plain_text(), clipboard.Mode.Selection)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        place = self._place_at(event.position())
        if place is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        cursor = self.items[place[0]].cursor(place[1], place[1])
        if cursor is not None:
            cursor.select(QTextCursor.SelectionType.WordUnderCursor)
            self.selection.set((place[0], cursor.selectionStart()), (place[0], cursor.selectionEnd()))
            self._on_selected()

    def _extend_to(self, point: QPointF) -> None:
        place = self._place_at(point)
        if place is not None:
            self.selection.extend(place)
            self._on_selected()

    def _scroll_while_dragging(self) -> None:
        y, height = self._last_point.y(), self.viewport().height()
        beyond = y if y < 0 else max(0, y - height)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + max(-80, min(80, beyond)))
        self._extend_to(QPointF(self._last_point.x(), min(max(0, y), height)))

    def activate_link(self, href: str) -> None:
        """Ask for a link to be opened; one that is not safe is none."""
        from caal_desktop.widgets.markdown import safe_link

        link = safe_link(href)
        if link is not None:
            self.linkActivated.emit(link)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell where a link leads."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            from caal_desktop.widgets.markdown import safe_link

            link = safe_link(self._link_at(QPointF(event.pos())))
            if link is None:
                QToolTip.hideText()
            else:
                # An explicit paragraph would be needed to wrap; plain text is what cannot be misread.
                QToolTip.showText(event.globalPos(), link.display[:300], self.viewport())
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the selection."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy"), QKeySequence.StandardKey.Copy, self.copy)
        markdown = menu.addAction(self.tr("Copy the messages as Markdown"), self.copy_markdown)
        for action in (copy, markdown):
            action.setEnabled(not self.selection.is_empty)
        menu.addAction(self.tr("Select all"), QKeySequence.StandardKey.SelectAll, self.select_all)
        menu.popup(event.globalPos())

    # --- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, select all, scroll."""
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            self.follow_end()
        elif event.key() == Qt.Key.Key_Space:
            bar.setValue(bar.value() + bar.pageStep())
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.key() == Qt.Key.Key_Escape and not self.selection.is_empty:
                self.selection.clear()
                self._on_selected()
            else:
                event.ignore()
        else:
            super().keyPressEvent(event)

    def select_message(self, index: int) -> None:
        """Select one whole message."""
        self.selection.set((index, 0), (index, TO_END))
        self._on_selected()

    # --- code blocks

    def _place_code_buttons(self) -> None:
        if not self.items and not self._code_buttons:
            return
        from caal_desktop.widgets.markdown import visible_code_blocks

        wanted: set[tuple[int, int, int]] = set()
        height = self.viewport().height()
        for index in self.visible():
            item, top = self.items[index], self.top_of(index)
            if not item.is_built or item.is_user:
                continue
            for number, placed in enumerate(item.documents):
                if placed.theme is None:
                    continue
                y = top + placed.top
                area = QRectF(0, -y, self.viewport().width(), height)
                for card in visible_code_blocks(placed.document, area, placed.theme):
                    # The button stays on the screen as long as its block does.
                    upper = max(card.rect.top() + y + 3, 3.0)
                    if upper > card.rect.bottom() + y - 28:
                        continue
                    key = (id(item), number, card.id)
                    wanted.add(key)
                    button = self._code_buttons.get(key) or self._make_code_button(key, placed.document, card.id, item)
                    right = self.column_left + placed.left + card.rect.right() - 4
                    button.move(round(right - button.width()), round(upper))
                    button.show()
        for key in self._code_buttons.keys() - wanted:
            button = self._code_buttons.pop(key)
            if button.hasFocus():
                self.setFocus()
            button.hide()
            button.deleteLater()

    def _make_code_button(
        self, key: tuple[int, int, int], document: QTextDocument, code_id: int, item: MessageItem
    ) -> IconButton:
        from caal_desktop.widgets.markdown import code_text

        name = f"chat.code.{self.items.index(item)}.{code_id}"
        button = _CodeButton("copy", self.tr("Copy this code"), name=name, parent=self.viewport())
        button.setIconSize(QSize(15, 15))
        button.setFixedSize(theme.GRID * 3 + 2, theme.GRID * 3 - 1)

        def copy() -> None:
            self._put(code_text(document, code_id))
            button.set_icon_name("check")
            QTimer.singleShot(_COPIED_MS, button, lambda: button.set_icon_name("copy"))

        button.clicked.connect(copy)
        self._code_buttons[key] = button
        return button


class _CodeButton(IconButton):
    """Stands on the code's own ground, so that no code shows through and no patch shows around it."""

    _ground: QColor | None = None

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._ground = None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._ground is None:
            from caal_desktop.widgets.markdown.render.theme import Theme

            paper = QPalette(self.palette())
            paper.setColor(QPalette.ColorRole.Base, paper.color(QPalette.ColorRole.Window))
            paper.setColor(QPalette.ColorRole.Text, paper.color(QPalette.ColorRole.WindowText))
            self._ground = Theme(paper, self.font()).code_back
        painter = QPainter(self)
        painter.fillRect(self.rect().adjusted(2, 2, -2, 0), self._ground)
        painter.end()
        super().paintEvent(event)
