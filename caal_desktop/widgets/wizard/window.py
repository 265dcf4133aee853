"""The wizard's window: rail, page, buttons. It draws the setup service's state and hands it what the person does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.catalogue.speech_cost import CostKind, format_cost, hourly_cost
from caal_desktop.services.chat_service import ChatRequest, ChatService
from caal_desktop.services.connections import connection_for
from caal_desktop.services.conversation import AnswerStatus, Role
from caal_desktop.services.setup_service import KeyPhase, KeyView, SetupService
from caal_desktop.setup_flow import PROVIDERS, STEPS, Step
from caal_desktop.storage.settings_schema import KeyStatus, KeyStore
from caal_desktop.widgets import theme
from caal_desktop.widgets.controls import TextLabel
from caal_desktop.widgets.demo_strip import DemoStrip
from caal_desktop.widgets.texts import provider_text
from caal_desktop.widgets.wizard.done_page import DonePage
from caal_desktop.widgets.wizard.key_page import KeyPage
from caal_desktop.widgets.wizard.model_page import ModelPage
from caal_desktop.widgets.wizard.steps_rail import StepsRail
from caal_desktop.widgets.wizard.try_page import TryPage
from caal_desktop.widgets.wizard.welcome_page import WelcomePage

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent

    from caal_desktop.services.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.key_service import KeyService
    from caal_desktop.services.settings_service import SettingsService
    from caal_desktop.widgets.wizard.page import WizardPage

_RAIL_FROM_WIDTH = 680
_TRIAL_MAX_TOKENS = 300


class WizardWindow(QDialog):
    """First-run setup.

    Signals:
        closed: the window is gone, whether the person was through or not.
        requestLikely: the person does something that a request to the provider will follow.
    """

    closed = Signal()
    requestLikely = Signal()

    def __init__(
        self,
        setup: SetupService,
        keys: KeyService,
        catalogue: CatalogueService,
        chat: ChatService,
        settings: SettingsService,
        *,
        demo: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._setup, self._keys, self._catalogue, self._chat, self._settings = setup, keys, catalogue, chat, settings
        self.setObjectName("wizard")
        self.setWindowTitle(self.tr("Set up CAAL"))
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint, True)
        self.setMinimumSize(480, 420)
        self.resize(860, 620)
        self.welcome = WelcomePage(self)
        self.key = KeyPage(parent=self)
        self.model = ModelPage(self)
        self.trial = TryPage(self)
        self.done_page = DonePage(self)
        self._pages: dict[Step, WizardPage] = {
            Step.WELCOME: self.welcome,
            Step.KEY: self.key,
            Step.MODEL: self.model,
            Step.TRY: self.trial,
            Step.DONE: self.done_page,
        }
        self._build(demo=demo)
        self._connect()

    # --- construction

    def _build(self, *, demo: bool) -> None:
        titles = [self.tr("Welcome"), self.tr("Key"), self.tr("Model"), self.tr("Try it"), self.tr("Done")]
        self._titles = titles
        self._rail = StepsRail(titles, self)
        self._stack = QStackedWidget(self)
        self._areas: dict[Step, QWidget] = {}
        for step in STEPS:
            area = QScrollArea(self)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setWidgetResizable(True)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(self._pages[step])
            self._areas[step] = area
            self._stack.addWidget(area)
        self._later = self._button("wizard.later", self.tr("Finish later"))
        self._skip = self._button("wizard.skip", self.tr("Skip"))
        self._back = self._button("wizard.back", self.tr("Back"))
        self._next = self._button("wizard.next", self.tr("Next"))
        self._progress = TextLabel(name="wizard.progress", muted=True, parent=self)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(theme.GRID * 4, theme.GRID * 3 // 2, theme.GRID * 4, theme.GRID * 2)
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self._later)
        buttons.addWidget(self._progress, 1)
        for button in (self._skip, self._back, self._next):
            buttons.addWidget(button)
        line = QFrame(self)
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Plain)
        line.setForegroundRole(self.palette().ColorRole.Midlight)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._stack, 1)
        right.addWidget(line)
        right.addLayout(buttons)
        main = QHBoxLayout()
        main.setSpacing(0)
        main.addWidget(self._rail)
        main.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if demo:
            layout.addWidget(DemoStrip(self))
        layout.addLayout(main, 1)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.setMinimumHeight(34)
        return button

    def _connect(self) -> None:
        setup = self._setup
        setup.stepChanged.connect(self._show_step)
        setup.keyChanged.connect(self._show_key)
        setup.changed.connect(self._show_buttons)
        setup.finished.connect(self.close)
        self.welcome.providerChosen.connect(setup.choose_provider)
        self.key.keyEdited.connect(setup.edit_key)
        self.key.keySubmitted.connect(setup.submit_key)
        self.key.addressEdited.connect(setup.set_address)
        self.key.actionChosen.connect(self._on_key_action)
        self.key.typingBegan.connect(self.requestLikely)
        self.model.pane.modelChosen.connect(setup.choose_model)
        self.model.pane.modelActivated.connect(self._on_model_activated)
        self.model.pane.refreshRequested.connect(self._catalogue.refresh)
        self._catalogue.changed.connect(self._show_catalogue)
        self.trial.asked.connect(self._ask)
        self.trial.stopped.connect(self._chat.stop)
        self.trial.modelChangeRequested.connect(setup.back)
        self.trial.keyChangeRequested.connect(self._back_to_key)
        self._chat.textArrived.connect(self._on_text)
        self._chat.keptAlive.connect(lambda _index: self.trial.show_alive())
        self._chat.statusChanged.connect(self._on_status)
        self._later.clicked.connect(self.close)
        self._skip.clicked.connect(setup.skip)
        self._back.clicked.connect(setup.back)
        self._next.clicked.connect(self._on_next)

    # --- public

    def set_demo_key(self, key: str | None) -> None:
        """Offer the demo's key on the key page."""
        self.key.set_demo_key(key)

    def begin(self, at: Step | None = None) -> None:
        """Show the step at which the person is, or another one."""
        self._later.setText(self.tr("Close") if self._settings.current.setup_completed else self.tr("Finish later"))
        geometry = self._settings.current.wizard_geometry
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        self._setup.begin(at)
        self._show_key(self._setup.key)
        self._show_catalogue(self._catalogue.current)

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Give the keyboard to the page's first control once there is a window."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._focus_page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the rail out where there is no room for it."""
        super().resizeEvent(event)
        self._rail.setVisible(self.width() >= _RAIL_FROM_WIDTH)
        self._show_progress()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc is the gentle way back: stop waiting, else one step back, else out."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_escape()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the place, stop what runs for this window."""
        self._settings.update(wizard_geometry=bytes(self.saveGeometry().toBase64().data()).decode())
        self._chat.clear()
        self._setup.end()
        super().closeEvent(event)
        self.closed.emit()

    def reject(self) -> None:
        """A dialog's own way out is a close here, so that there is one way only."""
        self.close()

    # --- drawing

    def _show_step(self, step: Step) -> None:
        state = self._setup.state
        self._rail.set_current(STEPS.index(step))
        self._show_progress()
        self.welcome.show_provider(state.provider)
        self.key.set_provider(state.provider, state.address)
        if step is Step.MODEL:
            self.model.pane.choose(state.model)
        elif step is Step.TRY:
            self.trial.set_model(self._model_name())
            if not state.tried:
                self._chat.clear()
                self.trial.reset()
        elif step is Step.DONE:
            self._show_summary()
        self._stack.setCurrentWidget(self._areas[step])
        self._show_buttons()
        self._focus_page()

    def _show_progress(self) -> None:
        step = self._setup.state.step
        shown = not self._rail.isVisibleTo(self)
        self._progress.setText(
            self.tr("Step {number} of {all}").format(number=STEPS.index(step) + 1, all=len(STEPS)) if shown else ""
        )

    def _focus_page(self) -> None:
        target = self._pages[self._setup.state.step].first_focus()
        if target is None or not target.isEnabled():
            target = self._next if self._next.isEnabled() else self._skip
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_key(self, view: KeyView) -> None:
        has_key = self._keys.key(self._setup.state.provider) is not None
        self.key.show_key(view, has_key=has_key)
        if view.phase is KeyPhase.VERIFIED and self._setup.state.step is Step.KEY:
            self._show_buttons()
            self._next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_buttons(self) -> None:
        flow, step = self._setup.flow, self._setup.state.step
        self._next.setEnabled((flow.can_continue and not self._setup.is_busy_with_key) or step is Step.DONE)
        self._next.setText(
            {Step.WELCOME: self.tr("Start"), Step.DONE: self.tr("Open the chat")}.get(step, self.tr("Next"))
        )
        self._skip.setVisible(flow.can_skip)
        self._back.setVisible(flow.can_go_back)
        self._later.setVisible(step is not Step.DONE)
        default = self._next if self._next.isEnabled() else None
        if step is Step.TRY and not self._setup.state.tried:
            default = self.trial.ask_button
        for button in (self._next, self.trial.ask_button):
            button.setDefault(button is default)
        if step is Step.MODEL and self.model.pane.chosen != self._setup.state.model:
            self.model.pane.choose(self._setup.state.model)

    def _show_catalogue(self, catalogue: Catalogue) -> None:
        self.model.pane.show_catalogue(catalogue)
        self.model.pane.choose(self._setup.state.model)

    def _show_summary(self) -> None:
        state, settings = self._setup.state, self._settings.current
        provider = provider_text(state.provider)
        rows = [(self.tr("Provider"), provider.title)]
        if PROVIDERS[state.provider].has_address:
            rows.append((self.tr("Address"), state.address))
        note = ""
        if self._keys.key(state.provider) is not None:
            in_keyring = settings.key_store_of(state.provider) is KeyStore.KEYRING
            rows.append(
                (self.tr("Key"), self.tr("in the system's keyring") if in_keyring else self.tr("for this session only"))
            )
            if state.key_status is KeyStatus.UNVERIFIED:
                note = self.tr("The key is saved, not verified yet. It is checked at the next start.")
        elif PROVIDERS[state.provider].needs_key:
            rows.append((self.tr("Key"), self.tr("not given yet")))
            note = self.tr("Without a key nothing can be asked yet. Add one from the menu “Assistant”.")
        rows.append((self.tr("Model"), self._model_name()))
        model = self._catalogue.current.find(state.model)
        if model is not None and (cost := hourly_cost(model)).kind is CostKind.KNOWN and cost.usd is not None:
            rows.append((self.tr("An hour of talking"), self.tr("about {cost}").format(cost=format_cost(cost.usd))))
        self.done_page.show_summary(rows, note)

    def _model_name(self) -> str:
        model = self._catalogue.current.find(self._setup.state.model)
        return model.name if model is not None else self._setup.state.model

    # --- doing

    def _on_next(self) -> None:
        self.requestLikely.emit()
        self._setup.advance()

    def _on_model_activated(self, model_id: str) -> None:
        self._setup.choose_model(model_id)
        self._on_next()

    def _on_key_action(self, action: str) -> None:
        match action:
            case "cancel":
                self._setup.cancel_wait()
            case "keep":
                self._setup.keep_unverified()
            case "session":
                self._setup.keep_for_session()
            case "store":
                self._setup.advance()
            case "load":
                self._setup.begin(Step.KEY)

    def _back_to_key(self) -> None:
        while self._setup.state.step in (Step.TRY, Step.MODEL):
            self._setup.back()

    def _ask(self, question: str) -> None:
        connection = connection_for(self._settings.current, self._keys, self._setup.state.provider)
        if connection is None:
            return
        settings = self._settings.current
        self._chat.clear()
        self.trial.begin_answer()
        self._chat.send(
            question,
            ChatRequest(
                connection,
                self._setup.state.model,
                settings.system_prompt,
                settings.temperature,
                min(settings.max_tokens, _TRIAL_MAX_TOKENS),
            ),
        )

    def _on_text(self, _index: int, text: str) -> None:
        self.trial.append(text)

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.role is not Role.ASSISTANT:
            return
        self.trial.show_status(message)
        if message.status is AnswerStatus.COMPLETE:
            self._setup.set_tried()
            if self.trial.ask_button.hasFocus():
                self._next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_escape(self) -> None:
        if self._setup.is_busy_with_key and self._setup.key.phase is not KeyPhase.LOADING:
            self._setup.cancel_wait()
        elif self._chat.is_busy:
            self._chat.stop()
        elif self._setup.flow.can_go_back:
            self._setup.back()
        else:
            self.close()

    def changeEvent(self, event: QEvent) -> None:
        """Measure the rail again with another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_rail"):
            self._rail.updateGeometry()
