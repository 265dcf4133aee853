"""The program's icons, and what is shown where one is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QIcon, QImage

from caal_desktop import resource_files
from caal_desktop.widgets.common.icons import icon, icon_pixmap

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytestqt.qtbot import QtBot


def is_empty(image: QImage) -> bool:
    return all(image.pixelColor(x, y).alpha() == 0 for x in range(image.width()) for y in range(image.height()))


def test_an_icon_that_is_missing_leaves_a_gap_and_is_told_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resource_files, "_missing", set())
    assert not is_empty(icon_pixmap("info", QColor("red"), 16).toImage())
    assert resource_files.incomplete_installation() is None
    expected_logs("An icon is missing: .*no-such-icon.svg")
    assert isinstance(icon("no-such-icon", QColor("red")), QIcon)
    assert is_empty(icon_pixmap("no-such-icon", QColor("red"), 16).toImage())
    assert len(caplog.records) == 1
    found = resource_files.incomplete_installation()
    assert found is not None
    assert str(resource_files.resource_root()) in found.describe().why
