"""The navigation of the settings dialog: the list of pages, and a search over all settings."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QComboBox, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import WheelGuard
from caal_desktop.widgets.common.icons import icon, icon_pixmap
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.settings.setting_texts import PAGES, find_settings, page_info

_NO_LIMIT = 16_777_215  # Qt's own greatest size
_KEY_ROLE = Qt.ItemDataRole.UserRole
_PAGE_ROLE = Qt.ItemDataRole.UserRole + 1
_ICON_SIZE = 18
_MAX_WIDTH = 260


class Navigation(QWidget):
    """The search field and the list of pages, which in a narrow window is a combo box above the page.

    Signals:
        pageChosen: carries the :class:`Group` to turn to.
        settingFound: carries the key of the setting that a search leads to.
        settingWanted: the user wants to change the setting that was found; carries its key.
        searched: carries the keys that a search has found; none when it ends.
    """

    pageChosen = Signal(object)
    settingFound = Signal(str)
    settingWanted = Signal(str)
    searched = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._narrow = False
        self._page = PAGES[0]
        self.search = QLineEdit(self)
        self.search.setObjectName("settings.search")
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setObjectName("settings.pages")
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setIconSize(QSize(_ICON_SIZE, _ICON_SIZE))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._box = QComboBox(self)
        self._box.setObjectName("settings.page_box")
        WheelGuard(self._box)
        self._box.setAccessibleName(self.tr("Page"))
        self._box.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(self.search)
        layout.addWidget(self._box)
        layout.addWidget(self.list, 1)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._choose_found)
        self.list.currentItemChanged.connect(lambda item, _old: self._on_item(item))
        self.list.itemActivated.connect(lambda _item: self._choose_found())
        self._box.activated.connect(lambda index: self.show_page(PAGES[index]))
        self._list_pages()

    @property
    def preferred_width(self) -> int:
        """The width of the list beside the page, in pixels: that of its longest title, within bounds."""
        widest = max(self.fontMetrics().horizontalAdvance(translated(page_info(group).title)) for group in PAGES)
        return min(widest + _ICON_SIZE + design.GRID * 6, _MAX_WIDTH)

    def show_page(self, group: Group) -> None:
        """Turn to a page, and end a search."""
        self._page = group
        self.search.clear()
        self.list.setCurrentRow(PAGES.index(group))

    def focus_pages(self) -> None:
        """Focus the list of pages, so that the keyboard turns them."""
        (self._box if self._narrow else self.list).setFocus()

    def set_narrow(self, narrow: bool) -> None:
        """Arrange the list for its place above the page, or beside it."""
        self._narrow = narrow
        searching = bool(self.search.text().strip())
        self._box.setVisible(narrow and not searching)
        self.list.setVisible(not narrow or searching)
        self.list.setMaximumHeight(self.fontMetrics().height() * 5 if narrow else _NO_LIMIT)
        width = self.preferred_width
        self.setMinimumWidth(0 if narrow else width)
        self.setMaximumWidth(_NO_LIMIT if narrow else width)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's font and colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and not self.search.text():
            self._list_pages()

    def _list_pages(self) -> None:
        page = self._page
        self.list.clear()
        colour = design.colours(self.palette()).text
        selected = self.palette().color(QPalette.ColorRole.HighlightedText)
        height = self.fontMetrics().height() + design.GRID * 3 // 2
        for group in PAGES:
            info = page_info(group)
            title = translated(info.title)
            picture = icon(info.icon, colour)
            pixmap = icon_pixmap(info.icon, selected, _ICON_SIZE, self.devicePixelRatioF())
            picture.addPixmap(pixmap, QIcon.Mode.Selected)
            item = QListWidgetItem(picture, title, self.list)
            item.setSizeHint(QSize(0, height))
            set_tooltip(item, title)
            item.setData(_PAGE_ROLE, group)
        self._box.clear()
        self._box.addItems([translated(page_info(group).title) for group in PAGES])
        self.list.setCurrentRow(PAGES.index(page))

    def _list_found(self, keys: tuple[str, ...]) -> None:
        self.list.clear()
        for key in keys:
            spec = SPECS[key]
            item = QListWidgetItem(translated(spec.label), self.list)
            set_tooltip(item, f"{translated(spec.label)} · {translated(page_info(spec.group).title)}")
            item.setData(_PAGE_ROLE, spec.group)
            item.setData(_KEY_ROLE, key)
        if not keys:
            item = QListWidgetItem(self.tr("Nothing found"), self.list)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        else:
            self.list.setCurrentRow(0)

    def _on_search(self, query: str) -> None:
        found = tuple(spec.key for spec in find_settings(query))
        if query.strip():
            self._list_found(found)
        else:
            self._list_pages()
        self.set_narrow(self._narrow)
        self.searched.emit(found)

    def _on_item(self, item: QListWidgetItem | None) -> None:
        if item is None or item.data(_PAGE_ROLE) is None:
            return
        self._page = Group(item.data(_PAGE_ROLE))
        self._box.setCurrentIndex(PAGES.index(self._page))
        self.pageChosen.emit(self._page)
        if item.data(_KEY_ROLE) is not None:
            self.settingFound.emit(item.data(_KEY_ROLE))

    def _choose_found(self) -> None:
        for item in self.list.selectedItems():
            if item.data(_KEY_ROLE) is not None:
                self.settingWanted.emit(item.data(_KEY_ROLE))
