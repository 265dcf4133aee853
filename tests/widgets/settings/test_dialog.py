"""The settings dialog with the program's own services."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.translation import FilledText, SourceText
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.providers.connections import catalogue_connection, connection_for
from caal_desktop.storage.settings.choices import Theme
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.common.message_panel import MessageKind
from caal_desktop.widgets.settings.dialog import SettingsDialog
from caal_desktop.widgets.settings.row import SettingRow
from caal_desktop.widgets.settings.setting_texts import PAGES, find_settings
from tests.support.qt_loop import run_async, turn
from tests.support.widget_audit import complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from caal_desktop.services.keys.sign_in_service import SignInService
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts


W = TypeVar("W", bound=QWidget)


@pytest.fixture
def open_dialog(open_settings: Callable[[Parts], SettingsDialog], parts: Parts) -> Callable[[], SettingsDialog]:
    return lambda: open_settings(parts)


@pytest.fixture
def dialog(open_dialog: Callable[[], SettingsDialog]) -> SettingsDialog:
    return open_dialog()


def control(dialog: SettingsDialog, kind: type[W], name: str) -> W:
    found = dialog.findChild(kind, name)
    assert found is not None, name
    return found


def type_into(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.selectAll()
    qtbot.keyClicks(line, text)


def test_every_setting_has_a_control_with_a_name_and_an_explanation(dialog: SettingsDialog) -> None:
    for key, spec in SPECS.items():
        if spec.group is Group.INTERNAL:
            continue
        made = control(dialog, QWidget, f"settings.{key}")
        assert made.accessibleName() == spec.label
        assert spec.description in dialog.pages[spec.group].rows[key]._long.text()
        assert made.focusPolicy() != Qt.FocusPolicy.NoFocus


def test_changes_are_in_force_together_with_ok(dialog: SettingsDialog, parts: Parts, qtbot: QtBot) -> None:
    seen: list[Settings] = []
    parts.settings.changed.connect(seen.append)
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(2)
    control(dialog, QSpinBox, "settings.max_tokens").setValue(512)
    type_into(qtbot, control(dialog, QLineEdit, "settings.openrouter_model"), "vendor/model")
    assert seen == []
    assert parts.settings.current == Settings()
    dialog.accept()
    assert len(seen) == 1, "all at once"
    now = parts.settings.current
    assert (now.theme, now.max_tokens, now.of().model) == (Theme.DARK, 512, "vendor/model")
    assert now.recent_models == ("vendor/model",)


def test_apply_goes_on_from_there(dialog: SettingsDialog, parts: Parts) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    assert dialog._apply.isEnabled()
    dialog._apply.click()
    assert parts.settings.current.theme is Theme.LIGHT
    assert not dialog._apply.isEnabled()
    assert not dialog._undo.isEnabled()
    assert dialog.isVisible()


def test_cancel_changes_nothing(dialog: SettingsDialog, parts: Parts) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    dialog._leave()
    assert parts.settings.current == Settings()
    assert not dialog.isVisible()


def test_a_mistake_is_told_beside_its_field_and_stops_everything(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot
) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    control(dialog, QComboBox, "settings.provider").setCurrentIndex(list(PROVIDERS).index("openai_compatible"))
    line = control(dialog, QLineEdit, "settings.openai_compatible_base_url")
    type_into(qtbot, line, "nonsense")
    row = dialog.pages[Group.PROVIDER].rows["openai_compatible_base_url"]
    assert row.error == "It must be an http or https address."
    assert line.accessibleDescription() == row.error
    assert not dialog._ok.isEnabled()
    assert not dialog._apply.isEnabled()
    assert "Address of your server" in dialog._footer.text()
    assert dialog.apply() is False
    assert parts.settings.current == Settings()
    type_into(qtbot, line, "http://localhost:8080/v1")
    assert row.error == ""
    assert dialog._ok.isEnabled()


def roll(widget: QWidget) -> bool:
    """Turn the wheel over a control; tell whether it kept that from the page."""
    middle = QPointF(widget.rect().center())
    place = QPointF(widget.mapToGlobal(widget.rect().center()))
    turned = QWheelEvent(
        middle, place, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, turned)
    return turned.isAccepted()


@pytest.mark.parametrize("key", ["max_tokens", "temperature", "reasoning"])
def test_the_wheel_changes_only_a_control_in_use(dialog: SettingsDialog, key: str) -> None:
    dialog.show_page(Group.MODEL)
    box = control(dialog, QWidget, f"settings.{key}")
    assert not roll(box)
    assert dialog.draft.changes == {}
    dialog.activateWindow()
    box.setFocus()
    assert turn(until=box.hasFocus)
    assert roll(box)
    assert list(dialog.draft.changes) == [key]


def test_undo_takes_back_edit_by_edit_and_shows_where(dialog: SettingsDialog, qtbot: QtBot) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    edit = control(dialog, QPlainTextEdit, "settings.system_prompt")
    edit.setPlainText("Short.")
    dialog.show_page(Group.NETWORK)
    dialog._undo.click()
    assert dialog.shown_page == "chat"
    assert edit.toPlainText() == Settings().system_prompt
    dialog._undo.click()
    assert dialog.shown_page == "appearance"
    assert control(dialog, QComboBox, "settings.theme").currentIndex() == 0
    assert not dialog._undo.isEnabled()


def test_one_setting_goes_back_to_its_default(dialog: SettingsDialog) -> None:
    row = dialog.pages[Group.MODEL].rows["max_tokens"]
    assert not row._reset.isVisibleTo(row)
    control(dialog, QSpinBox, "settings.max_tokens").setValue(100)
    assert row._reset.isVisibleTo(row)
    row._reset.click()
    assert control(dialog, QSpinBox, "settings.max_tokens").value() == 4096


def test_settings_of_other_providers_are_out_of_the_way(dialog: SettingsDialog) -> None:
    rows = dialog.pages[Group.MODEL].rows
    assert rows["openrouter_model"].isVisibleTo(dialog.pages[Group.MODEL])
    assert not rows["groq_model"].isVisibleTo(dialog.pages[Group.MODEL])
    control(dialog, QComboBox, "settings.provider").setCurrentIndex(list(PROVIDERS).index("groq"))
    assert not rows["openrouter_model"].isVisibleTo(dialog.pages[Group.MODEL])
    assert rows["groq_model"].isVisibleTo(dialog.pages[Group.MODEL])
    note = dialog.pages[Group.PRIVACY]._note
    assert note.isVisibleTo(dialog.pages[Group.PRIVACY])
    assert "Groq" in note.body


@pytest.mark.parametrize("key", [key for key, spec in SPECS.items() if spec.group is not Group.INTERNAL])
def test_any_setting_is_found_by_its_name(key: str) -> None:
    assert key in [spec.key for spec in find_settings(SPECS[key].label)[:4]]


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("zdr", "zero_data_retention"),
        ("dark mode", "theme"),
        ("system prompt", "system_prompt"),
        ("ssl", "ca_bundle"),
        ("budget", "spend_limit_day"),
        ("TIMEOUT", "read_timeout"),
        ("font", "font_scale"),
        ("max_tokens", "max_tokens"),
        ("thinking", "reasoning"),
        ("network retries", "max_retries"),
    ],
)
def test_settings_are_found_by_other_words(query: str, key: str) -> None:
    assert key in [spec.key for spec in find_settings(query)]


def test_a_search_turns_to_what_it_finds_and_marks_it(dialog: SettingsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(dialog.search, "proxy addr")
    assert dialog.shown_page == "network"
    row = dialog.pages[Group.NETWORK].rows["proxy_url"]
    assert row.is_highlighted
    # It has no effect now, and is shown all the same, with the reason.
    assert row.isVisibleTo(dialog.pages[Group.NETWORK])
    assert row._note.text() == "Has an effect only when “Proxy” is “The one below”."
    assert not row.editor.isEnabled()
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert dialog.isVisible(), "Esc has emptied the search"
    assert not row.is_highlighted
    assert not row.isVisibleTo(dialog.pages[Group.NETWORK])
    assert dialog.navigation.list.count() == len(PAGES)


def test_a_search_without_a_hit_says_so(dialog: SettingsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(dialog.search, "xyzzy")
    assert [dialog.navigation.list.item(row).text() for row in range(dialog.navigation.list.count())] == [
        "Nothing found"
    ]


def test_enter_in_the_search_goes_to_the_field(dialog: SettingsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(dialog.search, "longest answer")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.focusWidget() is not None
    assert dialog.focusWidget().objectName() == "settings.max_tokens"
    assert dialog.isVisible()


def test_esc_asks_before_changes_are_lost(dialog: SettingsDialog, parts: Parts, qtbot: QtBot) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    box = control(dialog, QMessageBox, "settings.unsaved")
    box.button(QMessageBox.StandardButton.Discard).click()
    assert not dialog.isVisible()
    assert parts.settings.current == Settings()


def test_the_windows_own_button_asks_as_esc_does(dialog: SettingsDialog, parts: Parts) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    dialog.close()
    assert dialog.isVisible()
    box = control(dialog, QMessageBox, "settings.unsaved")
    box.button(QMessageBox.StandardButton.Apply).click()
    assert not dialog.isVisible()
    assert parts.settings.current.theme is Theme.LIGHT


def test_the_windows_own_button_just_leaves_without_changes(dialog: SettingsDialog) -> None:
    finished: list[int] = []
    dialog.finished.connect(finished.append)
    dialog.close()
    assert not dialog.isVisible()
    assert len(finished) == 1


def test_esc_without_changes_just_leaves(dialog: SettingsDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_changes_elsewhere_is_shown_and_not_overwritten(dialog: SettingsDialog, parts: Parts) -> None:
    control(dialog, QComboBox, "settings.theme").setCurrentIndex(1)
    parts.settings.update(max_tokens=77, recent_models=("a/b",))
    assert control(dialog, QSpinBox, "settings.max_tokens").value() == 77
    dialog.accept()
    now = parts.settings.current
    assert (now.theme, now.max_tokens, now.recent_models) == (Theme.LIGHT, 77, ("a/b",))


def test_export_reset_and_import(dialog: SettingsDialog, parts: Parts, tmp_path: Path) -> None:
    parts.settings.update(temperature=0.1, favourite_models=("a/b",))
    file = tmp_path / "out.json"
    dialog.transfer.export_to(file)
    assert dialog.transfer.message.kind is MessageKind.BUSY
    parts.until(lambda: dialog.transfer.message.kind is MessageKind.SUCCESS, "it is written")
    dialog.transfer.buttons["reset"].click()
    assert parts.settings.current.temperature == 0.1, "not before OK"
    dialog.apply()
    assert parts.settings.current.temperature == 0.7
    dialog.transfer.import_from(file)
    parts.until(lambda: dialog.transfer.message.kind is MessageKind.INFO, "it is read")
    assert parts.settings.current.temperature == 0.7, "not before OK"
    dialog.apply()
    assert parts.settings.current.temperature == 0.1


@pytest.mark.parametrize("name", ["export", "import"])
def test_the_keyboard_is_not_on_reset_after_a_file(
    dialog: SettingsDialog, parts: Parts, tmp_path: Path, name: str
) -> None:
    """The buttons are disabled meanwhile, and the focus would fall on the next one that is not."""
    file = tmp_path / "out.json"
    if name == "import":
        dialog.transfer.export_to(file)
        parts.until(lambda: not parts.transfer.is_busy, "it is written")
    dialog.show_page(Group.ADVANCED)
    dialog.activateWindow()
    turn(until=dialog.isActiveWindow)
    button = dialog.transfer.buttons[name]
    button.setFocus()
    assert button.hasFocus()
    (dialog.transfer.export_to if name == "export" else dialog.transfer.import_from)(file)
    assert not isinstance(dialog.focusWidget(), QPushButton), "an Enter too many presses nothing"
    parts.until(lambda: not parts.transfer.is_busy, "it is done")
    turn(3)
    assert button.hasFocus()


def test_a_bad_file_is_refused_in_place(dialog: SettingsDialog, parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text("{}")
    dialog.transfer.import_from(file)
    parts.until(lambda: dialog.transfer.message.kind is MessageKind.ERROR, "it is refused")
    assert "bad.json" in dialog.transfer.message.title
    assert dialog.draft.changes == {}


def test_what_a_closed_dialog_began_is_brought_to_its_end_and_told_to_no_other(
    open_dialog: Callable[[], SettingsDialog], parts: Parts, tmp_path: Path
) -> None:
    file = tmp_path / "out.json"
    parts.settings.update(temperature=0.1)
    first = open_dialog()
    first.transfer.export_to(file)
    first.reject()
    second = open_dialog()
    assert not second.transfer.buttons["import"].isEnabled(), "one at a time"
    parts.until(lambda: not parts.transfer.is_busy, "it is written")
    assert second.transfer.buttons["import"].isEnabled()
    second.transfer.import_from(file)
    second.reject()
    third = open_dialog()
    parts.until(lambda: not parts.transfer.is_busy, "it is read")
    turn(3)
    assert third.draft.changes == {}
    assert not third.transfer.message.isVisible()


def test_the_data_folder_is_made_before_it_is_shown(
    dialog: SettingsDialog, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []

    def show(url: QUrl) -> bool:
        shown.append(Path(url.toLocalFile()))
        return shown[-1].is_dir()

    monkeypatch.setattr(QDesktopServices, "openUrl", show)
    dialog.show_page(Group.ADVANCED)
    dialog.transfer.buttons["folder"].click()
    parts.until(lambda: shown, "the folder")
    assert shown == [parts.transfer.data_folder]
    assert not dialog.transfer.message.isVisible()


# --- what is drawn, and when ------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(dialog: SettingsDialog, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys of the rows that are drawn, one for each time."""
    keys: list[str] = []
    draw = SettingRow._show_error

    def noting(row: SettingRow, error: FilledText | None) -> None:
        keys.append(row.spec.key)
        draw(row, error)

    monkeypatch.setattr(SettingRow, "_show_error", noting)
    return keys


