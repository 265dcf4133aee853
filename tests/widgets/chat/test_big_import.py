"""A conversation of 290 MB in 100,000 messages is imported, shown and exported, and the window is never stuck."""

from __future__ import annotations

import json
import random
import resource
import time
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTimer

from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.widgets.chat.conftest import ChatWindow

MESSAGES = 100_000
WORDS_OF_EACH = 400
LARGEST_SHARE = 0.3
"""How much of the time that each part takes the window may stand still at most."""


def write_big(file: Path, messages: int) -> None:
    """Write an exported conversation, without having it in memory."""
    chance = random.Random(1)  # noqa: S311 - the same text every time
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randrange(2, 11))) for _ in range(5000)]
    head = {"format": "caal-desktop-conversation", "version": 1, "title": "Big", "created": 1.7e9, "options": {}}
    with file.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head)[:-1] + ', "messages": [\n')
        for number in range(messages):
            message = {
                "id": f"m{number}",
                "parent": f"m{number - 1}" if number else None,
                "role": "assistant" if number % 2 else "user",
                "status": "complete",
                "created": 1.7e9 + number,
                "text": " ".join(chance.choices(words, k=WORDS_OF_EACH)),
            }
            out.write(("," if number else "") + json.dumps(message) + "\n")
        out.write("]}\n")


class Heart:
    """Beats in the window's own loop; the longest pause between two beats is how long it was stuck."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.monotonic()
        self._timer = QTimer(interval=10)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now

    def take(self) -> float:
        """Return the longest pause since the last time."""
        longest, self.longest = self.longest, 0.0
        return longest

    def stop(self) -> None:
        self._timer.stop()


def until(condition: Callable[[], object]) -> None:
    while not condition():
        turn(1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_big_conversation_comes_in_and_goes_out_beside_the_chat(
    chat_window: ChatWindow, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    file = tmp_path / "big.json"
    write_big(file, MESSAGES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    transfer = chat_window.history.transfer
    told: list[object] = []
    for signal in (transfer.imported, transfer.exported, transfer.failed):
        signal.connect(told.append)
    heart = Heart()
    try:
        began = time.monotonic()
        transfer.import_file(file)
        until(lambda: told)
        record_property("megabytes", file.stat().st_size / 1e6)
        record_property("seconds of the import", seconds := time.monotonic() - began)
        record_property("longest stall of the import", stall := heart.take())
        shares = [stall / seconds]
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        record_property("megabytes of memory more, at the most", peak)
        began = time.monotonic()
        until(lambda: len(chat_window.chat.messages) == MESSAGES)
        turn(50)
        record_property("seconds until it is shown", seconds := time.monotonic() - began)
        record_property("longest stall when it is shown", stall := heart.take())
        shares.append(stall / seconds)
        began = time.monotonic()
        transfer.export(chat_window.history.current, tmp_path / "out.json")
        until(lambda: len(told) == 2)
        record_property("seconds of the export", seconds := time.monotonic() - began)
        record_property("longest stall of the export", stall := heart.take())
        shares.append(stall / seconds)
    finally:
        heart.stop()
    assert told[1] == str(tmp_path / "out.json")
    assert max(shares) < LARGEST_SHARE, shares
    assert peak < 200
