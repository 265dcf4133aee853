"""The wizard's pages, each built when it is first needed: the first window waits for its own page alone.

A page takes some ten milliseconds to import and to build. :func:`import_ahead`, in a thread, and then
:meth:`PageStack.build_ahead` make the later ones while the user reads the first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from caal_desktop.services.providers.background_import import background_import
from caal_desktop.setup_flow import STEPS
from caal_desktop.storage.settings.choices import SetupStep

if TYPE_CHECKING:
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.services.setup.setup_service import SetupService
    from caal_desktop.widgets.common.command_set import CommandSet
    from caal_desktop.widgets.wizard.pages.done_page import DonePage
    from caal_desktop.widgets.wizard.pages.key_page import KeyPage
    from caal_desktop.widgets.wizard.pages.model_page import ModelPage
    from caal_desktop.widgets.wizard.pages.page import WizardPage
    from caal_desktop.widgets.wizard.pages.try_page import TryPage
    from caal_desktop.widgets.wizard.pages.welcome_page import WelcomePage

BUILD_AHEAD_MS = 20
"""Milliseconds between two steps of building ahead: the window stays smooth meanwhile."""


_WITHOUT_QT = (
    "caal_desktop.key_doctor",
    "caal_desktop.catalogue.view",
    "caal_desktop.catalogue.listing",
    "caal_desktop.llm.events",
    "caal_desktop.storage.caches.order_cache",
)
"""What the pages need and may be imported in a thread."""

_WITH_QT = (
    "caal_desktop.widgets.keys.key_field",
    "caal_desktop.widgets.wizard.pages.key_page",
    "caal_desktop.widgets.picker.list.delegate",
    "caal_desktop.widgets.picker.details.model_details",
    "caal_desktop.widgets.picker.details.compare",
    "caal_desktop.widgets.wizard.pages.model_page",
    "caal_desktop.widgets.wizard.pages.try_page",
    "caal_desktop.widgets.wizard.pages.try_controller",
    "caal_desktop.widgets.wizard.pages.done_page",
    "caal_desktop.widgets.wizard.pages.summary",
)
"""What is imported on the GUI thread, in slices: PySide makes Qt's classes when they are first touched, and two threads
that do so at the same time can crash the process."""


class PageStack(QStackedWidget):
    """Holds the pages, in scroll areas.

    Args:
        setup: the wizard's service, whose key the key page takes.
        catalogue: the models that the model page offers.
        settings: the user's.
        commands: of the wizard.

    Signals:
        pageBuilt: carries the :class:`SetupStep` whose page has just been built; the window connects and fills it.
    """

    pageBuilt = Signal(object)

    def __init__(
        self,
        setup: SetupService,
        catalogue: CatalogueService,
        settings: SettingsService,
        commands: CommandSet[[]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setObjectName("wizard.pages")
        self._setup, self._catalogue, self._settings = setup, catalogue, settings
        self._pages: dict[SetupStep, WizardPage] = {}
        self._areas: dict[SetupStep, QScrollArea] = {}
        self._classes_are_loaded = False
        self._build_timer = QTimer(self, interval=BUILD_AHEAD_MS)
        self._build_timer.timeout.connect(self._build_next)

    def is_built(self, step: SetupStep) -> bool:
        """Return whether the step's page has been built."""
        return step in self._pages

    def page(self, step: SetupStep) -> WizardPage:
        """Return the step's page; build it where that has not been done."""
        if step not in self._pages:
            self._build(step)
        return self._pages[step]

    @property
    def welcome(self) -> WelcomePage:
        """The first step's page."""
        return cast("WelcomePage", self.page(SetupStep.WELCOME))

    @property
    def key(self) -> KeyPage:
        """The second step's page."""
        return cast("KeyPage", self.page(SetupStep.KEY))

    @property
    def model(self) -> ModelPage:
        """The third step's page."""
        return cast("ModelPage", self.page(SetupStep.MODEL))

    @property
    def trial(self) -> TryPage:
        """The fourth step's page."""
        return cast("TryPage", self.page(SetupStep.TRY))

    @property
    def done(self) -> DonePage:
        """The last step's page."""
        return cast("DonePage", self.page(SetupStep.DONE))

    def show_page(self, step: SetupStep) -> None:
        """Bring a page to the front."""
        self.page(step)
        self.setCurrentWidget(self._areas[step])

    def build_ahead(self) -> None:
        """Build the missing pages one after the other, with time for the window between them."""
        self._build_timer.start()

    def _build_next(self) -> None:
        if not self._classes_are_loaded:
            # Where Qt returns a widget that Python has not seen, PySide loads all widget classes, once. Here, and not
            # in the middle of a page.
            self._classes_are_loaded = True
            for area in self._areas.values():
                area.viewport()
            return
        if (module := next((name for name in _WITH_QT if name not in sys.modules), None)) is not None:
            import_module(module)
            return
        missing = next((step for step in STEPS if step not in self._pages), None)
        if missing is None:
            self._build_timer.stop()
        else:
            self._build(missing)

    def _build(self, step: SetupStep) -> None:
        page = self._make(step)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        # Scrolled by keyboard through its controls, which it keeps in view.
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        self._pages[step], self._areas[step] = page, area
        self.addWidget(area)
        self.pageBuilt.emit(step)

    def _make(self, step: SetupStep) -> WizardPage:
        # Imported here, or the first window would wait for every page's modules (the picker's search, the key doctor).
        match step:
            case SetupStep.WELCOME:
                from caal_desktop.widgets.wizard.pages.welcome_page import WelcomePage

                return WelcomePage(self)
            case SetupStep.KEY:
                from caal_desktop.widgets.wizard.pages.key_page import KeyPage

                return KeyPage(self._setup.entry, self._commands, parent=self)
            case SetupStep.MODEL:
                from caal_desktop.widgets.wizard.pages.model_page import ModelPage

                return ModelPage(self._catalogue, self._settings, self._commands, self)
            case SetupStep.TRY:
                from caal_desktop.widgets.wizard.pages.try_page import TryPage

                return TryPage(self._commands, self)
            case SetupStep.DONE:
                from caal_desktop.widgets.wizard.pages.done_page import DonePage

                return DonePage(self)


def import_ahead() -> None:
    """Import what the pages need and is free of Qt; may run in a thread."""
    with background_import():
        for name in _WITHOUT_QT:
            import_module(name)