def test_a_keystroke_draws_the_row_that_it_was_meant_for(
    dialog: SettingsDialog, drawn: list[str], qtbot: QtBot
) -> None:
    dialog.show_page(Group.MODEL)
    qtbot.keyClicks(control(dialog, QLineEdit, "settings.openrouter_model"), "abc")
    assert drawn == ["openrouter_model"] * 3


def test_an_edit_draws_the_rows_that_depend_on_it(dialog: SettingsDialog, drawn: list[str]) -> None:
    dialog.show_page(Group.NETWORK)
    combo = control(dialog, QComboBox, "settings.proxy_mode")
    combo.setCurrentIndex(combo.findData(ProxyMode.MANUAL))
    assert {"proxy_mode", "proxy_url", "proxy_user"} <= set(drawn) <= {key for key in SPECS if key.startswith("proxy")}
    assert dialog.pages[Group.NETWORK].rows["proxy_url"].error


def test_what_is_shown_follows_the_draft_whatever_was_drawn_before(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot
) -> None:
    line = control(dialog, QLineEdit, "settings.openrouter_model")
    type_into(qtbot, line, "vendor/model")
    parts.settings.update(openrouter_model="other/model")
    assert line.text() == "vendor/model", "the edit wins"
    dialog._undo.click()
    assert line.text() == ""
    qtbot.keyClicks(line, "  ")
    assert dialog.draft.value("openrouter_model") == ""
    type_into(qtbot, line, "x")
    dialog.pages[Group.MODEL].rows["openrouter_model"]._reset.click()
    assert line.text() == ""


