"""The sign-in as a user sees it, on the wizard's key page and on the key card."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, Qt, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPushButton

from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.sign_in_service import SignInPhase, SignInService
from caal_desktop.sign_in.pages import ENGLISH, PageName
from caal_desktop.widgets.keys.key_card import KeyCard
from caal_desktop.widgets.keys.sign_in_panel import SignInPanel, page_texts
from caal_desktop.widgets.wizard.pages.key_page import KeyPage
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts
    from tests.support.sign_in import Browser


@pytest.fixture
def make_panel(make_sign_in: Callable[..., SignInService], qtbot: QtBot) -> Callable[..., SignInPanel]:
    def make(**options: object) -> SignInPanel:
        panel = SignInPanel(make_sign_in(**options), "openrouter", name="panel")
        qtbot.addWidget(panel)
        panel.show()
        return panel

    return make


def button(panel: SignInPanel, name: str) -> QPushButton:
    turn(3)
    found = panel.findChild(QPushButton, f"panel.{name}") or panel.message.button(name)
    assert found is not None, name
    assert found.isVisibleTo(panel), name
    return found


def by_hand(panel: SignInPanel, text: str) -> None:
    line = panel.findChild(QLineEdit, "panel.code")
    assert line is not None
    assert turn(until=lambda: line.isVisibleTo(panel))
    line.setText(text)
    button(panel, "use").click()


def until(panel: SignInPanel, phase: SignInPhase) -> None:
    assert turn(until=lambda: panel._service.view.phase is phase), panel._service.view


def test_a_user_can_paste_the_code_and_gets_a_key(
    make_panel: Callable[..., SignInPanel], browser: Browser, demo: DemoControl
) -> None:
    panel = make_panel()
    keys: list[str] = []
    panel.keyReceived.connect(keys.append)
    button(panel, "begin").click()
    until(panel, SignInPhase.WAITING)
    assert panel.message.title == "Waiting for your browser…"
    assert panel._hint.text() == "Or paste a key:", "the browser is open"
    button(panel, "by_hand").click()
    assert panel.message.title == "Sign in on any device"
    by_hand(panel, "not a code!")
    assert panel._code_error.text() == "This is not a sign-in code."
    button(panel, "copy").click()
    button(panel, "page").click()
    address = QGuiApplication.clipboard().text()
    assert browser.opened[1:] == [address]
    by_hand(panel, demo.allow_and_read_code(address))
    until(panel, SignInPhase.DONE)
    assert keys == [demo.key_for("signed_in")]
    assert not panel.message.isVisibleTo(panel)
    assert panel._hint.text().startswith("Opens your browser")
    assert button(panel, "begin").isEnabled()


@pytest.mark.parametrize("installed", [True, False])
def test_the_keyboard_stays_with_the_sign_in(
    make_panel: Callable[..., SignInPanel], browser: Browser, qtbot: QtBot, installed: bool
) -> None:
    browser.installed = installed
    panel = make_panel()
    after = QLineEdit(panel)
    after.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    begin = button(panel, "begin")
    begin.setFocus()
    qtbot.keyClick(begin, Qt.Key.Key_Space)
    until(panel, SignInPhase.WAITING)
    focused = panel.window().focusWidget()
    assert focused is panel.message or panel.message.isAncestorOf(focused)
    panel.cancel()
    panel.begin()
    after.setFocus()
    until(panel, SignInPhase.WAITING)
    assert after.hasFocus(), "it was not at the button"


def test_the_address_at_which_the_browser_ended_is_taken_too(
    make_panel: Callable[..., SignInPanel], browser: Browser, demo: DemoControl
) -> None:
    panel = make_panel()
    button(panel, "begin").click()
    until(panel, SignInPhase.WAITING)
    button(panel, "by_hand").click()
    by_hand(panel, demo.decide_sign_in(browser.opened[0]))
    until(panel, SignInPhase.DONE)
    button(panel, "begin").click()
    until(panel, SignInPhase.WAITING)
    assert panel.message.title == "Waiting for your browser…", "by hand was wanted once"


def test_without_a_browser_the_address_can_be_copied(
    make_panel: Callable[..., SignInPanel], browser: Browser, demo: DemoControl
) -> None:
    browser.installed = False
    panel = make_panel()
    button(panel, "begin").click()
    until(panel, SignInPhase.WAITING)
    assert panel.message.title == "No web browser could be opened"
    button(panel, "copy").click()
    code = demo.allow_and_read_code(QGuiApplication.clipboard().text())
    button(panel, "cancel").click()
    until(panel, SignInPhase.IDLE)
    assert not panel.message.isVisibleTo(panel)
    assert code


def test_a_busy_port_asks_for_the_code_at_once(
    make_panel: Callable[..., SignInPanel], browser: Browser, demo: DemoControl
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        panel = make_panel(ports=(taken.getsockname()[1],))
        button(panel, "begin").click()
        until(panel, SignInPhase.WAITING)
        by_hand(panel, demo.allow_and_read_code(browser.opened[0]))
        until(panel, SignInPhase.DONE)


def test_every_failure_has_a_way_on(
    make_panel: Callable[..., SignInPanel], browser: Browser, demo: DemoControl
) -> None:
    panel = make_panel(deadline=0.05)
    button(panel, "begin").click()
    until(panel, SignInPhase.FAILED)
    assert panel.message.title == "The browser did not come back"
    panel._service._deadline = 5.0
    button(panel, "again").click()
    until(panel, SignInPhase.WAITING)
    button(panel, "by_hand").click()
    by_hand(panel, "auth_code_of_nobody")
    until(panel, SignInPhase.FAILED)
    assert panel.message.title == "OpenRouter did not accept the code"
    assert "was not copied whole" in panel.message.body
    button(panel, "cancel").click()
    until(panel, SignInPhase.IDLE)
    assert button(panel, "begin").isEnabled()


def test_on_the_key_page_the_key_goes_the_way_of_a_pasted_one(
    parts: Parts, make_sign_in: Callable[..., SignInService], qtbot: QtBot, browser: Browser, demo: DemoControl
) -> None:
    entry = KeyEntry(parts.keys, "openrouter")
    page = KeyPage(entry)
    qtbot.addWidget(page)
    service = make_sign_in()
    page.set_sign_in(service)
    page.show()
    begin = page.findChild(QPushButton, "wizard.key.signin.begin")
    assert begin is not None
    begin.click()
    assert turn(until=lambda: service.view.phase is SignInPhase.WAITING)
    assert service.submit_code(demo.decide_sign_in(browser.opened[0])) == ""
    assert turn(until=lambda: entry.state.is_proven)
    assert entry.candidate == demo.key_for("signed_in")
    page.set_entry(KeyEntry(parts.keys, "groq"))
    assert not begin.isVisibleTo(page)


def test_leaving_the_key_page_stops_waiting(
    parts: Parts, make_sign_in: Callable[..., SignInService], qtbot: QtBot, browser: Browser
) -> None:
    page = KeyPage(KeyEntry(parts.keys, "openrouter"))
    qtbot.addWidget(page)
    service = make_sign_in()
    page.set_sign_in(service)
    begin = page.findChild(QPushButton, "wizard.key.signin.begin")
    assert begin is not None
    begin.click()
    assert turn(until=lambda: service.view.phase is SignInPhase.WAITING)
    page.leave()
    assert service.view.phase is SignInPhase.IDLE


def test_on_the_card_the_key_is_proven_and_kept(
    keyring_session: DesktopSession,
    parts: Parts,
    make_sign_in: Callable[..., SignInService],
    qtbot: QtBot,
    browser: Browser,
    demo: DemoControl,
) -> None:
    parts.settings.update(setup_completed=True)
    service = make_sign_in()
    card = KeyCard("openrouter", parts.keys, sign_in=service)
    qtbot.addWidget(card)
    card.show()
    card.begin_editing()
    begin = card.findChild(QPushButton, "keycard.openrouter.signin.begin")
    assert begin is not None
    begin.click()
    assert turn(until=lambda: service.view.phase is SignInPhase.WAITING)
    service.submit_code(demo.decide_sign_in(browser.opened[0]))
    parts.until(lambda: parts.key() == demo.key_for("signed_in"), "it is in use")
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key_for("signed_in")]


class Shouting(QTranslator):
    """Translates the browser's pages into capitals."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return text.upper() if context == "SignInPage" else text


def test_the_browsers_pages_are_translated_and_say_into_which_language(qapp: QApplication) -> None:
    before, shouting = QLocale(), Shouting()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Austria))
    qapp.installTranslator(shouting)
    try:
        pages = page_texts()
    finally:
        qapp.removeTranslator(shouting)
        QLocale.setDefault(before)
    assert pages.language == "de-AT"
    assert pages.of[PageName.USED] == (
        "THIS SIGN-IN IS ALREADY DONE",
        "YOU CAN CLOSE THIS TAB AND GO BACK TO CAAL DESKTOP.",
    )
    assert page_texts() == ENGLISH
