"""The wizard's window: steps, page, buttons. It shows the setup service's state and tells it what the user does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.setup_flow import STEPS
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.widgets.common import design, geometry
from caal_desktop.widgets.common.browser import offer_account_pages
from caal_desktop.widgets.common.command_set import CommandSet, pressed
from caal_desktop.widgets.common.controls import Rule
from caal_desktop.widgets.keys.caution_line import CautionLine
from caal_desktop.widgets.main.demo_strip import DemoStrip
from caal_desktop.widgets.wizard.footer import WizardFooter
from caal_desktop.widgets.wizard.page_builder import PageStack
from caal_desktop.widgets.wizard.step_indicator import StepIndicator

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent

    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.chat.fallback_offer import Fallback
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.services.setup.setup_service import SetupService
    from caal_desktop.widgets.wizard.pages.done_page import DonePage
    from caal_desktop.widgets.wizard.pages.key_page import KeyPage
    from caal_desktop.widgets.wizard.pages.model_page import ModelPage
    from caal_desktop.widgets.wizard.pages.try_controller import TryController
    from caal_desktop.widgets.wizard.pages.try_page import TryPage
    from caal_desktop.widgets.wizard.pages.welcome_page import WelcomePage

_MIN_WIDTH = 480
_STEPS_FROM_WIDTH = 680


class WizardWindow(QDialog):
    """First-run setup.

    Args:
        commands: the application's; None leaves out what only the application can do.

    Signals:
        closed: the window is closed, whether setup is complete or not.
        requestLikely: the user does something that a request to the provider will follow.
    """

    closed = Signal()
    requestLikely = Signal()

    def __init__(
        self,
        setup: SetupService,
        keys: KeyService,
        catalogue: CatalogueService,
        make_chat: Callable[[], ChatService],
        settings: SettingsService,
        commands: CommandSet[[]] | None = None,
        *,
        demo: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._setup, self._keys, self._catalogue, self._settings = setup, keys, catalogue, settings
        self._make_chat = make_chat
        self._outer_commands = commands
        self.commands: CommandSet[[]] = CommandSet(commands)
        self.commands.bind(CommandId.CHECK_KEY, self._back_to_key)
        self.commands.bind(CommandId.PROVIDER_SETTINGS, self._correct_provider)
        self._try_controller: TryController | None = None
        self._focus_is_pending = False
        self.setObjectName("wizard")
        self.setWindowTitle(self.tr("Set up CAAL"))
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint, True)
        self.setMinimumSize(_MIN_WIDTH, 420)
        self.resize(design.first_size(self, 860, 620))
        self._demo_key: str | None = None
        self._demo_provider = ""
        self._make_sign_in: Callable[[], SignInService] | None = None
        self._build(demo=demo)
        self._connect()

    # --- construction

    def _build(self, *, demo: bool) -> None:
        titles = {
            SetupStep.WELCOME: self.tr("Welcome"),
            SetupStep.KEY: self.tr("Key"),
            SetupStep.MODEL: self.tr("Model"),
            SetupStep.TRY: self.tr("Try it"),
            SetupStep.DONE: self.tr("Done"),
        }
        self._steps = StepIndicator([titles[step] for step in STEPS], self)
        self._pages = PageStack(self._setup, self._catalogue, self._settings, self.commands, self)
        self._footer = WizardFooter(self)
        self._caution = CautionLine(
            self._catalogue, self._settings, self._footer.next, name="wizard.caution", parent=self
        )
        self._caution.setContentsMargins(design.GRID * 4, design.GRID * 3 // 2, design.GRID * 4, 0)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._pages, 1)
        right.addWidget(Rule(self))
        right.addWidget(self._caution)
        right.addWidget(self._footer)
        main = QHBoxLayout()
        main.setSpacing(0)
        main.addWidget(self._steps)
        main.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if demo:
            layout.addWidget(DemoStrip(self))
        layout.addLayout(main, 1)

    def _connect(self) -> None:
        setup = self._setup
        setup.stepChanged.connect(self._show_step)
        setup.keyChanged.connect(self._show_key)
        setup.changed.connect(self._show_buttons)
        setup.finished.connect(self.close)
        self._pages.pageBuilt.connect(self._on_page_built)
        self._catalogue.changed.connect(self._on_catalogue)
        footer = self._footer
        footer.later.clicked.connect(self.close)
        footer.skip.clicked.connect(setup.skip)
        footer.back.clicked.connect(setup.back)
        footer.next.clicked.connect(self._on_next)

    def _on_page_built(self, step: SetupStep) -> None:
        setup, state = self._setup, self._setup.state
        match step:
            case SetupStep.WELCOME:
                self.welcome.providerChosen.connect(setup.choose_provider)
                self.welcome.show_provider(state.provider)
            case SetupStep.KEY:
                page = self.key
                page.addressEdited.connect(setup.set_address)
                page.sendWanted.connect(setup.allow_key)
                page.withholdWanted.connect(setup.withhold_key)
                page.typingBegan.connect(self.requestLikely)
                page.providerWanted.connect(self._on_provider_wanted)
                page.set_demo_key(self._demo_key, self._demo_provider)
                if self._make_sign_in is not None:
                    page.set_sign_in(self._make_sign_in())
                self._show_key(setup.key)
            case SetupStep.MODEL:
                pane = self.model.pane
                pane.modelChosen.connect(setup.choose_model)
                pane.modelActivated.connect(self._on_model_activated)
                pane.touched.connect(setup.keep_model)
                pane.choose(state.model)
            case SetupStep.TRY:
                # Imported with its page: the first one needs no chat.
                from caal_desktop.services.chat.fallback_offer import fallback_for
                from caal_desktop.widgets.wizard.pages.try_controller import TryController

                def find_fallback(message: ChatMessage) -> Fallback | None:
                    return fallback_for(message, self._catalogue.current)

                self._try_controller = TryController(self.trial, self._make_chat(), find_fallback, self)
                self._try_controller.completed.connect(self._on_tried)
                self.trial.asked.connect(self._ask)
                self.trial.defaultsWanted.connect(partial(self._ask, model_defaults=True))
                self.trial.fallbackWanted.connect(self._ask_fallback)
                self.trial.commands.bind(CommandId.CHOOSE_MODEL, setup.back)
            case SetupStep.DONE:
                pass

    # --- the pages, each made when it is first asked for

    @property
    def welcome(self) -> WelcomePage:
        """The first step's page."""
        return self._pages.welcome

    @property
    def key(self) -> KeyPage:
        """The second step's page."""
        return self._pages.key

    @property
    def model(self) -> ModelPage:
        """The third step's page."""
        return self._pages.model

    @property
    def trial(self) -> TryPage:
        """The fourth step's page."""
        return self._pages.trial

    @property
    def done_page(self) -> DonePage:
        """The last step's page."""
        return self._pages.done

    # --- public

    def remember_geometry(self) -> None:
        """Store size and place in the settings; the program may also end without closing this window."""
        self._settings.update(wizard_geometry=geometry.to_text(self.saveGeometry()))

    def build_ahead(self) -> None:
        """Build the later pages while the user reads the first; to be called when that has been painted."""
        self._pages.build_ahead()

    def set_demo_key(self, key: str | None, provider: str) -> None:
        """Offer the demo's key on the key page, for the provider that the demo stands for."""
        self._demo_key, self._demo_provider = key, provider
        if self._pages.is_built(SetupStep.KEY):
            self.key.set_demo_key(key, provider)

    def offer_sign_in(self, make: Callable[[], SignInService]) -> None:
        """Offer signing in on the key page; called before the page is made."""
        self._make_sign_in = make

    def begin(self, at: SetupStep | None = None) -> None:
        """Show the user's current step, or another one."""
        self._footer.set_completed(completed=self._settings.current.setup_completed)
        if place := self._settings.current.wizard_geometry:
            self.restoreGeometry(geometry.from_text(place))
        self._setup.begin(at)
        self._show_key(self._setup.key)

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Give the focus to the page's first control once the window is shown."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._focus_page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the list of steps where it does not fit."""
        super().resizeEvent(event)
        self._fit_steps()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc stop what is being waited for, else go one step back, else close the window."""
        if pressed(event, CommandId.SETUP_BACK):
            self._on_escape()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Store the window's place, and stop what runs for it."""
        self.remember_geometry()
        if self._try_controller is not None:
            self._try_controller.end()
        self._setup.end()
        if self._pages.is_built(SetupStep.KEY):
            self.key.leave()
        # Not QDialog's own: that one rejects the dialog first, which is a close here.
        event.accept()
        self.closed.emit()

    def reject(self) -> None:
        """Close the window, so that there is one way out only."""
        self.close()

    # --- display

    def _show_step(self, step: SetupStep) -> None:
        state = self._setup.state
        offer_account_pages(self.commands, state.provider, self, self._keys.credit)
        self._steps.set_current(STEPS.index(step))
        self._show_progress()
        if self._pages.is_built(SetupStep.WELCOME):
            self.welcome.show_provider(state.provider)
        if self._pages.is_built(SetupStep.KEY) and step is not SetupStep.KEY:
            self.key.leave()
        if step is SetupStep.MODEL:
            self.model.pane.choose(state.model)
        elif step is SetupStep.TRY:
            self.trial.set_model(self._model_name())
            if not state.tried and self._try_controller is not None:
                self._try_controller.reset()
        elif step is SetupStep.DONE:
            from caal_desktop.widgets.wizard.pages.summary import summary

            key, view = self._keys.state(state.provider), self._catalogue.current.view
            self.done_page.show_summary(summary(state, key, view))
        if step is not SetupStep.TRY and self._try_controller is not None and self._try_controller.is_busy:
            # An answer that is not seen any more must not count for a model that is chosen meanwhile.
            self._try_controller.stop()
        self._pages.show_page(step)
        self._show_buttons()
        self._focus_page()

    def _fit_steps(self) -> None:
        beside_it = self.minimumWidth() + self._steps.sizeHint().width()
        self._steps.setVisible(self.width() >= max(_STEPS_FROM_WIDTH, beside_it))
        self._show_progress()

    def _fit_minimum(self) -> None:
        needed = max(_MIN_WIDTH, self._footer.needed_width(design.room(self).width()))
        self._footer.arrange()
        if needed != self.minimumWidth():
            self.setMinimumWidth(needed)
            self._fit_steps()

    def _show_progress(self) -> None:
        if self._footer.show_progress(self._setup.state.step, shown=not self._steps.isVisibleTo(self)):
            self._fit_minimum()

    def _focus_page(self) -> None:
        first = self._pages.page(self._setup.state.step).first_focus()
        usable = [widget for widget in (first, self._footer.next) if widget is not None and widget.isEnabled()]
        # Where the user cannot continue yet, the wizard itself has the focus: with Back focused, the Enter that was
        # meant for Next would lead back.
        self._focus_is_pending = not usable
        (usable[0] if usable else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_if_pending(self) -> None:
        if self._focus_is_pending:
            self._focus_page()

    def _show_key(self, state: KeyState) -> None:
        if not self._pages.is_built(SetupStep.KEY):
            return
        self.key.set_entry(self._setup.entry)
        if state.is_proven and self._setup.state.step is SetupStep.KEY:
            self._show_buttons()
            self._footer.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_buttons(self) -> None:
        step, asks = self._setup.state.step, self._footer.show_state(self._setup)
        if self._pages.is_built(SetupStep.TRY):
            self.trial.ask_button.setDefault(asks)
            self.trial.set_waiting_for_key(self._setup.key.is_awaited)
        if step is SetupStep.MODEL and self.model.pane.chosen != self._setup.state.model:
            self.model.pane.choose(self._setup.state.model)
        # Where a model is asked, or going to be: what would be in vain is told before.
        is_about_model = step in (SetupStep.MODEL, SetupStep.TRY)
        self._caution.show_for(self._setup.state.model if is_about_model else "")
        self._fit_minimum()
        self._focus_if_pending()

    def _on_catalogue(self, _catalogue: Catalogue) -> None:
        if self._setup.state.step is SetupStep.TRY:
            self.trial.set_model(self._model_name())
        if self._pages.is_built(SetupStep.MODEL):
            # The list itself reaches the pane without the wizard.
            self.model.pane.choose(self._setup.state.model)

    def _model_name(self) -> str:
        model = self._catalogue.current.find(self._setup.state.model)
        return model.name if model is not None else self._setup.state.model

    # --- actions

    def _on_next(self) -> None:
        self.requestLikely.emit()
        self._setup.advance()

    def _on_model_activated(self, model_id: str) -> None:
        self._setup.choose_model(model_id)
        if self._caution.text:
            # Read it first: the button is the next press of Enter.
            self._footer.next.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._on_next()

    def _on_provider_wanted(self, provider: str, key: str) -> None:
        self._setup.choose_provider(provider)
        self.key.field.paste(key)

    def _back_to_key(self) -> None:
        while self._setup.state.step in (SetupStep.TRY, SetupStep.MODEL):
            self._setup.back()

    def _correct_provider(self) -> None:
        """Go to the address on the key page, or to the settings where the provider's address is fixed."""
        if descriptor_of(self._setup.state.provider).has_address:
            self._back_to_key()
            self.key.commands.run(CommandId.PROVIDER_SETTINGS)
        elif self._outer_commands is not None:
            self._outer_commands.run(CommandId.PROVIDER_SETTINGS)

    def _ask(self, question: str, *, model_defaults: bool = False) -> None:
        connection = connection_for(self._settings.current, self._keys, self._setup.state.provider)
        if connection is not None and self._try_controller is not None:
            model = self._setup.state.model
            known = self._catalogue.current.find(model)
            self._try_controller.ask(
                question, connection, model, self._settings.current, known, model_defaults=model_defaults
            )

    def _ask_fallback(self, model: str, question: str) -> None:
        self._setup.choose_model(model)
        self.trial.set_model(self._model_name())
        self._ask(question)

    def _on_tried(self) -> None:
        self._setup.set_tried()
        if self.trial.ask_button.hasFocus():
            self._footer.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_escape(self) -> None:
        if self._setup.key.is_being_changed:
            self._setup.entry.cancel()
        elif self._try_controller is not None and self._try_controller.is_busy:
            self._try_controller.stop()
        elif self._setup.flow.can_go_back:
            self._setup.back()
        else:
            self.close()

    def changeEvent(self, event: QEvent) -> None:
        """Measure the list of steps again with another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_steps"):
            self._steps.updateGeometry()
            self._fit_minimum()
