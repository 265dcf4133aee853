"""The third step: the model, with a recommended one already chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import predicted_silence
from caal_desktop.catalogue.fitness.evidence import Evidence
from caal_desktop.widgets.picker.model_pane import ModelPane
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
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
            self.tr("You can change it at any time."),
            name="wizard.model",
            parent=parent,
        )
        self.pane = ModelPane(catalogue, settings, commands, name="wizard.model.pane", parent=self)
        self.body.addWidget(self.pane, 1)
        catalogue.changed.connect(self._on_catalogue)
        self._on_catalogue(catalogue.current)

    def _on_catalogue(self, catalogue: Catalogue) -> None:
        """Say what the recommendation rests on, which changes when hosts have told."""
        view = catalogue.view
        silence = None
        if view is not None and view.recommended is not None:
            silence = predicted_silence(view.recommended, view.figures)
        if silence is None:
            text = self.tr("You can change it at any time.")
        elif silence.evidence is Evidence.KIND:
            text = self.tr(
                "One is chosen already, by what the list tells of tools, thinking, competence and price. How soon it "
                "speaks shows when you try it. You can change it at any time."
            )
        else:
            text = self.tr(
                "One is recommended, by how soon models speak, how well they act with tools, and what they cost. You "
                "can choose another one at any time."
            )
        self.intro.setText(text)

    def first_focus(self) -> QWidget | None:
        """Return the search field: typing searches, arrows choose, Enter continues."""
        return self.pane.search
