"""A program that is killed in the middle of an answer: what was on the screen is there at the next start.

So is what was being written meanwhile.
"""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.e2e import walking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.support.demo import DemoControl


def draft(folder: Path) -> str:
    """Return what the file with the draft holds; "" where there is none."""
    return "".join(file.read_text("utf-8") for file in (folder / "profile").rglob("draft.json"))


def test_a_killed_program_shows_the_answer_again(start: Start, demo: DemoControl, tmp_path: Path) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        demo.fault("stall_after", 8)
        program.type(walking.QUESTION)
        program.press("Return")

        def kept() -> str:
            for file in (tmp_path / "profile").rglob("conversations.db"):
                with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
                    rows = reader.execute(
                        "SELECT text FROM message WHERE role = 'assistant' UNION ALL "
                        "SELECT * FROM (SELECT text FROM piece ORDER BY seq)"
                    ).fetchall()
                    return "".join(row[0] for row in rows)
            return ""

        program.wait_until(kept, "the first words are on the disk")
        demo.wait_for_open_streams(1)
        program.type("meanwhile, written")
        program.wait_until(lambda: "meanwhile, written" in draft(tmp_path), "what is being written is on the disk")
        program.process.send_signal(signal.SIGKILL)
        program.process.wait(10)
        words = kept()
    demo.wait_for_open_streams(0)
    demo.clear_faults()
    with start() as program:
        walking.in_chat(program)
        program.wait_until(lambda: words.strip()[:20] in program.wait_for("chat.message.1").name, "the answer is there")
        program.wait_for("chat.composer.edit", text="meanwhile, written")
        program.close_window()
        program.assert_ended_well()
