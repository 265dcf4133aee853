"""The settings dialog: pages, a search over all settings, and a draft that OK and Apply put in force."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.commands import CommandId
from caal_desktop.services.keys.secret_moves import secret_moves
from caal_desktop.services.providers.connections import catalogue_connection
from caal_desktop.storage.settings.draft import SettingsDraft
from caal_desktop.storage.settings.provider_table import key_of
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group, InvalidSetting
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.browser import offer_account_pages
from caal_desktop.widgets.common.command_set import CommandSet, key_sequences, pressed
from caal_desktop.widgets.common.controls import TextLabel
from caal_desktop.widgets.common.formats import listed
from caal_desktop.widgets.common.message_box import MessageBox
from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.keys.consent import move_text
from caal_desktop.widgets.settings.editors import ModelEditor
from caal_desktop.widgets.settings.keys_section import KeysSection
from caal_desktop.widgets.settings.navigation import Navigation
from caal_desktop.widgets.settings.page import SettingsPage
from caal_desktop.widgets.settings.proxy_password import ProxyPassword
from caal_desktop.widgets.settings.setting_texts import PAGES, specs_on
from caal_desktop.widgets.settings.transfer import TransferSection

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.llm.translation import FilledText
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.secret_moves import SecretMove
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.services.settings.bundle_check import BundleCheck
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.services.settings.transfer_service import TransferService
    from caal_desktop.storage.settings.schema import Settings


class SettingsDialog(QDialog):
    """The dialog with all settings.

    Args:
        settings: those in force.
        keys: the providers' keys.
        catalogue: the models, for the picker.
        transfer: writes settings into files and reads them.
        bundles: checks files of certificate authorities.
        commands: the application's; None leaves out what only the application can do.
        sign_in: for signing in instead of pasting a key; None leaves it out.

    Signals:
        requestLikely: the user does something that a request will follow.
        everythingReset: everything was reset, and that is in force.
    """

    requestLikely = Signal()
    everythingReset = Signal()

    def __init__(
        self,
        settings: SettingsService,
        keys: KeyService,
        catalogue: CatalogueService,
        transfer: TransferService,
        bundles: BundleCheck,
        commands: CommandSet[[]] | None = None,
        *,
        sign_in: SignInService | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._keys, self._catalogue = settings, keys, catalogue
        self._bundles, self._sign_in = bundles, sign_in
        self.commands: CommandSet[[]] = CommandSet(commands)
        self.draft = SettingsDraft(settings.current)
        self._built = False
        self._found: tuple[str, ...] = ()
        # What to do once the file of certificate authorities has been checked.
        self._after_bundle_check: Callable[[], object] | None = None
        self.setObjectName("settings")
        self.setWindowTitle(self.tr("Settings"))
        self.navigation = Navigation(self)
        self.search = self.navigation.search
        self._bind()
        self._stack = QStackedWidget(self)
        self.pages: dict[Group, SettingsPage] = {}
        for group in PAGES:
            page = self.pages[group] = SettingsPage(group, self._stack)
            page.edited.connect(self._on_edited)
            page.resetRequested.connect(self._on_reset)
            self._stack.addWidget(page)
        self._add_sections(transfer)
        self._build_footer()
        self._build_layout()
        self._connect()
        self._draw()
        self._built = True
        self.refresh_key()

    # --- building

    def _bind(self) -> None:
        """Bind the commands for which other windows open the settings: here they are done in place."""
        commands = self.commands
        commands.bind(CommandId.CHECK_KEY, self._change_key)
        commands.bind(CommandId.PROVIDER_SETTINGS, lambda: self.show_page(Group.PROVIDER))
        commands.bind(CommandId.NETWORK_SETTINGS, lambda: self.show_page(Group.NETWORK))
        commands.bind(CommandId.PRIVACY_SETTINGS, lambda: self.show_page(Group.PRIVACY))
        commands.bind(CommandId.SEARCH_SETTINGS, self.search.setFocus)

    def _add_sections(self, transfer: TransferService) -> None:
        provider = self.pages[Group.PROVIDER]
        self.keys_section = KeysSection(self._keys, self.commands, self._sign_in, provider)
        last_of_providers = [spec.key for spec in specs_on(Group.PROVIDER) if spec.cell is not None][-1]
        provider.add_widget(self.keys_section, after=last_of_providers)
        for card in self.keys_section.cards.values():
            card.requestLikely.connect(self.requestLikely)
        self.proxy_password = ProxyPassword(self._keys, self)
        self.pages[Group.NETWORK].add_widget(self.proxy_password, after="proxy_user")
        self.transfer = TransferSection(transfer, self._receivers_in_words, self)
        self.pages[Group.ADVANCED].add_widget(self.transfer)
        for row in self.pages[Group.MODEL].rows.values():
            if isinstance(row.editor, ModelEditor):
                row.editor.pickRequested.connect(self._open_picker)

    def _build_footer(self) -> None:
        self._undo = QPushButton(self.tr("Undo"), self)
        self._undo.setObjectName("settings.undo")
        self._undo.setAutoDefault(False)
        self._footer = TextLabel(name="settings.footer", muted=True, parent=self)
        buttons = QDialogButtonBox.StandardButton
        self._buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel | buttons.Apply, self)
        self._ok = self._buttons.button(buttons.Ok)
        self._apply = self._buttons.button(buttons.Apply)
        for which, name in ((buttons.Ok, "ok"), (buttons.Cancel, "cancel"), (buttons.Apply, "apply")):
            self._buttons.button(which).setObjectName(f"settings.{name}")

    def _build_layout(self) -> None:
        middle = self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        middle.setSpacing(design.GRID)
        middle.addWidget(self.navigation, 0)
        middle.addWidget(self._stack, 1)
        footer = QHBoxLayout()
        footer.setSpacing(design.GRID)
        footer.addWidget(self._undo)
        footer.addStretch(1)
        footer.addWidget(self._buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID * 3 // 2)
        layout.addLayout(middle, 1)
        layout.addWidget(self._footer)
        layout.addLayout(footer)
        self._fit_to_font()
        self.resize(design.first_size(self, 820, 640))

    def _fit_to_font(self) -> None:
        metrics = self.fontMetrics()
        self._narrow_below = self.navigation.preferred_width + metrics.averageCharWidth() * 56
        buttons = self._undo.sizeHint().width() + self._buttons.sizeHint().width() + design.GRID * 6
        self.setMinimumSize(max(metrics.averageCharWidth() * 50, buttons), 400)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < self._narrow_below
        self._middle.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.navigation.set_narrow(narrow)

    def _connect(self) -> None:
        self.navigation.pageChosen.connect(self._turn_to)
        self.navigation.settingFound.connect(self._show_found)
        self.navigation.settingWanted.connect(self._go_to)
        self.navigation.searched.connect(self._on_searched)
        self._undo.clicked.connect(self._on_undo)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self._leave)
        self._apply.clicked.connect(self.apply)
        self.transfer.imported.connect(self._on_imported)
        self.transfer.resetRequested.connect(self._on_reset_all)
        self._settings.changed.connect(self._on_settings)
        self._bundles.checked.connect(self._on_bundle)
        # Bound methods, which Qt disconnects with the dialog; a lambda would outlive it.
        self._keys.stateChanged.connect(self._on_keys)
        for sequence in key_sequences(CommandId.SEARCH_SETTINGS):
            QShortcut(sequence, self, partial(self.commands.run, CommandId.SEARCH_SETTINGS))

    # --- showing

    def show_page(self, group: Group) -> None:
        """Turn to a page."""
        self.navigation.show_page(group)

    @property
    def shown_page(self) -> Group:
        """The page that is shown."""
        return PAGES[self._stack.currentIndex()]

    def refresh_key(self) -> None:
        """Ask for the facts of the key in use."""
        self.keys_section.refresh(self._settings.current.provider)

    def _draw(self) -> None:
        self._draw_settings()
        self._draw_secrets()

    def _draw_settings(self) -> None:
        for page in self.pages.values():
            page.show_draft(self.draft, self._found)
        self._draw_footer()

    def _draw_secrets(self) -> None:
        draft = self.draft
        self.keys_section.show_draft(draft)
        self.proxy_password.set_address(draft.value("proxy_url") if "proxy_url" in draft.changes else None)
        self.proxy_password.setVisible(draft.has_effect("proxy_url") and bool(draft.value("proxy_user")))

    def _draw_footer(self) -> None:
        errors = self.draft.errors
        self._ok.setEnabled(not errors)
        self._apply.setEnabled(not errors and bool(self.draft.changes))
        self._undo.setEnabled(self.draft.can_undo)
        text = ""
        if errors:
            names = listed([translated(SPECS[key].label) for key in errors])
            text = self.tr("To be corrected: {settings}").format(settings=names)
        elif self._after_bundle_check is not None:
            text = self.tr("Waiting for the file of certificate authorities…")
        self._footer.setText(text)
        self._footer.setVisible(bool(text))

    def _changed(self) -> None:
        """Draw the changed draft, and have its file of certificate authorities checked where that is needed."""
        self._after_bundle_check = None
        if path := self.draft.unchecked_bundle:
            self._bundles.check(path)
        self._draw()

    # --- doing

    def apply(self) -> bool:
        """Put all changes in force, or none of them; once a file has been checked, where one has to be.

        Where they would send secrets to other addresses the user is asked first.

        Returns:
            Whether they are in force.
        """
        return not self._postpones(self.apply) and self._apply_changes(close=False)

    def accept(self) -> None:
        """Apply everything and close; once a file has been checked, where one has to be."""
        if not self._postpones(self.accept):
            self._apply_changes(close=True)

    def _postpones(self, action: Callable[[], object]) -> bool:
        if self.draft.unchecked_bundle:
            self._after_bundle_check = action
            self._draw_footer()
        return bool(self.draft.unchecked_bundle)

    def _apply_changes(self, *, close: bool) -> bool:
        new = self._edited_settings()
        if new is None:
            return False
        moves = secret_moves(self._keys, self._settings.current, new)
        if moves:
            self._ask_about_secrets(moves, close=close)
            return False
        self._make_current(new, close=close)
        return True

    def _edited_settings(self) -> Settings | None:
        """Return the settings in force with all changes; show the reason and return None where one cannot be used."""
        try:
            new = self.draft.applied_to(self._settings.current)
        except InvalidSetting as error:
            self.show_page(SPECS[error.key].group)
            self.pages[SPECS[error.key].group].reveal(error.key)
            return None
        return _with_recent_models(self._settings.current, new)

    def _make_current(self, new: Settings, *, close: bool) -> None:
        was_reset, self.draft = self.draft.is_reset, SettingsDraft(new)
        self._settings.set(new)
        if was_reset:
            self.everythingReset.emit()
        self._draw()
        if close:
            super().accept()

    def _ask_about_secrets(self, moves: tuple[SecretMove, ...], *, close: bool) -> None:
        from caal_desktop.widgets.settings.secrets_question import SecretsQuestion

        question = SecretsQuestion(moves, self)
        question.answered.connect(lambda send: self._on_secrets_answered(moves, send=send, close=close))
        question.open()

    def _on_secrets_answered(self, moves: tuple[SecretMove, ...], *, send: bool, close: bool) -> None:
        new = self._edited_settings()
        if new is None:
            return
        if secret_moves(self._keys, self._settings.current, new) != moves:
            # Something has changed meanwhile: the answer was to another question.
            self._apply_changes(close=close)
            return
        self._make_current(new, close=close)
        for move in moves:
            if send:
                self._keys.allow_and_check(move.secret)
            else:
                self._keys.withhold(move.secret)

    def _receivers_in_words(self) -> list[str]:
        """Return which secrets would go to which other address, a line each."""
        try:
            new = self.draft.applied_to(self._settings.current)
        except InvalidSetting:
            return []
        return [move_text(move) for move in secret_moves(self._keys, self._settings.current, new)]

    def reject(self) -> None:
        """Ask before changes are lost; Qt calls this for Esc and for the window's own button."""
        if self.draft.changes:
            self._ask_about_changes()
        else:
            self._leave()

    def done(self, result: int) -> None:
        """Stop what was started here."""
        if self._sign_in is not None:
            self._sign_in.cancel()
        self.keys_section.leave()
        settings = self._settings.current
        if self._catalogue.current.provider != settings.provider:
            self._catalogue.open_for(settings.provider, catalogue_connection(settings, self._keys))
        super().done(result)

    def _leave(self) -> None:
        """Close; changes are lost."""
        super().reject()

    def _ask_about_changes(self) -> None:
        buttons = QMessageBox.StandardButton
        box = MessageBox(self)
        box.setObjectName("settings.unsaved")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Keep the changes?"))
        box.setStandardButtons(buttons.Apply | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Apply)
        box.button(buttons.Apply).setEnabled(not self.draft.errors)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.button(buttons.Apply).clicked.connect(self.accept)
        box.button(buttons.Discard).clicked.connect(self._leave)
        box.open()

    def _on_edited(self, key: str, value: Any) -> None:
        self.draft.set(key, value)
        self._changed()

    def _on_reset(self, key: str) -> None:
        self.draft.reset(key)
        self._changed()

    def _on_reset_all(self) -> None:
        self.draft.reset_all()
        self._changed()

    def _on_imported(self, values: dict[str, Any]) -> None:
        self.draft.set_many(values)
        self._changed()

    def _on_undo(self) -> None:
        keys = self.draft.undo()
        self._changed()
        if len(keys) == 1 and SPECS[keys[0]].group in self.pages:
            self.show_page(SPECS[keys[0]].group)
            self.pages[SPECS[keys[0]].group].reveal(keys[0])

    def _on_settings(self, settings: Settings) -> None:
        self.draft.rebase(settings)
        self._changed()

    def _on_bundle(self, path: str, error: FilledText | None) -> None:
        self.draft.set_bundle_error(path, error)
        self._draw_settings()
        if self._after_bundle_check is not None and not self.draft.unchecked_bundle:
            action, self._after_bundle_check = self._after_bundle_check, None
            action()

    def _on_keys(self, _secret: str, _state: KeyState) -> None:
        self._draw_secrets()

    def _on_searched(self, found: tuple[str, ...]) -> None:
        self._found = found
        self._draw_settings()

    def _turn_to(self, group: Group) -> None:
        self._stack.setCurrentWidget(self.pages[group])

    def _show_found(self, key: str) -> None:
        self.pages[SPECS[key].group].reveal(key, focus=False)

    def _go_to(self, key: str) -> None:
        self.pages[SPECS[key].group].reveal(key)

    def _change_key(self) -> None:
        self.show_page(Group.PROVIDER)
        self.keys_section.change(self.draft.value("provider"))

    def _open_picker(self) -> None:
        from caal_desktop.widgets.picker.dialog import PickerDialog

        provider = self.draft.value("provider")
        key = key_of(provider, "model")
        try:
            edited = self.draft.applied_to(self._settings.current)
        except InvalidSetting:
            edited = self._settings.current
        self.requestLikely.emit()
        offer_account_pages(self.commands, provider, self, self._keys.credit)
        self._catalogue.open_for(provider, catalogue_connection(edited, self._keys, provider))
        self._keys.learn_again(provider)
        dialog = PickerDialog(self._catalogue, self._settings, str(self.draft.value(key)), self.commands, self)
        dialog.modelPicked.connect(lambda model: self._on_edited(key, model))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # --- Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear the search first on Esc; ignore Enter in a field, which is not meant as OK."""
        if pressed(event, CommandId.SETTINGS_BACK) and self.search.text():
            self.search.clear()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not isinstance(self.focusWidget(), QPushButton):
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Focus the navigation, so that the arrow keys turn the pages at once."""
        super().showEvent(event)
        self.navigation.focus_pages()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the parts to fit the width."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's font and colours."""
        super().changeEvent(event)
        if not getattr(self, "_built", False):
            return
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._fit_to_font()


def _with_recent_models(old: Settings, new: Settings) -> Settings:
    """Return the new settings with a model that was chosen here among the recent ones."""
    model = new.of().model
    return new.with_model(model) if model and model != old.of().model else new
