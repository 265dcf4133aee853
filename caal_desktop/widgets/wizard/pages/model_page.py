"""The third step: the model, with a recommended one already chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.widgets.picker.model_pane import ModelPane
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.widgets.common.command_set import CommandSet


class ModelPage(WizardPage):
    """The picker as a page.

    Args:
        catalogue: the models to choose from.
        settings: favourites and recents.
        commands: those of the wizard.
    """

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        commands: CommandSet[[]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            self.tr("Choose a model"),
            self.tr(
                "One is chosen already, by what the list tells of tools, thinking, competence and price. How soon it "
                "speaks shows when you try it. You can change it at any time."
            ),
            name="wizard.model",
            parent=parent,
        )
        self.pane = ModelPane(catalogue, settings, commands, name="wizard.model.pane", parent=self)
        self.body.addWidget(self.pane, 1)

    def first_focus(self) -> QWidget | None:
        """Return the search field: typing searches, arrows choose, Enter continues."""
        return self.pane.search
