"""A secret never follows a changed address unasked, whichever way the address changes.

Every way is driven with two servers that listen. First the secret arrives at its own address, so that silence proves
something; then the address changes, everything that sends requests is made to send some, and the secret arrives
nowhere; then the user agrees, and it arrives.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.providers.connections import PROXY, catalogue_connection, connection_for
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from caal_desktop.storage.settings.transfer import export_settings
from caal_desktop.widgets.common.message_panel import MessagePanel
from caal_desktop.widgets.settings.secrets_question import SecretsQuestion
from caal_desktop.widgets.wizard.window import WizardWindow
from tests.support.key_stages import Stage
from tests.support.listeners import MODEL, Listener, listening
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

W = TypeVar("W", bound=QWidget)

KEY = "local-secret-1"
REAL_KEY = "sk-or-v1-" + "5a" * 32
PASSWORD = "pa:ss word"
OWN = "openai_compatible"
BEHIND_THE_PROXY = "http://llm.example.internal/v1"
"""Reached by a proxy alone, which answers in its place."""


@pytest.fixture
def here() -> Iterator[Listener]:
    """Start the server that the secret was given to."""
    with listening() as listener:
        yield listener


@pytest.fixture
def there() -> Iterator[Listener]:
    """Start the server at the changed address."""
    with listening() as listener:
        yield listener


def send_everything(parts: Parts) -> None:
    """Have everything that talks to a provider do so: check, list, hosts, chat, comparison, trial."""
    parts.keys.begin()
    turn(3)
    parts.until(lambda: not parts.state(parts.settings.current.provider).is_awaited, "the keyring has answered")
    settings = parts.settings.current
    run_async(parts.keys.refresh(settings.provider))
    parts.catalogue.leave(settings.provider)
    parts.catalogue.open_for(settings.provider, catalogue_connection(settings, parts.keys))
    turn(3)
    loading = (CatalogueState.LOADING, CatalogueState.REFRESHING)
    parts.until(lambda: parts.catalogue.current.state not in loading, "the list has come, or not")
    parts.catalogue.refresh()
    turn(3)
    parts.until(lambda: parts.catalogue.current.state not in loading, "the list has come once more, or not")
    connection = connection_for(settings, parts.keys)
    if connection is None:
        return
    for _ in range(2):  # a chat, and another one beside it as a comparison or a trial has
        chat = ChatService(parts.pool)
        chat.send("Hello", chat_request(settings, connection))
        parts.until(lambda chat=chat: not chat.is_busy, "the answer has ended")
        run_async(chat.close())


def use_own_server(parts: Parts, here: Listener, provider: str = OWN, store: KeyStore = KeyStore.SESSION) -> None:
    """Finish a setup with a key for the user's own server; the key arrives there."""
    changes = {f"{provider}_base_url": here.url, f"{provider}_model": MODEL}
    parts.settings.update(setup_completed=True, provider=provider, max_retries=0, **changes)
    parts.keep_key(KEY, store, provider)
    send_everything(parts)
    assert any(request.startswith("POST") for request in here.requests)
    assert here.has_seen(KEY)


def use_proxy(parts: Parts, here: Listener) -> None:
    """Do the same behind a proxy that asks for a password; both secrets arrive."""
    parts.settings.update(
        setup_completed=True,
        provider=OWN,
        openai_compatible_base_url=BEHIND_THE_PROXY,
        openai_compatible_model=MODEL,
        proxy_mode="manual",
        proxy_url=here.origin,
        proxy_user="ann",
        max_retries=0,
    )
    parts.keep_key(PASSWORD, KeyStore.SESSION, PROXY)
    parts.keep_key(KEY, KeyStore.SESSION, OWN)
    send_everything(parts)
    assert here.has_seen(f"ann:{PASSWORD}")
    assert here.has_seen(KEY)


def child(window: QWidget, kind: type[W], name: str) -> W:
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def question_of(dialog: SettingsDialog) -> SecretsQuestion:
    return child(dialog, SecretsQuestion, "settings.secrets.confirm")


