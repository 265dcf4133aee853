"""The main window: menu, the model in use, the test chat."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.commands import CommandId, Need
from caal_desktop.services.providers.connections import PROXY, catalogue_connection, connection_for
from caal_desktop.storage.settings.choices import KeyStatus, SendKey
from caal_desktop.widgets.chat.chat_page import ChatPage
from caal_desktop.widgets.chat.controller import ChatController
from caal_desktop.widgets.common import design, geometry
from caal_desktop.widgets.common.browser import offer_account_pages
from caal_desktop.widgets.common.command_set import CommandSet, label_of
from caal_desktop.widgets.common.controls import IconButton
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, PanelMessage
from caal_desktop.widgets.common.notice_area import NoticeArea
from caal_desktop.widgets.common.provider_names import provider_in_a_sentence, provider_title
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.keys.consent import consent_message, withheld_text
from caal_desktop.widgets.keys.credit_message import caution, credit_message, purse_of
from caal_desktop.widgets.keys.key_message import reading_message, unreadable_message
from caal_desktop.widgets.main.about import AboutDialog
from caal_desktop.widgets.main.chat_header import ChatHeader, ModelButton
from caal_desktop.widgets.main.demo_strip import DemoStrip
from caal_desktop.widgets.main.keeping_notice import KeepingNotice
from caal_desktop.widgets.main.notice_strip import NoticeStrip
from caal_desktop.widgets.main.rescued_notice import RescuedNotice
from caal_desktop.widgets.picker.vanished_notice import VanishedNotice

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent

    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.history.draft_keeper import DraftKeeper
    from caal_desktop.services.history.history_service import HistoryService
    from caal_desktop.services.history.rescue import Rescue
    from caal_desktop.services.history.unsaved import Unsaved
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.errors import StorageError
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.chat.history_pane import HistoryPane
    from caal_desktop.widgets.main.unsaved_question import UnsavedQuestion

_MIN_WIDTH, _MIN_HEIGHT = 26, 28
"""Lines of text: the window's least size."""

_SIDE_FROM = 40
"""Lines of text: the window's width from which on the conversations stand beside the chat."""


