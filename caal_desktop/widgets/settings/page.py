"""One page of the settings dialog: the settings of a group, and further widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel
from caal_desktop.widgets.common.formats import listed
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import translate, translated
from caal_desktop.widgets.settings.row import RowState, SettingRow
from caal_desktop.widgets.settings.setting_texts import choice_label, page_info, specs_on

if TYPE_CHECKING:
    from collections.abc import Collection

    from caal_desktop.storage.settings.draft import SettingsDraft
    from caal_desktop.storage.settings.setting import Group

_MAX_WIDTH = 640


class SettingsPage(QScrollArea):
    """The settings of one group.

    Signals:
        edited: carries the setting's key and the new value.
        resetRequested: carries the setting's key.
    """

    edited = Signal(str, object)
    resetRequested = Signal(str)

    def __init__(self, group: Group, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        info = page_info(group)
        page_title = translated(info.title)
        self.setObjectName(f"settings.page.{group}")
        self.setAccessibleName(page_title)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(self)
        body.setMaximumWidth(_MAX_WIDTH)
        title = TextLabel(page_title, name=f"settings.page.{group}.title", scale=1.25, bold=True, parent=body)
        intro = TextLabel(translated(info.intro), name=f"settings.page.{group}.intro", muted=True, parent=body)
        self._note = MessagePanel(name=f"settings.page.{group}.note", parent=body)
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID * 2)
        self._body.setSpacing(design.GRID // 2)
        for widget in (title, intro, self._note):
            # In line with the rows, which keep a margin for the mark of a found one.
            widget.setContentsMargins(design.GRID, 0, design.GRID, 0)
            self._body.addWidget(widget)
        self.rows: dict[str, SettingRow] = {}
        for spec in specs_on(group):
            row = SettingRow(spec, body)
            row.edited.connect(self.edited)
            row.resetRequested.connect(self.resetRequested)
            self.rows[spec.key] = row
            self._body.addWidget(row)
        self._body.addStretch(1)
        self.setWidget(body)

    def add_widget(self, widget: QWidget, *, after: str | None = None) -> None:
        """Put a further widget on the page.

        Args:
            widget: the widget.
            after: the setting below which to put it; None puts it at the end.
        """
        place = self._body.count() - 1 if after is None else self._body.indexOf(self.rows[after]) + 1
        self._body.insertWidget(place, widget)
        if after is not None:
            self._tab_after(_controls_in(self.rows[after])[-1], widget)

    def _tab_after(self, before: QWidget, widget: QWidget) -> None:
        # Made later than the rows, it would come after all of them.
        for control in _controls_in(widget):
            if isinstance(control, MessagePanel):
                control.follow_in_tab_order(before)
            else:
                self.setTabOrder(before, control)
                before = _last_stop(control)

    def show_draft(self, draft: SettingsDraft, found: Collection[str] = ()) -> None:
        """Draw the rows whose content has changed.

        Args:
            draft: what the settings are to be.
            found: the settings that a search has found.
        """
        any_effect = False
        errors = draft.errors
        for key, row in self.rows.items():
            effect = draft.has_effect(key)
            any_effect = any_effect or effect
            note = "" if effect else _why_without_effect(key)
            row.show_state(RowState(draft.value(key), errors.get(key), note, key in found))
        if any_effect or not self.rows:
            self._note.hide()
        else:
            provider = provider_title(draft.value("provider"))
            self._note.show_message(
                MessageKind.INFO,
                self.tr("Nothing to choose here"),
                self.tr("These settings belong to {owners}. You use: {provider}.").format(
                    owners=listed(self._owners()), provider=provider
                ),
            )

    def _owners(self) -> list[str]:
        """Return the titles of the providers whose settings are shown here."""
        conditions = [row.spec.depends_on for row in self.rows.values() if row.spec.depends_on is not None]
        names = [name for setting, values in conditions if setting == "provider" for name in values]
        return [provider_title(name) for name in dict.fromkeys(names)]

    def reveal(self, key: str, *, focus: bool = True) -> None:
        """Scroll to a setting."""
        row = self.rows[key]

        def scroll() -> None:
            self.ensureWidgetVisible(row, 0, design.GRID * 4)

        # The layout of a page that was hidden until now is made in the next round of the loop.
        QTimer.singleShot(0, self, scroll)
        if focus:
            row.editor.setFocus()


def _controls_in(widget: QWidget) -> list[QWidget]:
    """Return what Tab reaches within a widget, and the messages whose buttons it will reach, in creation order.

    A widget that hands its focus to a part of itself stands for all of its parts: it is a stop as well, and left behind
    it would lead back to that part.
    """
    found: list[QWidget] = []
    for child in widget.findChildren(QWidget):
        if found and _is_compound(found[-1]) and found[-1].isAncestorOf(child):
            continue
        is_stop = child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.focusProxy() is None
        if is_stop or isinstance(child, MessagePanel) or _is_compound(child):
            found.append(child)
    return found


def _is_compound(widget: QWidget) -> bool:
    proxy: QWidget | None = widget.focusProxy()
    return proxy is not None and widget.isAncestorOf(proxy)


def _last_stop(control: QWidget) -> QWidget:
    """Return the last of a compound's parts that Tab reaches; the control itself where it has none."""
    parts = [part for part in control.findChildren(QWidget) if part.focusPolicy() & Qt.FocusPolicy.TabFocus]
    return parts[-1] if parts and _is_compound(control) else control


def _why_without_effect(key: str) -> str:
    when = SPECS[key].depends_on
    if when is None:
        return ""
    other = SPECS[when[0]]
    labels = [choice_label(other, value) for value in when[1]]
    if len(labels) == 1:
        text = translate("Settings", "Has an effect only when “{setting}” is “{value}”.")
        return text.format(setting=translated(other.label), value=labels[0])
    text = translate("Settings", "Has an effect only with these values of “{setting}”: {values}.")
    return text.format(setting=translated(other.label), values=listed(labels))
