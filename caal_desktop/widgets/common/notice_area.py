"""A place for notices: as high as they need, and in a small window no more than a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QResizeEvent

_LARGEST_SHARE: Final = 0.4
"""How much of the height around them notices may take; the rest of them is scrolled to."""


class NoticeArea(QScrollArea):
    """Holds notices one above the other.

    Args:
        notices: each hides itself where it has nothing to say.
        name: the object name.
        parent: whose height is shared.
    """

    def __init__(self, notices: tuple[QWidget, ...], parent: QWidget, *, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        # Scrolled by keyboard through the buttons of what it holds.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Not the parent, which a layout may change to a part of what is shared.
        self._around = parent
        self._content = QWidget(self)
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for notice in notices:
            layout.addWidget(notice)
        self.setWidget(self._content)
        self._content.installEventFilter(self)
        parent.installEventFilter(self)
        # Qt scrolls where Tab leads on within the area, and not where it leads into it.
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow_focus)
        self._fit()

    def ensureWidgetVisible(self, widget: QWidget, x_margin: int = 50, y_margin: int = 50) -> None:
        """Scroll to a widget; to the beginning, or to the keyboard, in one that is higher than what is seen."""
        if widget.height() > self.viewport().height():
            self.verticalScrollBar().setValue(widget.mapTo(self._content, widget.rect().topLeft()).y())
            focused = self.window().focusWidget()
            if focused is not widget and widget.isAncestorOf(focused):
                super().ensureWidgetVisible(focused, x_margin, y_margin)
        else:
            super().ensureWidgetVisible(widget, x_margin, y_margin)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what the notices need, and the height that is shared."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Measure again at another width."""
        super().resizeEvent(event)
        self._fit()

    def _follow_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self._content.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, design.GRID)

    def _fit(self) -> None:
        layout = self._content.layout()
        if layout is None:
            return
        needed = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else 0
        height = max(0, min(needed, round(self._around.height() * _LARGEST_SHARE)))
        if height != self.maximumHeight():
            self.setFixedHeight(height)