# --- the wizard -------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_wizard(qtbot: QtBot) -> Iterator[Callable[[Parts], WizardWindow]]:
    chats: list[ChatService] = []
    made: list[WizardWindow] = []

    def make(parts: Parts) -> WizardWindow:
        def make_chat() -> ChatService:
            chats.append(ChatService(parts.pool))
            return chats[-1]

        window = WizardWindow(parts.setup, parts.keys, parts.catalogue, make_chat, parts.settings)
        qtbot.addWidget(window)
        window.begin(SetupStep.KEY)
        window.show()
        turn(3)
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()
    for chat in chats:
        run_async(chat.close())


def give_address(window: WizardWindow, qtbot: QtBot, address: str) -> None:
    line = child(window, QLineEdit, "wizard.key.address")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, address)


def check_connection(parts: Parts, window: WizardWindow) -> None:
    child(window, QPushButton, "wizard.key.check").click()
    parts.until(lambda: not parts.setup.key.is_busy, "the check has ended")
    turn(3)


@pytest.mark.parametrize("other", ["port", "host"])
def test_1_another_address_in_the_wizard(
    parts: Parts, open_wizard: Callable[..., WizardWindow], here: Listener, there: Listener, qtbot: QtBot, other: str
) -> None:
    use_own_server(parts, here)
    if other == "host":
        # The same port of this machine by another name is another host.
        here.forget()
        there = here
    address = there.url if other == "port" else here.url.replace("127.0.0.1", "localhost")
    window = open_wizard(parts)
    give_address(window, qtbot, address)
    panel = child(window, MessagePanel, "wizard.key.message")
    assert not panel.isVisibleTo(window), "there is no question at each letter"
    for _ in range(2):
        check_connection(parts, window)
        assert panel.button("send") is not None
        assert here.origin in panel.title
        assert address.removesuffix("/api/v1") in panel.title
        assert not child(window, QPushButton, "wizard.next").isEnabled()
        # What is entered is remembered with every step; the question stays.
        child(window, QPushButton, "wizard.back").click()
        child(window, QPushButton, "wizard.next").click()
        turn(3)
    send_everything(parts)
    assert not there.has_seen(KEY)
    check_connection(parts, window)
    send = panel.button("send")
    assert send is not None
    send.click()
    parts.until_stage(Stage.VERIFIED)
    assert there.has_seen(KEY)
    row = parts.settings.current.of(OWN)
    assert (row.base_url, row.key_status) == (address, KeyStatus.VERIFIED)


def test_1_the_key_can_be_kept_back_in_the_wizard(
    parts: Parts, open_wizard: Callable[..., WizardWindow], here: Listener, there: Listener, qtbot: QtBot
) -> None:
    use_own_server(parts, here)
    window = open_wizard(parts)
    give_address(window, qtbot, there.url)
    check_connection(parts, window)
    withhold = child(window, MessagePanel, "wizard.key.message").button("withhold")
    assert withhold is not None
    withhold.click()
    parts.until_stage(Stage.VERIFIED)
    assert there.requests, "a server that needs no key is asked without it"
    child(window, QPushButton, "wizard.next").click()
    assert parts.setup.state.step is SetupStep.MODEL
    window.close()
    send_everything(parts)
    assert any(request.startswith("POST") for request in there.requests)
    assert not there.has_seen(KEY)
    assert parts.settings.current.of(OWN).key_origin == here.origin, "it stays kept for the address it was given to"


def test_1_the_keyboard_does_not_fall_out_of_the_question(
    parts: Parts, open_wizard: Callable[..., WizardWindow], here: Listener, there: Listener, qtbot: QtBot
) -> None:
    """Next to the question's buttons is the one that closes the wizard."""
    use_own_server(parts, here)
    window = open_wizard(parts)
    give_address(window, qtbot, there.url)
    check_connection(parts, window)
    withhold = child(window, MessagePanel, "wizard.key.message").button("withhold")
    assert withhold is not None
    withhold.setFocus()
    withhold.click()
    focused = window.focusWidget()
    assert focused is not None
    assert focused.objectName() == "wizard.key.field.edit"
    parts.until_stage(Stage.VERIFIED)