class MainWindow(QMainWindow):
    """The program after setup.

    Attributes:
        commands: what can be done in this window.

    Args:
        commands: the application's; None leaves out what only the application can do.

    Signals:
        closed: the user closed the window.
        requestLikely: the user does something that a request will follow.
    """

    closed = Signal()
    requestLikely = Signal()

    def __init__(
        self,
        chat: ChatService,
        keys: KeyService,
        catalogue: CatalogueService,
        settings: SettingsService,
        commands: CommandSet[[]] | None = None,
        *,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self._chat, self._keys = chat, keys
        self._catalogue, self._settings = catalogue, settings
        self.setObjectName("main")
        self.setWindowTitle(self.tr("CAAL Desktop"))
        self._fit_minimum()
        self.resize(design.first_size(self, 960, 720))
        self.commands: CommandSet[[]] = CommandSet(commands)
        self.page = ChatPage(
            chat,
            CommandSet(self.commands, available=frozenset({Need.MESSAGE})),
            self,
            find_fallback=lambda message: self.control.fallback_for(message),
        )
        self.control = ChatController(self.page, chat, keys, catalogue, settings, self.commands, self)
        self._model_button = ModelButton(name="main.model", parent=self)
        self._new = IconButton("plus", label_of(CommandId.NEW), name="main.new", show_text=True, parent=self)
        self._compare = IconButton("columns", label_of(CommandId.COMPARE), name="main.compare", parent=self)
        self._options = IconButton("sliders", label_of(CommandId.OPTIONS), name="main.options", parent=self)
        self._temporary = IconButton("ghost", label_of(CommandId.TEMPORARY), name="main.temporary", parent=self)
        self._sidebar = IconButton("sidebar", label_of(CommandId.SIDEBAR), name="main.sidebar", parent=self)
        self._vanished = VanishedNotice(catalogue, settings, self)
        self._is_narrow = False
        self._history: HistoryService | None = None
        self._history_pane: HistoryPane | None = None
        self._unsaved: Unsaved | None = None
        self._unsaved_question: UnsavedQuestion | None = None
        self._build(demo=demo)
        self._bind()
        self.commands.fill_menus(self.menuBar(), self)
        self._connect()
        self._show_model()
        self._show_key()
        self.page.composer.set_sends_with_control(settings.current.send_key is SendKey.CTRL_ENTER)
        if place := settings.current.window_geometry:
            self.restoreGeometry(geometry.from_text(place))

    def _build(self, *, demo: bool) -> None:
        self._header = ChatHeader(
            (self._sidebar, self._model_button, self._options, self._compare), (self._temporary,), self._new, self
        )
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self._vanished)
        column.addWidget(self.page, 1)
        # The pane has its space from the first paint on, so that nothing moves when it is filled.
        self._side = QWidget(self)
        self._side_layout = QVBoxLayout(self._side)
        self._side_layout.setContentsMargins(0, 0, 0, 0)
        self._side.setMinimumWidth(180)
        self._splitter = QSplitter(self)
        self._splitter.setObjectName("main.splitter")
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self._side)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setCollapsible(1, False)
        self._splitter.setSizes([240, 720])
        if saved := self._settings.current.window_splitter:
            self._splitter.restoreState(geometry.from_text(saved))
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if demo:
            layout.addWidget(DemoStrip(body))
        self.notice = NoticeStrip(name="main.notice", parent=body)
        self._keeping = KeepingNotice(self.commands, name="main.keeping", parent=body)
        self._rescued = RescuedNotice(name="main.rescued", parent=body)
        layout.addWidget(NoticeArea((self.notice, self._keeping, self._rescued), body, name="main.notices"))
        layout.addWidget(self._splitter, 1)
        for panel in (self.notice.panel, self._keeping.panel, self._rescued.panel, self._vanished.message):
            panel.return_focus_to(self.page.composer.edit)
        self.setCentralWidget(body)

    def _bind(self) -> None:
        handlers: dict[CommandId, Callable[[], object]] = {
            CommandId.NEW: self._new_conversation,
            CommandId.TEMPORARY: self._new_temporary,
            CommandId.OPTIONS: self.control.open_options,
            CommandId.COMPARE: self.control.open_compare,
            CommandId.STOP: self._chat.stop,
            CommandId.SIDEBAR: self._toggle_side,
            CommandId.SEARCH: self._search,
            CommandId.JUMP: self.page.transcript.view.follow_end,
            CommandId.MODEL: self.open_picker,
            CommandId.SHORTCUTS: self._open_shortcuts,
            CommandId.ABOUT: self._open_about,
        }
        for command, run in handlers.items():
            self.commands.bind(command, run)
        offer_account_pages(self.commands, self._settings.current.provider, self, self._keys.credit)

    def _connect(self) -> None:
        self.control.keyNeeded.connect(self._show_key)
        self.control.modelRequested.connect(self.open_picker)
        self.control.requestLikely.connect(self.requestLikely)
        self.page.edited.connect(self.requestLikely)
        self._vanished.pickRequested.connect(lambda: self.open_picker())
        self._model_button.clicked.connect(lambda _checked=False: self.open_picker())
        for button, command in (
            (self._new, CommandId.NEW),
            (self._temporary, CommandId.TEMPORARY),
            (self._options, CommandId.OPTIONS),
            (self._compare, CommandId.COMPARE),
            (self._sidebar, CommandId.SIDEBAR),
        ):
            button.clicked.connect(lambda _checked=False, command=command: self.commands.run(command))
        self._settings.changed.connect(self._on_settings)
        self._catalogue.changed.connect(self._on_catalogue)
        self._catalogue.keyChanged.connect(self._show_key)
        self.requestLikely.connect(lambda: self._keys.learn(self._settings.current.provider))
        self._keys.stateChanged.connect(self._on_key)
        self._chat.busyChanged.connect(self._on_busy)

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Give the focus to the composer, so that writing can begin at once."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self.page.composer.setFocus)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember size and place; stay open where something could not be saved and the user is to be asked."""
        self.remember_geometry()
        if not self.may_end():
            event.ignore()
            return
        super().closeEvent(event)
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_model_button"):
            self._show_model()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._fit_minimum()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the pane of conversations where the window is too narrow for both."""
        super().resizeEvent(event)
        is_narrow = self.width() < _SIDE_FROM * self.fontMetrics().height()
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self._side.setVisible(not is_narrow)

    def _fit_minimum(self) -> None:
        # Larger text needs a larger window to say the same.
        line = self.fontMetrics().height()
        least = QSize(max(420, _MIN_WIDTH * line), max(420, _MIN_HEIGHT * line))
        # What is below a small screen's edge cannot be used, and that is the composer.
        self.setMinimumSize(least.boundedTo(design.room(self)))

    def remember_geometry(self) -> None:
        """Store size and place in the settings; the program may also end without closing this window."""
        self._settings.update(
            window_geometry=geometry.to_text(self.saveGeometry()),
            window_splitter=geometry.to_text(self._splitter.saveState()),
        )

    def may_end(self) -> bool:
        """Return whether the program may end; where something is not saved, the user is asked, and may close later."""
        return self._unsaved_question is None or self._unsaved_question.may_end()

    # --- actions

    def open_picker(self, use: Callable[[str], None] | None = None, above: QWidget | None = None) -> None:
        """Open the model picker.

        Args:
            use: called with the chosen model's id; None makes it the model of the chat.
            above: the dialog's parent; None for this window.
        """
        # Imported when it is opened: the first window waits for neither search nor Markdown.
        from caal_desktop.widgets.picker.dialog import PickerDialog

        self.requestLikely.emit()
        settings = self._settings.current
        self._catalogue.open_for(settings.provider, catalogue_connection(settings, self._keys))
        self._keys.learn_again(settings.provider)
        dialog = PickerDialog(self._catalogue, self._settings, settings.of().model, self.commands, above or self)
        dialog.modelPicked.connect(use or self._settings.use_model)
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(lambda _result: self.page.composer.setFocus())
        dialog.open()

    def _open_shortcuts(self) -> None:
        from caal_desktop.widgets.main.shortcuts_dialog import ShortcutsDialog

        dialog = ShortcutsDialog(sends_with_control=self.page.composer.edit.sends_with_control, parent=self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _open_about(self) -> None:
        dialog = AboutDialog(self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_history(self, history: HistoryService) -> None:
        """Connect the history and show its pane; called after the first paint, which does not wait for this."""
        from caal_desktop.widgets.chat.history_pane import HistoryPane

        self._history = history
        self._history_pane = HistoryPane(history, self._side)
        self._side_layout.addWidget(self._history_pane)
        history.damageFound.connect(self.notice.show_failure)
        history.draftFound.connect(self.control.restore_draft)
        history.transfer.exported.connect(self._on_exported)
        history.transfer.failed.connect(self._on_transfer_failed)
        history.transfer.draftFound.connect(self.control.add_draft)
        history.opened.connect(self.control.restore_options)
        history.temporaryChanged.connect(self.page.set_temporary)
        self.control.optionsChanged.connect(lambda options: history.keep_options(options.to_json()))
        self.commands.set_available(Need.HISTORY, True)
        history.begin()

    def keep_drafts(self, drafts: DraftKeeper) -> None:
        """Have what is being written kept, and show what an earlier run has left; called after the first paint, too."""
        drafts.found.connect(self.control.restore_draft)
        self.page.edited.connect(lambda: drafts.keep(self.page.draft))
        drafts.begin()

    def watch_unsaved(self, unsaved: Unsaved) -> None:
        """Say what cannot be saved, and ask before it is lost; called after the first paint, too."""
        from caal_desktop.widgets.main.unsaved_question import UnsavedQuestion

        self._unsaved = unsaved
        self._keeping.watch(unsaved)
        self._keeping.exportWanted.connect(self._export_unsaved)
        self._unsaved_question = UnsavedQuestion(unsaved, self)
        self._unsaved_question.endWanted.connect(self.closed)
        self._unsaved_question.exportWanted.connect(self._export_unsaved)

    def offer_rescued(self, rescue: Rescue) -> None:
        """Offer what could not be saved at the end of an earlier run; called after the first paint, too."""
        rescue.draftFound.connect(self.control.add_draft)
        if self._unsaved is not None:
            self._rescued.watch(rescue, self._unsaved)
        rescue.begin()

    def _new_conversation(self) -> None:
        if self._history is None:
            self._chat.clear()
        else:
            self._history.new()
        self.page.composer.setFocus()

    def _new_temporary(self) -> None:
        if self._history is not None:
            self._history.new(temporary=True)
        self.page.composer.setFocus()

    def _toggle_side(self) -> None:
        if self._side.isHidden():
            self._side.show()
            if self._splitter.sizes()[0]:
                return
        sizes = self._splitter.sizes()
        wanted = 0 if sizes[0] else 240
        self._splitter.setSizes([wanted, max(200, sum(sizes) - wanted)])

    def _export_unsaved(self) -> None:
        if self._unsaved is not None and self._history_pane is not None:
            for identifier, title in self._unsaved.titles[:1]:
                self._history_pane.export(identifier, title, "json")

    # Where the pane of conversations can be seen, it says itself what became of a transfer.

    @property
    def _has_pane(self) -> bool:
        return not self._side.isHidden() and self._splitter.sizes()[0] > 0

    def _on_exported(self, path: str) -> None:
        if not self._has_pane:
            self.notice.show_exported(Path(path).name)

    def _on_transfer_failed(self, error: StorageError) -> None:
        if not self._has_pane:
            self.notice.show_failure(error)

    def _search(self) -> None:
        if not self._splitter.sizes()[0]:
            self._toggle_side()
        if self._history_pane is not None:
            self._history_pane.focus_search()

    # --- display

    def _on_settings(self, settings: Settings) -> None:
        offer_account_pages(self.commands, settings.provider, self, self._keys.credit)
        self.page.composer.set_sends_with_control(settings.send_key is SendKey.CTRL_ENTER)
        self._show_model()
        self._show_key()

    def _on_busy(self, busy: bool) -> None:
        self.commands.set_available(Need.RUNNING_ANSWER, busy)

    def _on_catalogue(self, _catalogue: Catalogue) -> None:
        self._show_model()
        self._show_key()
        self.page.transcript.show_fallbacks()

    def _show_model(self) -> None:
        model_id = self._settings.current.of().model
        catalogue = self._catalogue.current
        model = catalogue.find(model_id)
        name = model.name if model is not None else model_id
        text = name or self.tr("Choose a model")
        tooltip = model_id
        if model is not None and catalogue.view is not None:
            tooltip = "\n".join((model_id, explanation_line(catalogue.view.explain(model))))
        self._model_button.show_name(text)
        set_tooltip(self._model_button, tooltip or self.tr("No model has been chosen yet"))
        self._model_button.setAccessibleName(self.tr("Model: {name}").format(name=text))
        self._model_button.show_icon()
        self._header.fit()
        self.page.set_model_name(name)

    def _on_key(self, _secret: str, _state: KeyState) -> None:
        self._show_key()

    def _show_key(self) -> None:
        """Show why no message can be sent, where that is so."""
        settings = self._settings.current
        state, proxy = self._keys.state(settings.provider), self._keys.state(PROXY)
        has_connection = connection_for(settings, self._keys) is not None
        self.page.composer.set_can_send(has_connection and not state.is_awaited)
        if state.is_awaited:
            self.page.show_obstacle(reading_message())
        elif state.wants_consent or proxy.wants_consent:
            self._ask_for_consent(state if state.wants_consent else proxy)
        elif state.is_unreadable and state.error is not None:
            give = self.commands.button(CommandId.CHECK_KEY).titled(self.tr("Give the key again"))
            self.page.show_obstacle(unreadable_message(state.error, self._keys.begin).with_actions(give))
        elif not has_connection:
            self._show_missing(state)
        elif state.status is KeyStatus.REJECTED:
            self.page.show_obstacle(
                PanelMessage(
                    MessageKind.WARNING,
                    self.tr("{provider} refused the saved key").format(provider=provider_title(state.provider)),
                    self.tr("It may have been deleted or disabled on the keys page."),
                    (self.commands.button(CommandId.CHECK_KEY),),
                )
            )
        else:
            self.page.show_obstacle(self._credit_obstacle())

    def _credit_obstacle(self) -> PanelMessage | None:
        """Return why the model in use would refuse to answer, before it is asked."""
        settings, view = self._settings.current, self._catalogue.current.view
        if view is None or self._catalogue.current.provider != settings.provider:
            return None
        purse = purse_of(self._catalogue, settings)
        why = caution(view.find(settings.of().model), purse)
        if not why or purse.funds is not view.funds:  # it is being judged what that leaves
            return None
        free = view.recommended
        is_usable = free is not None and is_free(free) and purse.can_ask_free_models
        about = credit_message(purse, self.commands, has_free_model=is_usable)
        actions = () if about is None else about.actions
        if free is not None and is_usable:
            text = self.tr("Use {model}").format(model=free.name)
            actions = (MessageAction("free", text, partial(self._settings.use_model, free.id)), *actions)
        other = MessageAction("model", self.tr("Choose another model…"), self.open_picker)
        return PanelMessage(MessageKind.WARNING, why, "" if about is None else about.body, (*actions, other))

    def _ask_for_consent(self, state: KeyState) -> None:
        secret = state.provider
        question = consent_message(state, lambda: self._keys.withhold(secret), lambda: self._send_secret(secret))
        if secret != PROXY:
            question = question.with_actions(
                self.commands.button(CommandId.CHECK_KEY).titled(self.tr("Give another key"))
            )
        self.page.show_obstacle(question)

    def _send_secret(self, secret: str) -> None:
        self.requestLikely.emit()
        self._keys.allow_and_check(secret)

    def _show_missing(self, state: KeyState) -> None:
        title = self.tr("There is no key for {provider} yet").format(provider=provider_in_a_sentence(state.provider))
        body = self.tr("Without one nothing can be asked.")
        if state.is_cross_origin:
            title, body = withheld_text(state)
        add = self.commands.button(CommandId.CHECK_KEY).titled(self.tr("Add a key"))
        self.page.show_obstacle(PanelMessage(MessageKind.WARNING, title, body, (add,)))
