"""What the picker says of a key that cannot pay for every model, and what it offers instead."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from caal_desktop.catalogue.filters import FilterName
from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.commands import CommandId, Need
from caal_desktop.llm.models.key_info import FreeRequests, Funds, KeyInfo
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.widgets.common.message_panel import MessageKind
from caal_desktop.widgets.picker.dialog import PickerDialog
from tests.support.commands import recording
from tests.support.picker_states import NO_CREDIT, SPENT, catalogue
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from caal_desktop.llm.models.info import ModelInfo
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

BOUGHT = replace(NO_CREDIT, is_free_tier=False)


class Picker:
    """The dialog on the offscreen platform, for a key of which something is known."""

    def __init__(self, parts: Parts, qtbot: QtBot) -> None:
        self.parts, self.qtbot = parts, qtbot
        self.given: list[CommandId] = []
        self.picked: list[str] = []
        parts.show_catalogue(catalogue())

    def open(self, key: KeyInfo, chosen: str = "") -> Picker:
        self.tell(key)
        commands = recording(self.given)
        for command, need in ((CommandId.ADD_CREDIT, Need.CREDITS_PAGE), (CommandId.RAISE_LIMIT, Need.KEYS_PAGE)):
            commands.bind(command, partial(self.given.append, command))
            commands.set_available(need, True)
        self.dialog = PickerDialog(self.parts.catalogue, self.parts.settings, chosen, commands)
        self.qtbot.addWidget(self.dialog)
        self.dialog.modelPicked.connect(self.picked.append)
        self.dialog.resize(1040, 680)
        self.dialog.show()
        self.dialog.activateWindow()
        self.qtbot.waitUntil(self.dialog.isActiveWindow)
        turn(3)
        return self

    def tell(self, key: KeyInfo) -> None:
        self.parts.tell_of_key(key)
        self.parts.until(lambda: self.view.funds is key.funds, "the judgement")
        turn(2)

    @property
    def view(self):  # type: ignore[no-untyped-def]
        view = self.parts.catalogue.current.view
        assert view is not None
        return view

    def model(self, *, free: bool) -> ModelInfo:
        found: ModelInfo = next(
            model
            for model in self.view.models
            if is_free(model) is free
            and (free or model.pricing.prompt)
            and "tools" in (model.supported_parameters or ())
        )
        return found

    def press(self, name: str) -> None:
        button = self.dialog.pane.message.button(name)
        assert button is not None, name
        button.click()
        turn(2)

    def buttons(self) -> list[str]:
        """Return the texts of the message's buttons."""
        panel = self.dialog.pane.message
        return [button.text() for button in panel.findChildren(QPushButton) if button.objectName()]


@pytest.fixture
def picker(parts: Parts, qtbot: QtBot) -> Picker:
    return Picker(parts, qtbot)


def test_nothing_is_said_of_a_key_until_the_models_are_judged_by_it(picker: Picker) -> None:
    picker.open(BOUGHT)
    message = picker.dialog.pane.message
    picker.parts.tell_of_key(NO_CREDIT)
    assert picker.view.funds is Funds.BOUGHT
    assert message.isHidden(), "not yet: which free model there is would be said wrongly"
    picker.parts.until(lambda: picker.view.funds is Funds.NONE_BOUGHT, "the judgement")
    assert not message.isHidden()


def test_without_credit_free_models_are_offered(picker: Picker) -> None:
    paid = picker.model(free=False)
    picker.open(NO_CREDIT, paid.id)
    message, best = picker.dialog.pane.message, picker.view.recommended
    assert is_free(best)
    assert message.kind is MessageKind.INFO
    assert "50 requests" in message.body
    assert "38" in message.body
    assert picker.buttons() == [f"Choose {best.name}", "Show free models", "Add credit"]
    picker.press("free")
    assert picker.dialog.pane.chosen == best.id
    assert picker.buttons() == ["Show free models", "Add credit"]
    picker.press("filter")
    assert FilterName.FREE in picker.dialog.pane.browser.request.filters.active
    assert picker.buttons() == ["Add credit"]
    picker.press("credit")
    assert picker.given == [CommandId.ADD_CREDIT]


def test_a_key_that_can_pay_or_tells_nothing_hears_nothing(picker: Picker) -> None:
    picker.open(BOUGHT)
    assert not picker.dialog.pane.message.isVisible()
    picker.tell(KeyInfo())
    assert not picker.dialog.pane.message.isVisible()
    picker.tell(NO_CREDIT)
    assert picker.dialog.pane.message.isVisible()


def test_a_used_up_limit_tells_the_day(picker: Picker) -> None:
    picker.open(SPENT)
    message = picker.dialog.pane.message
    assert message.kind is MessageKind.WARNING
    assert "starts anew on" in message.body
    assert picker.buttons() == ["Raise the key's limit"]
    picker.press("limit")
    assert picker.given == [CommandId.RAISE_LIMIT]