def test_2_the_list_of_models_of_another_address_in_the_wizard(
    parts: Parts, open_wizard: Callable[..., WizardWindow], here: Listener, there: Listener, qtbot: QtBot
) -> None:
    use_own_server(parts, here)
    window = open_wizard(parts)
    give_address(window, qtbot, there.url)
    child(window, QPushButton, "wizard.back").click()
    window.close()
    parts.setup.begin(SetupStep.MODEL)
    turn(10)
    parts.setup.begin(SetupStep.KEY)
    parts.setup.entry.submit("another-key")
    parts.until_stage(Stage.VERIFIED)
    parts.until(lambda: parts.catalogue.current.models, "the list, fetched with the key that was given for it")
    assert there.has_seen("another-key")
    assert not there.has_seen(KEY)
    parts.setup.end()


# --- the settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai_compatible", "ollama"])
def test_3_and_4_another_address_in_the_settings(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener, provider: str
) -> None:
    use_own_server(parts, here, provider)
    dialog = open_settings(parts)
    dialog.draft.set(f"{provider}_base_url", there.url)
    # Not in force yet: the picker of models looks at it already.
    parts.catalogue.open_for(
        provider, catalogue_connection(dialog.draft.applied_to(parts.settings.current), parts.keys)
    )
    dialog.accept()
    question = question_of(dialog)
    assert here.origin in question.text
    assert there.origin in question.text
    assert question.keep.isDefault(), "the safe one"
    assert "secrets" not in question.accessibleName(), "there is one"
    question.cancel.click()
    assert dialog.isVisible()
    assert parts.settings.current.of(provider).base_url == here.url, "nothing is in force"
    send_everything(parts)
    assert there.requests == []
    dialog.accept()
    question_of(dialog).send.click()
    assert not dialog.isVisible()
    send_everything(parts)
    assert there.has_seen(KEY)


@pytest.mark.usefixtures("keyring_session")
def test_3_a_password_that_nobody_gave_is_not_asked_about(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener
) -> None:
    parts.keys.begin()
    parts.settings.update(proxy_mode="manual", proxy_url=here.origin, proxy_user="ann")
    parts.until(lambda: not parts.keys.state(PROXY).is_kept, "the keyring has been asked")
    dialog = open_settings(parts)
    dialog.draft.set("proxy_url", there.origin)
    dialog.accept()
    assert dialog.findChild(SecretsQuestion) is None, "there is nothing to send"
    assert not dialog.isVisible()
    assert parts.settings.current.proxy_url == there.origin


def test_3_kept_back_the_settings_change_and_the_key_stays(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener
) -> None:
    use_own_server(parts, here)
    dialog = open_settings(parts)
    dialog.draft.set("openai_compatible_base_url", there.url)
    dialog.accept()
    question_of(dialog).keep.click()
    assert not dialog.isVisible()
    assert parts.settings.current.of().base_url == there.url
    send_everything(parts)
    assert there.requests
    assert not there.has_seen(KEY)
    parts.settings.update(openai_compatible_base_url=here.url)
    here.forget()
    send_everything(parts)
    assert here.has_seen(KEY), "back at its own address it is in use"


