"""The picker over real services and the demo server: what it remembers, what it asks for, what it hands back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.item_models.model_list import ModelRole
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.caches.catalogue_cache import CatalogueCache
from caal_desktop.storage.settings.schema import MAX_FAVOURITE_MODELS
from caal_desktop.widgets.common.message_panel import MessageKind
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.picker.vanished_notice import VanishedNotice
from tests.support.picker_states import SIZES
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
PUBLIC = Connection("openrouter")


@pytest.fixture
def opened(parts: Parts) -> Parts:
    parts.open_catalogue()
    return parts


def dialog_of(parts: Parts, qtbot: QtBot, current: str = "") -> PickerDialog:
    dialog = PickerDialog(parts.catalogue, parts.settings, current)
    qtbot.addWidget(dialog)
    dialog.resize(*SIZES["wide"])
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    turn(3)
    return dialog


def plain_ids(parts: Parts) -> list[str]:
    return [m.id for m in parts.catalogue.current.models if not m.variant and not m.is_alias]


def test_the_search_has_the_focus_also_when_the_list_comes_later(parts: Parts, qtbot: QtBot) -> None:
    dialog = dialog_of(parts, qtbot)
    assert not dialog.pane.search.isEnabled()
    parts.open_catalogue()
    qtbot.waitUntil(dialog.pane.search.isEnabled)
    assert dialog.focusWidget() is dialog.pane.search


def test_nothing_changes_until_it_is_confirmed(opened: Parts, qtbot: QtBot) -> None:
    current = plain_ids(opened)[0]
    opened.settings.update(openrouter_model=current)
    dialog = dialog_of(opened, qtbot, current)
    assert dialog.pane.chosen == current
    picked: list[str] = []
    dialog.modelPicked.connect(picked.append)
    qtbot.keyClick(dialog.pane.search, Key.Key_Down)
    qtbot.keyClick(dialog.pane.search, Key.Key_Escape)
    assert picked == []
    assert not dialog.isVisible()
    again = dialog_of(opened, qtbot, current)
    again.modelPicked.connect(picked.append)
    qtbot.keyClicks(again.pane.search, "haiku")
    best = again.pane.list.currentIndex().data(ModelRole.ID)
    qtbot.keyClick(again.pane.search, Key.Key_Return)
    assert picked == [best]
    assert opened.settings.current.of().model == current, "the caller decides what to do with it"
    assert opened.settings.current.recent_models == ()


def test_favourites_are_kept(opened: Parts, qtbot: QtBot, make_parts: Callable[..., Parts]) -> None:
    dialog = dialog_of(opened, qtbot, plain_ids(opened)[3])
    dialog.pane.list.setFocus()
    qtbot.keyClick(dialog.pane.list, Key.Key_D, CTRL)
    assert opened.settings.current.favourite_models == (plain_ids(opened)[3],)
    assert dialog.pane.details.star.isChecked()
    index = dialog.pane.list.currentIndex()
    assert "favourite" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    dialog.pane.details.star.click()
    assert opened.settings.current.favourite_models == ()
    dialog.pane.details.star.click()
    dialog.close()
    opened.close()
    second = make_parts()
    assert second.settings.current.favourite_models == (plain_ids(opened)[3],)
    second.catalogue.open(PUBLIC)
    later = dialog_of(second, qtbot)
    second.until(lambda: later.pane.list.model().rowCount() > 10, "the list")
    texts = [later.pane.list.model().index(row, 0).data() for row in range(4)]
    assert any(text.startswith("Favourites, 1 ") for text in texts)


def test_one_favourite_too_many_gets_no_star(opened: Parts, qtbot: QtBot) -> None:
    """A star that lights up and is not kept would be missed at the next start."""
    full = tuple(f"vendor/model-{number}" for number in range(MAX_FAVOURITE_MODELS))
    opened.settings.update(favourite_models=full)
    dialog = dialog_of(opened, qtbot, plain_ids(opened)[3])
    dialog.pane.details.star.click()
    assert opened.settings.current.favourite_models == full
    assert not dialog.pane.details.star.isChecked()


def test_models_used_last_are_listed(opened: Parts, qtbot: QtBot) -> None:
    first, second = plain_ids(opened)[:2]
    opened.settings.set(opened.settings.current.with_model(first).with_model(second))
    dialog = dialog_of(opened, qtbot, second)
    rows = dialog.pane.list.model()
    texts = [rows.index(row, 0).data() for row in range(6)]
    place = texts.index("Used last, 2 models")
    assert [rows.index(place + n, 0).data(ModelRole.ID) for n in (1, 2)] == [second, first]


def test_the_server_s_order_is_asked_for_when_it_is_chosen(opened: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    dialog = dialog_of(opened, qtbot)
    demo.clear_requests()
    demo.fault("slow_models", 0.3, path="/models", times=1)
    dialog.pane.orders.set_order(SortOrder.THROUGHPUT)
    opened.until(lambda: dialog.pane.message.kind is MessageKind.BUSY, "the wait")
    assert dialog.pane.list.isVisible(), "the list stays while the order is on its way"
    opened.until(lambda: not dialog.pane.message.isVisible(), "the order")
    (asked,) = demo.requests("/models")
    assert asked["query"]["sort"] == "throughput-high-to-low"
    ids = opened.catalogue.orders.order(SortOrder.THROUGHPUT).ids
    usable = {row.id for row in opened.catalogue.current.models} & set(ids)
    listed = [dialog.pane.list.model().index(row, 0).data(ModelRole.ID) for row in range(20)]
    assert listed == [model_id for model_id in ids if model_id in usable and model_id in set(listed)]


def test_an_order_that_does_not_come_is_said(opened: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    dialog = dialog_of(opened, qtbot)
    demo.fault("html_200", path="/models", times=1)
    dialog.pane.orders.set_order(SortOrder.POPULAR)
    opened.until(lambda: dialog.pane.message.kind is MessageKind.WARNING, "the failure")
    assert dialog.pane.message.title == "This order could not be fetched"
    retry = dialog.pane.message.button("order")
    assert retry is not None
    retry.click()
    opened.until(lambda: not dialog.pane.message.isVisible(), "the order")


def test_hosts_come_on_demand(opened: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    dialog = dialog_of(opened, qtbot, plain_ids(opened)[0])
    opened.until(lambda: dialog.pane.details.hosts_button.isVisible(), "the details")
    demo.clear_requests()
    demo.fault("html_200", path="/endpoints", times=1)
    dialog.pane.details.hosts_button.click()
    hosts = dialog.pane.details.hosts
    assert hosts.message.kind is MessageKind.BUSY
    opened.until(lambda: hosts.message.kind is MessageKind.ERROR, "the failure")
    retry = hosts.findChild(QPushButton, f"{hosts.objectName()}.message.retry")
    assert retry is not None
    retry.click()
    opened.until(lambda: hosts.table.isVisible(), "the hosts")
    assert hosts.table.model().rowCount() > 0
    qtbot.keyClick(hosts.table, Key.Key_Escape)
    assert not dialog.pane.details.shows_hosts
    assert dialog.isVisible()


def test_a_missing_model_comes_with_a_suggestion(opened: Parts, qtbot: QtBot) -> None:
    dialog = dialog_of(opened, qtbot, "anthropic/claude-haiku-0.1")
    opened.until(lambda: dialog.pane.message.button("replace") is not None, "the suggestion")
    button = dialog.pane.message.button("replace")
    assert button is not None
    button.click()
    assert "haiku" in dialog.pane.chosen
    assert dialog.pane.list.currentIndex().data(ModelRole.ID) == dialog.pane.chosen
    assert not dialog.pane.message.isVisible()


def press(notice: VanishedNotice, name: str) -> None:
    button = notice.message.button(name)
    assert button is not None, name
    button.click()


def test_the_main_window_s_notice(opened: Parts, qtbot: QtBot) -> None:
    notice = VanishedNotice(opened.catalogue, opened.settings)
    qtbot.addWidget(notice)
    gone = "anthropic/claude-haiku-0.1"
    opened.settings.update(openrouter_model=gone)
    opened.until(lambda: notice.message.button("replace") is not None, "the notice")
    with qtbot.waitSignal(notice.pickRequested):
        press(notice, "pick")
    press(notice, "replace")
    assert "haiku" in opened.settings.current.of().model != gone
    assert notice.isHidden()
    opened.settings.update(openrouter_model=gone)
    opened.until(lambda: not notice.isHidden(), "the notice again")
    press(notice, "keep")
    assert notice.isHidden()
    assert opened.settings.current.of().model == gone


def test_the_cache_opens_without_a_network(
    opened: Parts, qtbot: QtBot, make_parts: Callable[..., Parts], nowhere: str
) -> None:
    path = CatalogueCache(opened.home / "catalogue", "openrouter").path
    opened.until(path.exists, "the cached list")
    count = len(opened.catalogue.current.models)
    opened.close()
    offline = make_parts(nowhere)
    offline.catalogue.open(PUBLIC)
    dialog = dialog_of(offline, qtbot)
    offline.until(lambda: len(dialog.pane.browser.view) == count, "the cached list")
    offline.catalogue.refresh()
    offline.until(lambda: dialog.pane.message.title.startswith("Offline"), "the age")
    assert dialog.pane.list.isVisible()
    qtbot.keyClicks(dialog.pane.search, "haiku")
    assert dialog.pane.browser.listing.found > 0
    assert path.exists(), "a failure leaves the cache"


def test_its_size_is_remembered(opened: Parts, qtbot: QtBot) -> None:
    dialog = dialog_of(opened, qtbot)
    dialog.resize(777, 555)
    dialog.reject()
    assert opened.settings.current.picker_geometry
    again = PickerDialog(opened.catalogue, opened.settings, "")
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (777, 555)
