"""The documentation of the settings."""

from __future__ import annotations

from pathlib import Path

from caal_desktop.storage.settings.reference import reference
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == reference()


def test_every_setting_of_the_dialog_is_in_it() -> None:
    text = reference()
    for key, spec in SPECS.items():
        assert (f"### `{key}`" in text) == (spec.group is not Group.INTERNAL)
