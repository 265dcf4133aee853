"""The notice that the model in use is no longer listed, with the nearest one to take instead."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.services.catalogue.vanished_model import Vanished, VanishedModelWatch
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title

if TYPE_CHECKING:
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService


class VanishedNotice(QWidget):
    """A message that is shown only while the model in use is not listed.

    Signals:
        pickRequested: the user wants to choose another model.
    """

    pickRequested = Signal()

    def __init__(self, catalogue: CatalogueService, settings: SettingsService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main.vanished")
        self._catalogue, self._settings = catalogue, settings
        self._watch = VanishedModelWatch(catalogue, settings, self)
        self._watch.changed.connect(self._show)
        # Of the nearest model, more may be known by now.
        catalogue.changed.connect(self._show_again)
        self._dismissed_id = ""
        self.message = MessagePanel(name="main.vanished.message", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, 0, design.GRID * 2, design.GRID)
        layout.addWidget(self.message)
        self.hide()

    def _show(self, vanished: Vanished | None) -> None:
        if vanished is None or vanished.model_id == self._dismissed_id:
            # The message first, which knows where the focus goes.
            self.message.hide()
            self.hide()
            return
        provider = provider_title(self._settings.current.provider)
        title = self.tr("“{model}” is no longer in {provider}'s list").format(
            model=vanished.model_id, provider=provider
        )
        actions = [
            MessageAction("pick", self.tr("Choose another model…"), self.pickRequested.emit),
            MessageAction("keep", self.tr("Keep it"), partial(self._dismiss, vanished.model_id)),
        ]
        if vanished.replacement is None:
            body = self.tr("It may have been withdrawn or renamed. Messages to it may fail.")
        else:
            name = vanished.replacement.name
            body = self.tr(
                "It may have been withdrawn or renamed. Messages to it may fail. The nearest that is listed is {model}."
            ).format(model=name)
            if (view := self._catalogue.current.view) is not None:
                body += "\n" + explanation_line(view.explain(vanished.replacement))
            use = partial(self._settings.use_model, vanished.replacement.id)
            actions.insert(0, MessageAction("replace", self.tr("Use {model}").format(model=name), use))
        self.message.show_message(MessageKind.WARNING, title, body, actions)
        self.show()

    def _show_again(self) -> None:
        if self._watch.vanished is not None:
            self._show(self._watch.vanished)

    def _dismiss(self, model_id: str) -> None:
        self._dismissed_id = model_id
        self.message.hide()
        self.hide()
