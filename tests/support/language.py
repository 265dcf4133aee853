"""The Qt application of the tests speaks the program's language: English, with its plurals, dates and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.app.languages import install_language

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """Return pytest-qt's application, as :mod:`caal_desktop.program` sets it up."""
    install_language(qapp)
    return qapp