# --- the file of certificate authorities


def test_a_file_of_certificates_is_looked_at_off_the_gui_thread(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.show_page(Group.NETWORK)
    row = dialog.pages[Group.NETWORK].rows["ca_bundle"]
    line = control(dialog, QLineEdit, "settings.ca_bundle")
    (tmp_path / "no.pem").write_text("no certificate\n")
    type_into(qtbot, line, str(tmp_path / "nothing"))
    parts.until(lambda: row.error == "It must name a file that exists.", "what is wrong")
    assert not dialog._ok.isEnabled()
    type_into(qtbot, line, str(tmp_path / "no.pem"))
    parts.until(lambda: "PEM form" in row.error, "what is wrong with this one")
    dialog._undo.click()
    assert row.error == ""
    assert dialog._ok.isEnabled()
    assert parts.settings.current == Settings()


def slow_look(monkeypatch: pytest.MonkeyPatch, error: FilledText | None = None) -> threading.Event:
    """Have files checked only when the returned event is set, as from a slow network drive."""
    may_look = threading.Event()

    def look(_path: str) -> FilledText | None:
        assert may_look.wait(10)
        return error

    monkeypatch.setattr("caal_desktop.services.settings.bundle_check.bundle_error", look)
    return may_look


def test_ok_waits_for_the_look_and_then_does_what_it_was_asked_for(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look = slow_look(monkeypatch)
    type_into(qtbot, control(dialog, QLineEdit, "settings.ca_bundle"), "/slow/ca.pem")
    dialog._ok.click()
    assert dialog.isVisible()
    assert "Waiting" in dialog._footer.text()
    assert parts.settings.current == Settings()
    may_look.set()
    parts.until(lambda: not dialog.isVisible(), "the dialog has closed")
    assert parts.settings.current.ca_bundle == "/slow/ca.pem"


def test_a_look_that_finds_a_mistake_keeps_the_dialog_open(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look = slow_look(monkeypatch, FilledText(SourceText("", "It must name a file that exists.")))
    type_into(qtbot, control(dialog, QLineEdit, "settings.ca_bundle"), "/slow/ca.pem")
    dialog._ok.click()
    may_look.set()
    parts.until(lambda: not dialog._ok.isEnabled(), "what is wrong")
    assert dialog.isVisible()
    assert dialog.shown_page == "network"
    assert parts.settings.current == Settings()


def test_an_edit_takes_back_the_wish_that_waits_for_a_look(
    dialog: SettingsDialog, parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look = slow_look(monkeypatch)
    line = control(dialog, QLineEdit, "settings.ca_bundle")
    type_into(qtbot, line, "/slow/ca.pem")
    dialog._apply.click()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert "Waiting" not in dialog._footer.text()
    may_look.set()
    looked: list[str] = []
    parts.bundles.checked.connect(lambda path, _error: looked.append(path))
    parts.until(lambda: looked, "the look")
    assert parts.settings.current == Settings()
    assert dialog._ok.isEnabled()


# --- what settings do -------------------------------------------------------------------------------------------------


def test_routing_reaches_the_wire(parts: Parts, demo: DemoControl) -> None:
    parts.use_key(demo.key)
    parts.settings.update(
        openrouter_model="openrouter/auto",
        deny_data_collection=True,
        zero_data_retention=True,
        provider_sort="latency",
        ignored_providers=("nobody",),
        fallback_models=("demo/other",),
        reasoning="low",
        max_tokens=20,
        temperature=0.1,
    )
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send("Hello", chat_request(parts.settings.current, connection))
    parts.until(lambda: demo.requests("/chat/completions"), "the request has come")
    body = demo.requests("/chat/completions")[0]["body"]
    assert body["provider"] == {"data_collection": "deny", "zdr": True, "sort": "latency", "ignore": ["nobody"]}
    assert body["models"] == ["demo/other"]
    assert body["reasoning"] == {"effort": "low"}
    assert (body["max_tokens"], body["temperature"]) == (20, 0.1)
    parts.until(lambda: not parts.chat.is_busy, "the answer has ended")


def test_other_providers_get_no_routing(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(
        provider="openai_compatible",
        openai_compatible_base_url=demo.base_url,
        openai_compatible_model="m",
        openai_compatible_headers=("X-Team: voice",),
        deny_data_collection=True,
        fallback_models=("demo/other",),
        reasoning="high",
    )
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send("Hello", chat_request(parts.settings.current, connection))
    parts.until(lambda: demo.requests("/chat/completions"), "the request has come")
    request = demo.requests("/chat/completions")[0]
    assert not {"provider", "models", "reasoning"} & request["body"].keys()
    assert {name.lower(): value for name, value in request["headers"].items()}["x-team"] == "voice"
    parts.until(lambda: not parts.chat.is_busy, "the answer has ended")


def test_network_settings_make_a_new_client_and_leave_running_answers_alone(parts: Parts, demo: DemoControl) -> None:
    parts.use_key(demo.key)
    parts.settings.update(openrouter_model="openrouter/auto")
    demo.fault("stall_after", times=1, path="/chat/completions")
    before = connection_for(parts.settings.current, parts.keys)
    assert before is not None
    parts.chat.send("Hello", chat_request(parts.settings.current, before))
    facts = parts.chat.messages[-1].facts
    assert facts is not None
    parts.until(lambda: facts.generation_id, "the answer has begun")
    old = parts.pool._entries[before]
    parts.settings.update(read_timeout=33.0)
    after = connection_for(parts.settings.current, parts.keys)
    assert after is not None
    assert after != before
    assert run_async(parts.keys.refresh("openrouter")).info is not None, "the new client has answered"
    assert parts.pool._entries[after].client._timeouts.read == 33.0
    assert before not in parts.pool._entries
    assert parts.chat.is_busy
    assert not old.client._closed
    parts.chat.stop()
    parts.until(lambda: not parts.chat.is_busy and old.client._closed, "the old client goes with its answer")


def test_the_lists_connection_follows_the_network_settings_too(parts: Parts) -> None:
    parts.settings.update(proxy_mode="manual", proxy_url="http://127.0.0.1:9", max_retries=0)
    connection = catalogue_connection(parts.settings.current, parts.keys)
    assert connection is not None
    assert connection.network.proxy == "http://127.0.0.1:9"
    assert connection.max_retries == 0


def test_a_closed_dialog_hears_nothing_more(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    from PySide6.QtWidgets import QDialog

    for _ in range(2):
        dialog = SettingsDialog(parts.settings, parts.keys, parts.catalogue, parts.transfer, parts.bundles)
        dialog.open()
        dialog.done(QDialog.DialogCode.Rejected)
        dialog.deleteLater()
        del dialog
        turn(5)
    # What its cards, pages and fields had listened to goes on.
    parts.use_key(demo.key)
    parts.settings.update(max_tokens=99)
    run_async(parts.keys.read("groq"))
    run_async(parts.keys.remove("openrouter"))
    turn(5)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_is_cut_and_everything_has_a_name(
    dialog: SettingsDialog, parts: Parts, demo: DemoControl, text_scale: Callable[[float], None], scale: float
) -> None:
    text_scale(scale)
    parts.use_key(demo.key_for("limited"))
    parts.settings.update(proxy_mode="manual", proxy_url="http://proxy:3128", proxy_user="ann")
    dialog.refresh_key()
    parts.until(lambda: parts.state().info, "the key's facts have come")
    dialog.keys_section.cards["openrouter"].begin_editing()
    found: list[str] = []
    for width in (dialog.minimumWidth(), 900):
        dialog.resize(width, 640)
        for group in PAGES:
            dialog.show_page(group)
            turn(4)
            found += complaints(dialog, f"{group} at {width}")
    assert found == []


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_question_about_secrets_is_whole(
    dialog: SettingsDialog, parts: Parts, text_scale: Callable[[float], None], scale: float
) -> None:
    text_scale(scale)
    parts.settings.update(openai_compatible_base_url="https://models.example:8443/v1")
    parts.use_key("local-secret-1", provider="openai_compatible")
    dialog._on_edited("openai_compatible_base_url", "https://a.longer.name.of.another.server.example:8443/v1")
    dialog.accept()
    question = control(dialog, QDialog, "settings.secrets.confirm")
    turn(4)
    assert complaints(question, "question") == []
    assert QApplication.focusWidget() is None or QApplication.focusWidget().objectName().endswith(".keep")
    question.reject()


def test_the_proxys_password_goes_into_the_keyring_and_to_the_proxy(
    keyring_session: DesktopSession, dialog: SettingsDialog, parts: Parts, qtbot: QtBot
) -> None:
    parts.settings.update(proxy_mode="manual", proxy_url="http://proxy:3128", proxy_user="ann")
    assert dialog.proxy_password.isVisibleTo(dialog.pages[Group.NETWORK])
    qtbot.keyClicks(control(dialog, QLineEdit, "settings.proxy_password.edit"), "pa:ss word")
    control(dialog, QPushButton, "settings.proxy_password.save").click()
    parts.until(lambda: parts.key("proxy"), "it is kept")
    assert [(item.user, item.secret) for item in keyring_session.secret_items()] == [("proxy", "pa:ss word")]
    connection = catalogue_connection(parts.settings.current, parts.keys)
    assert connection is not None
    assert (connection.network.proxy_user, connection.network.proxy_password) == ("ann", "pa:ss word")
    assert "pa:ss word" not in repr(connection)
    parts.until(lambda: dialog.proxy_password._remove.isEnabled(), "it can be removed")
    dialog.proxy_password._remove.click()
    parts.until(lambda: dialog.proxy_password.message.title == "The password is gone", "it has been removed")
    assert parts.key("proxy") is None
    assert keyring_session.secret_items() == []


def test_the_arrow_keys_turn_the_pages_from_the_start(dialog: SettingsDialog, qtbot: QtBot) -> None:
    assert dialog.focusWidget() is dialog.navigation.list
    qtbot.keyClick(dialog.navigation.list, Qt.Key.Key_Down)
    assert dialog.shown_page == "model"


def test_tab_reaches_the_keys_where_they_stand(dialog: SettingsDialog, qtbot: QtBot) -> None:
    page = dialog.pages[Group.PROVIDER]
    page.rows["provider"].editor.setFocus()
    names = []
    for _ in range(3):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        names.append(dialog.focusWidget())
    keys = dialog.keys_section
    assert keys.isAncestorOf(names[0])
    assert not keys.isAncestorOf(names[-1])
    assert page.isAncestorOf(names[-1])


def test_tab_leads_from_the_key_that_is_entered_to_everything_else(
    parts: Parts, make_sign_in: Callable[..., SignInService], qtbot: QtBot
) -> None:
    dialog = SettingsDialog(
        parts.settings, parts.keys, parts.catalogue, parts.transfer, parts.bundles, sign_in=make_sign_in()
    )
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.keys_section.change("openrouter")
    turn(3)
    first = dialog.focusWidget()
    assert first.objectName() == "keycard.openrouter.field.edit"
    stops = [first.objectName()]
    for _ in range(60):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        if dialog.focusWidget() is first:
            break
        stops.append(dialog.focusWidget().objectName())
    field = ["edit", "show", "paste"]
    assert stops[:4] == [f"keycard.openrouter.{name}" for name in (*(f"field.{part}" for part in field), "cancel")]
    assert {"settings.search", "settings.ok", "settings.cancel", "settings.provider"} <= set(stops)
    assert stops[-2:] == ["settings.provider", "keycard.openrouter.signin.begin"]
    backwards = [first.objectName()]
    for _ in stops[1:]:
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Backtab)
        backwards.append(dialog.focusWidget().objectName())
    assert backwards == [stops[0], *reversed(stops[1:])]
    dialog._leave()
    turn(3)
