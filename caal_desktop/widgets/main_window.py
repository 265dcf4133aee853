"""The main window: menu, the model in use, the test chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QToolButton, QVBoxLayout, QWidget

from caal_desktop.catalogue.speech_cost import CostKind, format_cost, hourly_cost
from caal_desktop.services.connections import catalogue_connection
from caal_desktop.services.key_watch import KeyCondition, KeyReport, KeyWatch
from caal_desktop.storage.settings_schema import Settings, SetupStep
from caal_desktop.widgets import theme
from caal_desktop.widgets.about import AboutDialog
from caal_desktop.widgets.chat.chat_page import ChatPage
from caal_desktop.widgets.chat.controller import ChatController
from caal_desktop.widgets.controls import IconButton
from caal_desktop.widgets.demo_strip import DemoStrip
from caal_desktop.widgets.icons import icon
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.texts import explain, provider_text, reason_and_advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.chat_service import ChatService
    from caal_desktop.services.key_service import KeyService
    from caal_desktop.services.settings_service import SettingsService


class MainWindow(QMainWindow):
    """The program after setup.

    Signals:
        closed: the person closed the window.
        quitRequested: Quit was chosen.
        setupRequested: show the wizard; carries the step to begin at.
        requestLikely: the person does something that a request will follow.
    """

    closed = Signal()
    quitRequested = Signal()
    setupRequested = Signal(object)
    requestLikely = Signal()

    def __init__(
        self,
        chat: ChatService,
        keys: KeyService,
        watch: KeyWatch,
        catalogue: CatalogueService,
        settings: SettingsService,
        *,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self._chat, self._keys, self._watch = chat, keys, watch
        self._catalogue, self._settings = catalogue, settings
        self.setObjectName("main")
        self.setWindowTitle(self.tr("CAAL Desktop"))
        self.setMinimumSize(420, 420)
        self.resize(960, 720)
        self.page = ChatPage(chat, self)
        self.control = ChatController(self.page, chat, keys, catalogue, settings, self)
        self._model_button = QToolButton(self)
        self._model_button.setObjectName("main.model")
        self._model_button.setAutoRaise(True)
        self._model_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._model_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._model_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._new = IconButton("plus", self.tr("New conversation"), name="main.new", show_text=True, parent=self)
        self._build(demo=demo)
        self._build_menu()
        self._connect()
        self._show_model()
        self._show_key(watch.report)
        if geometry := settings.current.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))

    def _build(self, *, demo: bool) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(theme.GRID * 2, theme.GRID, theme.GRID * 2, theme.GRID)
        header.setSpacing(theme.GRID)
        header.addWidget(self._model_button)
        header.addStretch(1)
        header.addWidget(self._new)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if demo:
            layout.addWidget(DemoStrip(body))
        layout.addLayout(header)
        layout.addWidget(self.page, 1)
        self.setCentralWidget(body)

    def _build_menu(self) -> None:
        bar = self.menuBar()
        chat = bar.addMenu(self.tr("&Chat"))
        self._add(chat, "new", self.tr("&New conversation"), self._chat.clear, QKeySequence.StandardKey.New)
        self._stop = self._add(chat, "stop", self.tr("&Stop the answer"), self._chat.stop)
        self._stop.setEnabled(False)
        chat.addSeparator()
        quit_action = self._add(chat, "quit", self.tr("&Quit"), self.quitRequested.emit, "Ctrl+Q")
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        assistant = bar.addMenu(self.tr("&Assistant"))
        self._add(assistant, "model", self.tr("Change &model…"), self.open_picker, "Ctrl+M")
        self._add(assistant, "key", self.tr("Change the &key…"), lambda: self.setupRequested.emit(SetupStep.KEY))
        self._add(
            assistant, "setup", self.tr("Go through &setup again…"), lambda: self.setupRequested.emit(SetupStep.WELCOME)
        )
        help_menu = bar.addMenu(self.tr("&Help"))
        about = self._add(help_menu, "about", self.tr("&About CAAL Desktop"), self._open_about)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        slot: object,
        shortcut: QKeySequence.StandardKey | str | None = None,
    ) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"main.action.{name}")
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda _checked=False: slot())  # type: ignore[operator]
        menu.addAction(action)
        return action

    def _connect(self) -> None:
        self.control.keyNeeded.connect(lambda: self._show_key(self._watch.report))
        self.control.keyChangeRequested.connect(lambda: self.setupRequested.emit(SetupStep.KEY))
        self.control.providerChangeRequested.connect(lambda: self.setupRequested.emit(SetupStep.WELCOME))
        self.control.modelRequested.connect(self.open_picker)
        self.page.actionChosen.connect(self._on_action)
        self.page.edited.connect(self.requestLikely)
        self._model_button.clicked.connect(lambda _checked=False: self.open_picker())
        self._new.clicked.connect(self._new_conversation)
        self._settings.changed.connect(self._on_settings)
        self._catalogue.changed.connect(self._on_catalogue)
        self._watch.changed.connect(self._show_key)
        self._chat.busyChanged.connect(self._stop.setEnabled)

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Writing can begin at once."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self.page.composer.setFocus)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember size and place."""
        self.remember_geometry()
        super().closeEvent(event)
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_model_button"):
            self._show_model()

    def remember_geometry(self) -> None:
        """Take size and place into the settings; the program may also end without closing this window."""
        self._settings.update(window_geometry=bytes(self.saveGeometry().toBase64().data()).decode())

    # --- doing

    def open_picker(self, use: Callable[[str], None] | None = None) -> None:
        """Let the person choose a model.

        Args:
            use: what to do with the chosen model's id; None makes it the one that is talked to.
        """
        self.requestLikely.emit()
        connection = catalogue_connection(self._settings.current, self._keys)
        if connection is not None:
            self._catalogue.open(connection)
        dialog = PickerDialog(self._catalogue, self._settings, self._settings.current.model_of(), self)
        dialog.modelPicked.connect(use or self._use_model)
        dialog.finished.connect(dialog.deleteLater)
        dialog.finished.connect(lambda _result: self.page.composer.setFocus())
        dialog.open()

    def _use_model(self, model_id: str) -> None:
        if model_id:
            self._settings.set(self._settings.current.with_model(model_id))

    def _open_about(self) -> None:
        dialog = AboutDialog(self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _new_conversation(self) -> None:
        self._chat.clear()
        self.page.composer.setFocus()

    def _on_action(self, action: str) -> None:
        if action == "model":
            self.open_picker()
        elif action == "key":
            self.setupRequested.emit(SetupStep.KEY)
        elif action == "load":
            self._watch.begin()

    # --- drawing

    def _on_settings(self, _settings: Settings) -> None:
        self._show_model()
        self._watch.look_if_settled()

    def _on_catalogue(self, _catalogue: Catalogue) -> None:
        self._show_model()

    def _show_model(self) -> None:
        model_id = self._settings.current.model_of()
        model = self._catalogue.current.find(model_id)
        name = model.name if model is not None else model_id
        text = name or self.tr("Choose a model")
        tooltip = model_id
        if model is not None and (cost := hourly_cost(model)).kind is CostKind.KNOWN and cost.usd is not None:
            tooltip = self.tr("{id}\nAbout {cost} for an hour of talking").format(
                id=model_id, cost=format_cost(cost.usd)
            )
        self._model_button.setText(text)
        self._model_button.setToolTip(tooltip or self.tr("No model has been chosen yet"))
        self._model_button.setAccessibleName(self.tr("Model: {name}").format(name=text))
        self._model_button.setIcon(icon("chevron-down", theme.colours(self.palette()).text))
        self.page.set_model_name(name)

    def _show_key(self, report: KeyReport) -> None:
        provider = provider_text(self._settings.current.provider).title
        can_send = report.condition in (KeyCondition.READY, KeyCondition.REFUSED)
        self.page.composer.set_can_send(can_send)
        match report.condition:
            case KeyCondition.READY:
                self.page.hide_problem()
            case KeyCondition.LOADING:
                self.page.show_waiting(self.tr("Asking the system's keyring for your key…"))
            case KeyCondition.MISSING:
                self.page.show_problem(
                    self.tr("There is no key for {provider} yet").format(provider=provider),
                    self.tr("Without one nothing can be asked."),
                    (("key", self.tr("Add a key")),),
                )
            case KeyCondition.UNREADABLE:
                text = explain(report.error) if report.error is not None else None
                self.page.show_problem(
                    text.what if text else "",
                    reason_and_advice(text) if text else "",
                    (("load", self.tr("Try again")), ("key", self.tr("Give the key again"))),
                )
            case KeyCondition.REFUSED:
                self.page.show_problem(
                    self.tr("{provider} refused the saved key").format(provider=provider),
                    self.tr("It may have been deleted or disabled on the keys page."),
                    (("key", self.tr("Change the key")),),
                )
