"""What the settings dialog shows in another language and region: whole texts, numbers with their units, lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox

from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.settings import page
from caal_desktop.widgets.settings.setting_texts import PAGES, page_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from tests.support.parts import Parts


class OtherLanguage(QTranslator):
    """Puts brackets around every text, and the unit of a number in front, in the plural and the singular."""

    def translate(self, context: str, source_text: str, _disambiguation: str | None = None, n: int = -1) -> str:
        """Return the text in the other language."""
        if source_text == "%Ln seconds":
            return "Sekunde: %Ln" if n == 1 else "Sekunden: %Ln"
        return f"[{source_text}]"


@pytest.fixture
def other_language(qapp: object) -> Iterator[None]:
    translator = OtherLanguage()
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.fixture
def german_region(qapp: object) -> Iterator[None]:
    yield from _region("de_DE")


@pytest.fixture
def american_region(qapp: object) -> Iterator[None]:
    yield from _region("en_US")


def _region(name: str) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(name))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def dialog(open_settings: Callable[[Parts], SettingsDialog], parts: Parts) -> SettingsDialog:
    return open_settings(parts)


def box(dialog: SettingsDialog, key: str) -> QAbstractSpinBox:
    found = dialog.findChild(QAbstractSpinBox, f"settings.{key}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("temperature", 0.5, "0.50"),
        ("max_tokens", 512, "512 tokens"),
        ("connect_timeout", 10.0, "10 seconds"),
        ("read_timeout", 120.0, "120 seconds"),
        ("max_retries", 3, "3 times"),
        ("max_retries", 0, "Never"),
        ("history_days", 90, "90 days"),
        ("font_scale", 1.5, "1.50 ×"),
        ("spend_limit_day", 2.5, "$2.50"),
        ("spend_limit_day", 0.0, "Never warn"),
    ],
)
def test_a_number_has_its_unit(dialog: SettingsDialog, parts: Parts, key: str, value: float, text: str) -> None:
    parts.settings.update(**{key: value})
    assert box(dialog, key).text() == text


@pytest.mark.usefixtures("german_region")
@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("max_tokens", 123_456, "123.456 tokens"),
        ("spend_limit_day", 2.5, "2,50 $"),
        ("font_scale", 1.5, "1,50 ×"),
    ],
)
def test_a_number_and_its_unit_are_those_of_the_region(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts, key: str, value: float, text: str
) -> None:
    parts.settings.update(**{key: value})
    assert box(open_settings(parts), key).text().replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("region", "key", "typed", "value"),
    [
        ("en_US", "temperature", "0.5", 0.5),
        ("en_US", "spend_limit_day", "12.50", 12.5),
        ("de_DE", "temperature", "0,5", 0.5),
        ("de_DE", "spend_limit_day", "12,50", 12.5),
        ("de_DE", "font_scale", "1,25", 1.25),
        ("de_DE", "max_tokens", "2.000", 2000),
    ],
)
def test_a_number_is_typed_as_the_region_writes_it(
    set_locale: Callable[[str], None],
    open_settings: Callable[[Parts], SettingsDialog],
    parts: Parts,
    qtbot: QtBot,
    region: str,
    key: str,
    typed: str,
    value: float,
) -> None:
    set_locale(region)
    dialog = open_settings(parts)
    number = box(dialog, key)
    number.selectAll()
    qtbot.keyClicks(number, typed)
    assert dialog.draft.value(key) == value


@pytest.mark.usefixtures("other_language")
def test_a_unit_goes_with_its_number_and_may_stand_in_front(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts, qtbot: QtBot
) -> None:
    dialog = open_settings(parts)
    timeout = dialog.findChild(QDoubleSpinBox, "settings.connect_timeout")
    assert timeout is not None
    assert timeout.text() == "Sekunden: 10"
    dialog.show_page(Group.NETWORK)
    timeout.selectAll()
    qtbot.keyClicks(timeout, "1")
    assert timeout.text() == "Sekunde: 1"
    qtbot.keyClicks(timeout, "2")
    assert timeout.text() == "Sekunden: 12", "the unit may change while a number is being typed"
    assert dialog.draft.value("connect_timeout") == 12.0
    dialog.draft.undo()
    dialog._draw()
    assert timeout.text() == "Sekunden: 10"


@pytest.mark.usefixtures("other_language")
def test_pages_have_their_names_in_the_users_language(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts
) -> None:
    dialog = open_settings(parts)
    names = [f"[{page_info(group).title}]" for group in PAGES]
    pages = dialog.navigation.list
    assert [pages.item(row).text() for row in range(pages.count())] == names
    assert [pages.item(row).toolTip() for row in range(pages.count())] == names
    assert [dialog.pages[group].accessibleName() for group in PAGES] == names


@pytest.mark.usefixtures("german_region")
def test_why_a_value_cannot_be_used_is_told_with_the_numbers_of_the_region(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts
) -> None:
    dialog = open_settings(parts)
    dialog._on_edited("max_tokens", 2_000_000)
    assert dialog.pages[Group.MODEL].rows["max_tokens"].error == "It must be at most 1.000.000."


@pytest.mark.usefixtures("other_language")
def test_why_a_value_cannot_be_used_is_told_in_the_users_language(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts
) -> None:
    dialog = open_settings(parts)
    dialog._on_edited("proxy_url", "nonsense")
    assert dialog.draft.errors == {}, "it has no effect yet"
    dialog._on_edited("proxy_mode", "manual")
    assert dialog.pages[Group.NETWORK].rows["proxy_url"].error == "[It must be an http or https address.]"


@pytest.mark.usefixtures("american_region")
def test_what_is_to_be_corrected_is_listed(dialog: SettingsDialog) -> None:
    dialog._on_edited("proxy_mode", "manual")
    dialog._on_edited("trust_system_certificates", False)
    assert dialog._footer.text() == "To be corrected: Address of the proxy and Trust the system's authorities, too"


@pytest.mark.usefixtures("american_region")
def test_a_setting_that_depends_on_several_values_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(SPECS["send_key"], depends_on=("theme", ("light", "dark")))
    monkeypatch.setattr(page, "SPECS", {**SPECS, "send_key": spec})
    note = page._why_without_effect("send_key")
    assert note == "Has an effect only with these values of “Colours”: Light and Dark."