def test_what_would_be_refused_is_told_beside_the_button(picker: Picker) -> None:
    paid, free = picker.model(free=False), picker.model(free=True)
    dialog = picker.open(NO_CREDIT, paid.id).dialog
    use = dialog.findChild(QPushButton, "picker.use")
    assert isinstance(use, QPushButton)
    assert dialog.caution.isVisible()
    assert dialog.caution.text == f"{paid.name} needs credit, and will refuse to answer without."
    assert use.accessibleDescription() == dialog.caution.text
    assert use.isEnabled(), "the choice is the user's"
    picker.press("free")
    assert not dialog.caution.isVisible()
    assert use.accessibleDescription() == ""
    picker.tell(replace(NO_CREDIT, free_requests=FreeRequests(50, 50, 0)))
    assert "used up" in dialog.caution.text
    picker.tell(NO_CREDIT)
    assert not dialog.caution.text
    picker.parts.settings.update(zero_data_retention=True)
    assert "privacy settings" in dialog.caution.text
    assert "privacy settings" in dialog.pane.message.title
    assert picker.buttons()[:2] == ["Add credit", "Privacy settings"]
    picker.parts.settings.update(zero_data_retention=False)
    assert free
    assert not dialog.caution.text


def test_enter_on_the_list_stops_at_what_would_be_refused(picker: Picker) -> None:
    paid = picker.model(free=False)
    dialog = picker.open(NO_CREDIT).dialog
    dialog.pane.search.setText(paid.id)
    turn(3)
    assert dialog.pane.chosen == paid.id
    picker.qtbot.keyClick(dialog.pane.search, Qt.Key.Key_Return)
    assert picker.picked == []
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.objectName() == "picker.use"
    picker.qtbot.keyClick(focus, Qt.Key.Key_Return)
    assert picker.picked == [paid.id]
    dialog.show()
    free = picker.model(free=True)
    dialog.pane.search.setText(free.id)
    turn(3)
    picker.qtbot.keyClick(dialog.pane.search, Qt.Key.Key_Return)
    assert picker.picked == [paid.id, free.id], "what answers is taken at once"


def test_credit_that_has_come_is_said_once(picker: Picker) -> None:
    dialog = picker.open(NO_CREDIT).dialog
    free = picker.view.recommended.id
    dialog.pane.choose(free)
    picker.tell(BOUGHT)
    message, best = dialog.pane.message, picker.view.recommended
    assert message.kind is MessageKind.SUCCESS
    assert dialog.pane.chosen == free, "what is chosen stays"
    assert picker.buttons() == [f"Choose {best.name}", "OK"]
    picker.press("dismiss")
    assert not message.isVisible()
    picker.tell(replace(BOUGHT, usage=1.0))
    assert not message.isVisible()


def test_another_key_is_no_credit_that_has_come(picker: Picker, demo: DemoControl) -> None:
    picker.parts.open_catalogue()
    dialog = picker.open(NO_CREDIT).dialog
    assert dialog.pane.message.isVisible()
    # It tells nothing, as long as it was not proven.
    picker.parts.catalogue.open(Connection("openrouter", demo.key))
    picker.parts.until(lambda: picker.view.funds is Funds.UNKNOWN, "another key")
    picker.parts.tell_of_key(BOUGHT)
    picker.parts.catalogue.open(Connection("openrouter"))
    picker.parts.until(lambda: picker.view.funds is Funds.BOUGHT, "a key that can pay")
    turn(2)
    assert not dialog.pane.message.isVisible()


def test_the_chosen_row_stays_in_sight_when_the_message_comes(picker: Picker) -> None:
    dialog = picker.open(BOUGHT).dialog
    rows = dialog.pane.list
    dialog.pane.choose(picker.view.models[-1].id)
    rows.scrollTo(rows.currentIndex(), rows.ScrollHint.PositionAtBottom)
    turn(2)
    seen = rows.viewport().rect()
    assert seen.contains(rows.visualRect(rows.currentIndex()))
    picker.tell(NO_CREDIT)
    turn(3)
    assert rows.viewport().rect().height() < seen.height()
    assert rows.viewport().rect().contains(rows.visualRect(rows.currentIndex()))


def test_large_text_fits(picker: Picker, text_scale: Callable[[float], None], long_words: Callable[[], None]) -> None:
    from tests.support.widget_audit import cut_texts

    text_scale(1.5)
    long_words()
    dialog = picker.open(NO_CREDIT, picker.model(free=False).id).dialog
    for width, height in ((1040, 680), (640, 480)):
        dialog.resize(width, height)
        turn(3)
        assert cut_texts(dialog) == []


def test_tab_leads_from_the_message_to_the_list_as_the_eye_does(picker: Picker) -> None:
    picker.open(NO_CREDIT)
    pane = picker.dialog.pane
    pane.filters.price.setFocus()
    names = []
    for _ in range(4):
        focused = QApplication.focusWidget()
        assert focused is not None
        picker.qtbot.keyClick(focused, Qt.Key.Key_Tab)
        after = QApplication.focusWidget()
        assert after is not None
        names.append(after.objectName().rpartition(".")[2])
    assert names == ["free", "filter", "credit", "list"]
