"""Settings and keys in the real program, by keyboard; and a search for the key wherever it must not be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e import walking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession


def test_a_changed_setting_is_kept_and_a_removed_key_is_gone_everywhere(
    start: Start, session: DesktopSession, demo: DemoControl, tmp_path: Path
) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        assert [item.secret for item in session.secret_items()] == [demo.key]
        program.press("ctrl+comma")
        program.wait_for("settings.pages", "focused")
        program.wait_for("keycard.openrouter.left", name="of $5.00")
        # Found by the search, changed by keyboard, in force with OK.
        program.press("ctrl+f")
        program.wait_for("settings.search", "focused")
        program.type("longest answer")
        program.press("Return")
        program.wait_for("settings.max_tokens", "focused")
        program.press("ctrl+a")
        program.type("512")
        program.choose("settings.ok")
        program.wait_for_setting("max_tokens", 512)
        # The dialog opens where it was left; the keys are on its first page.
        program.press("ctrl+comma")
        program.wait_for("settings.pages", "focused")
        program.press("Home")
        program.choose("keycard.openrouter.remove")
        program.wait_for("keycard.openrouter.confirm.remove")
        program.choose("keycard.openrouter.confirm.remove")
        program.wait_for("keycard.openrouter.message.title", name="The key is gone")
        assert session.secret_items() == []
        program.choose("settings.cancel")
        program.wait_for_text("There is no key")
        program.press("ctrl+q")
        program.assert_ended_well()
    program.assert_hides(demo.key)
    for file in program.home.rglob("*"):
        if file.is_file():
            assert demo.key.encode() not in file.read_bytes(), file
    settings = json.loads(next(program.home.rglob("settings.json")).read_text("utf-8"))
    assert settings.get("providers", {}).get("openrouter", {}).get("key_store", "none") == "none"