def test_3_a_key_that_is_given_beside_a_new_address_is_for_that_one(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener, qtbot: QtBot
) -> None:
    use_own_server(parts, here)
    here.forget()
    dialog = open_settings(parts)
    dialog._on_edited("openai_compatible_base_url", there.url)
    card = dialog.keys_section.cards[OWN]
    card.begin_editing()
    card.field.paste("another-key-2")
    child(card, QPushButton, f"keycard.{OWN}.save").click()
    parts.until(lambda: there.has_seen("another-key-2"), "it is checked where it belongs")
    parts.until(lambda: card.message.body or not card.message.isVisible(), "it cannot be stored here")
    session = card.message.button("session")
    assert session is not None
    session.click()
    parts.until(lambda: parts.key(OWN) == "another-key-2", "it is in use")
    dialog.accept()
    assert dialog.findChild(SecretsQuestion) is None, "there is nothing to ask"
    assert not here.has_seen("another-key-2")
    assert not there.has_seen(KEY)


def test_5_another_proxy_in_the_settings(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener
) -> None:
    use_proxy(parts, here)
    dialog = open_settings(parts)
    dialog.draft.set("proxy_url", there.origin)
    dialog.accept()
    assert there.origin in question_of(dialog).text
    question_of(dialog).cancel.click()
    send_everything(parts)
    assert there.requests == []
    dialog.accept()
    question_of(dialog).keep.click()
    send_everything(parts)
    assert there.requests
    assert not there.has_seen(PASSWORD)
    parts.keys.allow(PROXY)
    send_everything(parts)
    assert there.has_seen(f"ann:{PASSWORD}")


def test_5_a_proxy_that_changed_without_the_dialog_holds_everything_up(
    parts: Parts, here: Listener, there: Listener
) -> None:
    use_proxy(parts, here)
    parts.settings.update(proxy_url=there.origin)
    assert parts.state(PROXY).wants_consent
    send_everything(parts)
    assert not there.has_seen(PASSWORD)


# --- an imported file -------------------------------------------------------------------------------------------------


def test_6_and_7_an_imported_file_names_every_address(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, there: Listener, tmp_path: Path
) -> None:
    use_proxy(parts, here)
    file = tmp_path / "settings.json"
    elsewhere = {"openai_compatible_base_url": "http://other.example.internal/v1", "proxy_url": there.origin}
    export_settings(parts.settings.current.replace(**elsewhere, proxy_user="eve"), file, "1")
    dialog = open_settings(parts)
    dialog.transfer.import_from(file)
    parts.until(lambda: dialog.draft.changes, "the file has been read")
    for address in (there.origin, "http://other.example.internal"):
        assert address in dialog.transfer.message.body, "named before anything is in force"
    send_everything(parts)
    assert there.requests == []
    dialog.accept()
    question = question_of(dialog)
    for address in (here.origin, there.origin, "http://llm.example.internal", "http://other.example.internal"):
        assert address in question.text
    question.reject()
    send_everything(parts)
    assert there.requests == []
    dialog.accept()
    question_of(dialog).keep.click()
    send_everything(parts)
    assert there.requests
    assert not there.has_seen(PASSWORD)
    assert not there.has_seen(KEY)
    parts.keys.allow(PROXY)
    parts.keys.allow(OWN)
    send_everything(parts)
    assert there.has_seen(f"eve:{PASSWORD}")
    assert there.has_seen(KEY)


def test_a_file_that_moves_no_secret_asks_nothing(
    parts: Parts, open_settings: Callable[..., SettingsDialog], here: Listener, tmp_path: Path
) -> None:
    use_own_server(parts, here)
    file = tmp_path / "settings.json"
    changed = parts.settings.current.replace(theme="dark", ollama_base_url="http://192.168.0.7:11434/v1")
    export_settings(changed, file, "1")
    dialog = open_settings(parts)
    dialog.transfer.import_from(file)
    parts.until(lambda: dialog.draft.changes, "the file has been read")
    assert here.origin not in dialog.transfer.message.body
    dialog.accept()
    assert not dialog.isVisible()
    assert parts.settings.current.theme == "dark"


# --- between two runs -------------------------------------------------------------------------------------------------


