"""Density in the main window: messages, the list of conversations and the composer, while they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QListWidget

from caal_desktop.storage.settings.choices import Density
from caal_desktop.widgets.common import design
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.chat.conftest import ChatWindow


def test_messages_rows_and_the_composer_follow_at_once(
    chat_window: ChatWindow, density: Callable[[Density], None]
) -> None:
    for text in ("Hello", "And now?"):
        chat_window.ask(text)
    listing = chat_window.window.findChild(QListWidget, "history.list")
    assert listing is not None
    chat_window.until(lambda: listing.count(), "the conversation in the list")
    view = chat_window.view
    turn(3)

    def measures() -> tuple[list[int], int, int]:
        assert all(item.is_exact for item in view.items)
        row = listing.visualItemRect(listing.item(0)).height()
        return [round(item.height) for item in view.items], row, chat_window.button("chat.send").height()

    heights, row, send = measures()
    density(Density.COMPACT)
    closer, smaller_row, smaller_send = measures()
    # The footer of an answer and its text stay what they are; what lies between two messages shrinks by half.
    assert closer == [height - design.GRID * 3 // 2 for height in heights]
    assert smaller_row == row - design.GRID // 2
    assert smaller_send == send - design.GRID
    assert complaints(chat_window.window) == []
    density(Density.COMFORTABLE)
    assert measures() == (heights, row, send)
