"""The Qt application of the tests speaks the program's language: English, with its plurals, dates and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale

from caal_desktop.app.languages import install_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """Return pytest-qt's application, as :mod:`caal_desktop.program` sets it up."""
    install_language(qapp)
    return qapp


@pytest.fixture
def set_locale(qapp: QApplication) -> Iterator[Callable[[str], None]]:
    """Return a function that takes a region's name (``de_DE``) and has its numbers, dates and lists from then on."""
    before = QLocale()
    yield lambda name: QLocale.setDefault(QLocale(name))
    QLocale.setDefault(before)