def test_8_the_environment_puts_another_address_in_the_place_of_the_providers_own(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession, here: Listener, there: Listener
) -> None:
    first = make_parts(here.url)
    first.settings.update(setup_completed=True, openrouter_model=MODEL, max_retries=0)
    first.keep_key(REAL_KEY)
    send_everything(first)
    assert here.has_seen(REAL_KEY)
    first.close()

    second = make_parts(there.url, stands_in=True)
    send_everything(second)
    assert second.key() == REAL_KEY
    assert second.state().wants_consent
    assert there.requests, "the list is public"
    assert not there.has_seen(REAL_KEY)
    second.keys.allow("openrouter")
    send_everything(second)
    assert there.has_seen(REAL_KEY)
    second.close()

    third = make_parts(here.url)
    here.forget()
    send_everything(third)
    assert not here.has_seen(REAL_KEY), "it belongs to the other one now"


def test_8_the_environments_address_is_asked_about_in_the_wizard_too(
    make_parts: Callable[..., Parts],
    open_wizard: Callable[..., WizardWindow],
    keyring_session: DesktopSession,
    here: Listener,
    there: Listener,
) -> None:
    first = make_parts(here.url)
    first.keep_key(REAL_KEY)
    first.close()

    second = make_parts(there.url, stands_in=True)
    window = open_wizard(second)
    second.until_stage(Stage.ASKING)
    panel = child(window, MessagePanel, "wizard.key.message")
    assert there.origin in panel.title
    assert not child(window, QPushButton, "wizard.next").isEnabled()
    withhold = panel.button("withhold")
    assert withhold is not None
    withhold.click()
    turn(5)
    assert "https://openrouter.ai" in panel.body
    assert not there.has_seen(REAL_KEY)


def test_8_a_wizard_that_was_further_on_comes_back_to_the_question(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession, here: Listener, there: Listener
) -> None:
    first = make_parts(here.url)
    first.setup.begin()
    first.setup.advance()
    first.setup.entry.submit(REAL_KEY)
    first.until_stage(Stage.VERIFIED)
    first.setup.advance()
    first.until(lambda: first.setup.state.step is SetupStep.MODEL, "the model step")
    first.close()
    assert here.has_seen(REAL_KEY)

    second = make_parts(there.url, stands_in=True)
    second.setup.begin()
    second.until_stage(Stage.ASKING)
    assert second.setup.state.step is SetupStep.KEY
    assert not there.has_seen(REAL_KEY)
    second.setup.allow_key()
    second.until_stage(Stage.VERIFIED)
    assert there.has_seen(REAL_KEY)


def test_8_the_settings_file_is_edited_between_two_runs(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession, here: Listener, there: Listener
) -> None:
    first = make_parts()
    use_own_server(first, here, store=KeyStore.KEYRING)
    first.settings.update(proxy_mode="manual", proxy_url=here.origin, proxy_user="ann")
    first.keep_key(PASSWORD, KeyStore.KEYRING, PROXY)
    first.close()
    file = first.home / "settings.json"
    text = file.read_text(encoding="utf-8")
    for written in (f'"base_url": "{here.url}"', f'"proxy_url": "{here.origin}"'):
        assert written in text
        text = text.replace(written, written.replace(str(here.port), str(there.port)))
    file.write_text(text, encoding="utf-8")

    second = make_parts()
    send_everything(second)
    assert second.key(OWN) == KEY
    assert second.state(OWN).wants_consent
    assert there.requests == []
    second.keys.withhold(PROXY)
    second.keys.allow(OWN)
    send_everything(second)
    assert there.has_seen(KEY)
    assert not there.has_seen(PASSWORD)


def test_a_client_that_is_at_work_goes_on_with_its_own_address(parts: Parts, here: Listener, there: Listener) -> None:
    use_own_server(parts, here)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    here.forget()

    async def change_in_the_middle() -> None:
        async with parts.pool.use(connection) as provider:
            parts.settings.update(openai_compatible_base_url=there.url)
            await asyncio.sleep(0)
            await provider.check_key()

    run_async(change_in_the_middle())
    assert here.has_seen(KEY)
    assert there.requests == []
