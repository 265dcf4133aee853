"""What the wizard's last step says: the set-up, and what is still missing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTranslator

from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.services.keys.key_state import KeyState
from caal_desktop.setup_flow import SetupState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.wizard.pages.summary import summary

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

KEPT = KeyState("openrouter", KeyStatus.VERIFIED, KeyStore.KEYRING, is_loaded=True)
COMPLETE = SetupState(provider="openrouter", key_status=KeyStatus.VERIFIED, model="vendor/model")


@pytest.mark.usefixtures("qapp")
def test_a_complete_set_up_misses_nothing() -> None:
    assert summary(COMPLETE, KEPT, None) == (
        [("Provider", "OpenRouter"), ("Key", "in the system's keyring"), ("Model", "vendor/model")],
        "",
        "",
    )


@pytest.mark.usefixtures("qapp")
def test_what_is_to_be_expected_of_the_model_is_said() -> None:
    model = ModelInfo("vendor/model", "Model", supported_parameters=frozenset({"tools"}), output_modalities=("text",))
    told = summary(COMPLETE, KEPT, CatalogueView([model], date(2026, 8, 22)))
    assert told.rows[-1] == ("Model", "Model")
    expected = "About 2 seconds of silence, judged by its kind\N{NO-BREAK SPACE}· can call tools. "
    assert told.expectation.startswith(expected)


class Menus(QTranslator):
    """Translates the menu's title alone."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return "H&elfer" if text == "&Assistant" else text


@pytest.mark.parametrize(
    ("state", "key"), [(COMPLETE, KeyState("openrouter")), (SetupState(provider="openrouter"), KEPT)]
)
def test_what_is_missing_is_found_in_the_menu_by_the_name_that_it_has_there(
    qapp: QApplication, state: SetupState, key: KeyState
) -> None:
    assert "the menu “Assistant”" in summary(state, key, None).note
    menus = Menus()
    qapp.installTranslator(menus)
    try:
        note = summary(state, key, None).note
    finally:
        qapp.removeTranslator(menus)
    assert "the menu “Helfer”" in note
