"""The key field and keys that belong to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton

from caal_desktop.widgets.keys.key_field import KeyField
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.support.qt_loop import LoopHarness

GROQ = "gsk_" + "aB1c" * 13
ANTHROPIC = "sk-ant-api03-" + "aB1c" * 23 + "AA"


@pytest.fixture
def field(qtbot: QtBot, qt_loop: LoopHarness) -> KeyField:
    field = KeyField(name="field")
    field.set_expected("openrouter", "")
    qtbot.addWidget(field)
    field.show()
    return field


@pytest.mark.parametrize("key", [GROQ, ANTHROPIC])
def test_another_services_key_is_never_handed_on(field: KeyField, qtbot: QtBot, key: str) -> None:
    sent: list[str] = []
    field.submitted.connect(sent.append)
    field.completed.connect(sent.append)
    field.take(f"export KEY={key}")
    line = field.findChild(QLineEdit, "field.edit")
    assert line is not None
    qtbot.keyClick(line, Qt.Key.Key_Return)
    turn(20)
    assert sent == []
    assert field.key is None
    assert field.note


def test_the_provider_that_it_belongs_to_is_offered(field: KeyField) -> None:
    field.offer_other_provider()
    wanted: list[tuple[str, str]] = []
    field.otherProviderWanted.connect(lambda provider, key: wanted.append((provider, key)))
    button = field.findChild(QPushButton, "field.other")
    assert button is not None
    field.take(GROQ)
    turn(3)
    assert button.isVisibleTo(field)
    assert button.text() == "Use Groq with this key"
    button.click()
    assert wanted == [("groq", GROQ)]
    field.take(ANTHROPIC)
    assert not button.isVisibleTo(field), "there is no such provider here"
    field.take("sk-or-v1-" + "0a" * 32)
    assert not button.isVisibleTo(field)
