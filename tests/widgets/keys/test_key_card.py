"""The key card and the change of keys, with the demo server and real keyrings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QPushButton, QVBoxLayout, QWidget

from caal_desktop.llm.errors import DailyLimitReached, InsufficientCredit, ProviderError, RateLimited
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.services.keys import key_service
from caal_desktop.services.keys.environment_keys import key_in_environment
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.message_panel import MessageKind
from caal_desktop.widgets.keys.key_card import KeyCard
from caal_desktop.widgets.keys.key_facts_view import KeyFactsView, next_reset
from tests.support.key_stages import Stage, stage_of
from tests.support.profiles import kept_for
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

STORE = "GNOME Keyring / Secret Service"


@pytest.fixture
def make_card(parts: Parts, qtbot: QtBot) -> Iterator[Callable[..., KeyCard]]:
    parts.settings.update(setup_completed=True)
    made: list[KeyCard] = []

    def make(provider: str = "openrouter") -> KeyCard:
        card = KeyCard(provider, parts.keys)
        qtbot.addWidget(card)
        card.show()
        made.append(card)
        return card

    yield make
    turn(3)


@pytest.fixture
def card(make_card: Callable[..., KeyCard]) -> KeyCard:
    return make_card()


def given(card: KeyCard) -> Stage:
    """Return how far the key has come that is being entered."""
    return stage_of(card.entry.state)


def is_kept(card: KeyCard) -> bool:
    """Return whether the card says that the key that was entered is in use."""
    return card.message.title == "The new key is in use" and card.message.isVisibleTo(card)


def texts(card: KeyCard) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card))


def press(card: KeyCard, name: str) -> None:
    button = card.findChild(QPushButton, f"{card.objectName()}.{name}")
    assert button is not None
    assert button.isVisibleTo(card), name
    assert button.isEnabled(), name
    button.click()


def facts_of(parts: Parts, card: KeyCard, demo: DemoControl, name: str) -> str:
    parts.use_key(demo.key_for(name))
    card.refresh()
    parts.until(lambda: parts.state().info, "the facts have come")
    turn(3)
    return texts(card)


@pytest.mark.parametrize(
    ("name", "expected", "unexpected"),
    [
        ("limited", ["$15.00 of $20.00, anew on ", "$5.00 this month", "this session only"], ["Free tier", "Ends"]),
        ("unlimited", ["None set on this key", "$12.50 this month"], ["Left", "$1000", "1000"]),
        ("spent", ["of $10.00, anew on "], []),
        ("free_tier", ["Free models only", "38 of 50 left until midnight UTC"], ["about 50"]),
        ("expiring", ["Ends"], ["anew"]),
    ],
)
def test_the_card_tells_what_the_key_itself_tells(
    parts: Parts, card: KeyCard, demo: DemoControl, name: str, expected: list[str], unexpected: list[str]
) -> None:
    shown = facts_of(parts, card, demo, name)
    for words in expected:
        assert words in shown
    for words in unexpected:
        assert words not in shown
    assert demo.requests("/credits") == [], "never an account's balance"
    assert demo.key_for(name) not in shown


def test_a_server_that_tells_next_to_nothing_gives_no_zeros(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    demo.fault("bare_key")
    shown = facts_of(parts, card, demo, "default")
    assert "$" not in shown
    assert "None set" not in shown


def test_a_limit_of_which_the_rest_is_not_told_is_a_limit(qtbot: QtBot) -> None:
    view = KeyFactsView(name="facts")
    qtbot.addWidget(view)
    view.show_facts(KeyInfo(limit=20.0, usage=5.0), "")
    assert [label.text() for label in view.findChildren(QLabel)] == ["Limit", "$20.00"]


@pytest.mark.parametrize(
    ("kind", "when"),
    [
        ("daily", datetime(2026, 11, 23, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 23, tzinfo=UTC)),
        ("monthly", datetime(2026, 12, 1, tzinfo=UTC)),
        (None, None),
        ("whenever", None),
    ],
)
def test_when_a_limit_starts_anew(kind: str | None, when: datetime | None) -> None:
    assert next_reset(kind, datetime(2026, 11, 22, 23, 59, tzinfo=UTC)) == when


def test_a_new_week_and_a_new_year() -> None:
    assert next_reset("weekly", datetime(2026, 11, 23, 0, 0, tzinfo=UTC)) == datetime(2026, 11, 30, tzinfo=UTC)
    assert next_reset("monthly", datetime(2026, 12, 31, 5, 0, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_refused_key_is_told_and_remembered(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    parts.use_key(demo.key_for("disabled"))
    card.refresh()
    parts.until(lambda: parts.settings.current.of().key_status is KeyStatus.REJECTED, "it is remembered")
    assert "Refused by OpenRouter" in texts(card)
    assert card.message.kind is MessageKind.WARNING


@pytest.mark.parametrize("error", [InsufficientCredit, DailyLimitReached])
def test_what_is_used_up_has_the_facts_asked_for_again(
    parts: Parts, card: KeyCard, demo: DemoControl, error: type[ProviderError]
) -> None:
    parts.use_key(demo.key)
    parts.keys.check_after_failure(RateLimited("openrouter"))
    turn(5)
    assert demo.requests("/key") == []
    parts.keys.check_after_failure(error("openrouter"))
    parts.until(lambda: "$3.58 of $5.00" in texts(card), "the card is up to date")


def test_a_key_is_replaced_after_it_has_been_proven(
    keyring_session: DesktopSession, parts: Parts, card: KeyCard, demo: DemoControl
) -> None:
    parts.use_key(demo.key)
    press(card, "replace")
    card.field.paste(f'OPENROUTER_API_KEY="{demo.key_for("limited")}"')
    press(card, "save")
    parts.until(lambda: is_kept(card), "it is in use")
    assert parts.key() == demo.key_for("limited")
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key_for("limited")]
    settings = parts.settings.current
    assert (settings.of().key_status, settings.of().key_store) == (KeyStatus.VERIFIED, KeyStore.KEYRING)
    assert STORE in texts(card)
    assert card.field.text == ""


@pytest.mark.parametrize("name", ["disabled", "management"])
def test_a_bad_key_leaves_the_good_one_in_use(parts: Parts, card: KeyCard, demo: DemoControl, name: str) -> None:
    parts.use_key(demo.key)
    press(card, "replace")
    card.field.paste(demo.key_for(name))
    press(card, "save")
    parts.until(lambda: given(card) is Stage.REFUSED, "it is refused")
    assert card.message.kind is MessageKind.ERROR
    assert parts.key() == demo.key
    assert parts.settings.current.of().key_status is KeyStatus.VERIFIED
    press(card, "cancel")
    assert not card.message.isVisibleTo(card)
    assert card.entry.candidate is None


@pytest.mark.parametrize("focused", ["field.edit", "save"])
def test_the_keyboard_stays_on_the_card_when_the_key_is_kept(
    keyring_session: DesktopSession, parts: Parts, card: KeyCard, qtbot: QtBot, demo: DemoControl, focused: str
) -> None:
    """Below the card stand settings that would take what is typed."""
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(card)
    layout.addWidget(QLineEdit(window))
    window.show()
    press(card, "replace")
    card.field.paste(demo.key)
    widget = card.findChild(QWidget, f"{card.objectName()}.{focused}")
    assert widget is not None
    widget.setFocus()
    press(card, "save")
    parts.until(lambda: is_kept(card), "it is in use")
    now = window.focusWidget()
    assert now is not None
    assert now.objectName() == f"{card.objectName()}.replace"


def test_the_keyboard_stays_on_the_card_when_the_keyring_is_asked_again(
    parts: Parts, card: KeyCard, demo: DemoControl, request: pytest.FixtureRequest
) -> None:
    parts.settings.set(parts.settings.current.with_provider("openrouter", **kept_for(demo.base_url)))
    card.refresh()
    parts.until(lambda: card.message.button("load"), "there is no keyring")
    for is_there in (False, True):
        if is_there:
            request.getfixturevalue("keyring_session")
        again = card.message.button("load")
        assert again is not None
        again.setFocus()
        again.click()
        parts.until(lambda again=again: card.message.button("load") is not again, "it is asked")
        parts.until(lambda: parts.state().activity is KeyActivity.IDLE, "it has answered")
        turn(2)
        focused = card.window().focusWidget()
        assert focused is not None
        assert focused.objectName() == f"{card.objectName()}.{'replace' if is_there else 'message.load'}"


def test_without_a_keyring_the_key_can_be_kept_for_the_session(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    press(card, "replace")
    card.field.paste(demo.key)
    press(card, "save")
    parts.until(lambda: given(card) is Stage.UNSTORED, "it could not be stored")
    assert parts.key() is None
    button = card.message.button("session")
    assert button is not None
    button.click()
    parts.until(lambda: is_kept(card), "it is in use")
    assert parts.key() == demo.key
    assert parts.settings.current.of().key_store is KeyStore.SESSION
    assert "this session only" in texts(card)


def test_offline_the_key_can_be_kept_unchecked(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], qtbot: QtBot, demo: DemoControl, nowhere: str
) -> None:
    parts = make_parts(nowhere)
    parts.settings.update(setup_completed=True, max_retries=0)
    card = KeyCard("openrouter", parts.keys)
    qtbot.addWidget(card)
    card.show()
    press(card, "replace")
    card.field.paste(demo.key)
    press(card, "save")
    parts.until(lambda: given(card) is Stage.UNREACHABLE, "no answer comes")
    button = card.message.button("keep")
    assert button is not None
    button.click()
    parts.until(lambda: is_kept(card), "it is kept")
    assert parts.settings.current.of().key_status is KeyStatus.UNVERIFIED
    assert "Not checked yet" in texts(card)


def removed(parts: Parts, card: KeyCard) -> None:
    press(card, "remove")
    box = card.findChild(QMessageBox)
    assert box is not None
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    remove = box.findChild(QPushButton, f"{card.objectName()}.confirm.remove")
    assert remove is not None
    remove.click()
    parts.until(lambda: card.message.title == "The key is gone", "it has been removed")


def test_a_removed_key_is_really_gone(
    keyring_session: DesktopSession, parts: Parts, card: KeyCard, demo: DemoControl
) -> None:
    parts.keep_key(demo.key)
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key]
    removed(parts, card)
    assert keyring_session.secret_items() == []
    assert parts.key() is None
    assert (parts.settings.current.of().key_status, parts.settings.current.of().key_store) == (
        KeyStatus.NONE,
        KeyStore.NONE,
    )
    assert card.message.kind is MessageKind.SUCCESS
    assert STORE in card.message.body
    assert "No key yet" in texts(card)


def test_a_key_that_was_not_kept_is_not_left_in_the_field(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    """Masked, it would still be there when the field is opened next."""
    parts.use_key(demo.key)
    press(card, "replace")
    card.field.paste(demo.key_for("limited"))
    press(card, "cancel")
    assert (card.field.text, card.field.key) == ("", None)
    assert parts.key() == demo.key
    press(card, "replace")
    card.field.paste(demo.key_for("limited"))
    card.begin_editing()
    assert (card.field.text, card.field.key) == ("", None)


@pytest.mark.parametrize("way", ["button", Qt.Key.Key_Escape, Qt.Key.Key_Return, "close"])
def test_removal_can_be_declined(
    parts: Parts, card: KeyCard, demo: DemoControl, qtbot: QtBot, way: Qt.Key | str
) -> None:
    """In each of the ways in which users dismiss a question that they have not read."""
    parts.use_key(demo.key)
    press(card, "remove")
    box = card.findChild(QMessageBox)
    assert box is not None
    assert turn(until=box.isActiveWindow)
    if way == "button":
        box.button(QMessageBox.StandardButton.Cancel).click()
    elif way == "close":
        box.close()
    else:
        qtbot.keyClick(QApplication.focusWidget(), way)
    assert turn(until=lambda: card.findChild(QMessageBox) is None)
    turn(20)
    assert parts.key() == demo.key
    assert parts.state().is_kept


def test_the_question_says_from_where_the_key_is_removed(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    parts.use_key(demo.key)
    press(card, "remove")
    box = card.findChild(QMessageBox)
    assert box is not None
    assert box.informativeText().startswith("It is removed from this program's memory. At OpenRouter it still exists")
    box.close()


def test_the_question_names_the_keyring_from_which_the_key_is_removed(
    keyring_session: DesktopSession, parts: Parts, card: KeyCard, demo: DemoControl
) -> None:
    parts.keep_key(demo.key)
    press(card, "remove")
    box = card.findChild(QMessageBox)
    assert box is not None
    assert box.informativeText().startswith(
        f"It is removed from {parts.keys.store_name}. At OpenRouter it still exists"
    )
    box.close()


def test_the_keys_of_several_providers_lie_side_by_side(
    keyring_session: DesktopSession, parts: Parts, make_card: Callable[..., KeyCard], demo: DemoControl
) -> None:
    groq = "gsk_" + "a1B2" * 13
    parts.keep_key(demo.key)
    parts.keep_key(groq, name="groq")
    assert {item.user: item.secret for item in keyring_session.secret_items()} == {"openrouter": demo.key, "groq": groq}
    first, second = make_card("openrouter"), make_card("groq")
    removed(parts, second)
    assert [item.user for item in keyring_session.secret_items()] == ["openrouter"]
    assert "No key yet" in texts(second)
    assert "No key yet" not in texts(first)


def test_two_keys_given_one_after_the_other_are_both_kept(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    groq = "gsk_" + "a1B2" * 13
    keys = {"openrouter": demo.key, "groq": groq}
    found: dict[str, str] = {}

    async def both() -> None:
        kept = await asyncio.gather(*(parts.keys.keep(name, key, KeyStore.KEYRING) for name, key in keys.items()))
        assert all(result.is_done for result in kept)
        found.update({item.user: item.secret for item in keyring_session.secret_items()})
        gone = await asyncio.gather(*(parts.keys.remove(name) for name in keys))
        assert all(result.is_done for result in gone)

    run_async(both())
    assert found == keys
    assert keyring_session.secret_items() == []


def test_a_check_that_gave_way_to_another_cards_is_not_waited_for(
    parts: Parts, make_card: Callable[..., KeyCard], demo: DemoControl
) -> None:
    first, second = make_card("openrouter"), make_card("openai_compatible")
    parts.settings.update(openai_compatible_base_url=demo.base_url)
    for card, key in ((first, demo.key), (second, "local-secret-1")):
        press(card, "replace")
        card.field.paste(key)
        press(card, "save")
    assert second.message.kind is MessageKind.BUSY
    parts.until(lambda: not first.message.isVisibleTo(first), "the first one waits no longer")
    assert first.field.key == demo.key, "it can be given once more"
    second.entry.cancel()


def test_a_key_for_another_address_is_asked_about_on_its_card(parts: Parts, card: KeyCard, demo: DemoControl) -> None:
    parts.use_key(demo.key)
    parts.keys._update_record("openrouter", origin="https://earlier.example:8443")
    assert "Kept for https://earlier.example:8443" in texts(card)
    card.refresh()
    turn(5)
    assert demo.requests("/key") == []
    withhold = card.message.button("withhold")
    assert withhold is not None
    withhold.click()
    assert "is not sent to https://openrouter.ai" in card.message.title
    send = card.message.button("send")
    assert send is not None, "one can think better of it"
    send.click()
    parts.until(lambda: "Works" in texts(card), "it is checked there")
    assert not card.message.isVisibleTo(card)
    assert len(demo.requests("/key")) == 1


def test_a_homeless_key_moves_in_when_a_keyring_appears(
    parts: Parts,
    card: KeyCard,
    demo: DemoControl,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(key_service, "MIGRATION_PAUSE_S", 0.05)
    migrated: list[str] = []
    parts.keys.migrated.connect(migrated.append)
    press(card, "replace")
    card.field.paste(demo.key)
    press(card, "save")
    parts.until(lambda: given(card) is Stage.UNSTORED, "there is no keyring")
    card.entry.keep(KeyStore.SESSION)
    parts.until(lambda: is_kept(card), "it is kept for the session")
    session: DesktopSession = request.getfixturevalue("keyring_session")
    parts.until(lambda: migrated, "it has moved")
    assert [item.secret for item in session.secret_items()] == [demo.key]
    assert parts.settings.current.of().key_store is KeyStore.KEYRING
    assert parts.settings.current.of().key_status is KeyStatus.VERIFIED
    assert STORE in texts(card)


def test_a_key_that_was_meant_for_the_session_stays_there(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_service, "MIGRATION_PAUSE_S", 0.01)
    parts.use_key(demo.key)
    turn(60)
    assert keyring_session.secret_items() == []


def test_a_key_in_the_environment_is_offered_and_never_taken(
    parts: Parts, make_card: Callable[..., KeyCard], demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {demo.key}\n")
    card = make_card()
    turn(10)
    assert parts.key() is None
    assert demo.requests() == []
    press(card, "replace")
    press(card, "import")
    assert card.field.key == demo.key


@pytest.mark.parametrize("value", ["", "sk-or-v1-short", "nonsense", "sk-ant-" + "a" * 90])
def test_what_is_no_whole_key_is_not_offered(value: str) -> None:
    assert key_in_environment("openrouter", {"OPENROUTER_API_KEY": value}) is None
    assert key_in_environment("ollama", {"OPENROUTER_API_KEY": value}) is None


@pytest.mark.parametrize(
    ("value", "offered"),
    [("a1B2c3D4" * 4, True), ("", False), ("hunter2", False), ("https://console.mistral.ai/api-keys", False)],
)
def test_a_key_of_unknown_shape_is_offered_where_it_could_be_one(value: str, offered: bool) -> None:
    assert key_in_environment("mistral", {"MISTRAL_API_KEY": value}) == (value if offered else None)
    assert key_in_environment("mistral", {"MISTRAL_API_KEY": "gsk_" + "a1B2" * 13}) is None, "that is Groq's"
