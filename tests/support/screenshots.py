"""Takes the pictures of the README: every step of the setup, and the chat, light and dark, from the real program.

``scripts/screenshots`` starts it. The program runs in a desktop session of its own against the demo's server. A picture
that hardly differs from the one that is there (a blinking cursor, a tenth of a second) leaves that as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from caal_desktop.demo.launcher import DemoProcess
from tests.e2e import walking
from tests.e2e.program import Program, ScreenReader
from tests.support.desktop_session import REPOSITORY, DesktopSession

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

FOLDER = REPOSITORY / "docs" / "screenshots"
THEMES = ("light", "dark")
SPEED = "60"  # tokens per second, so that the facts under an answer are those of an ordinary model
QUESTION = "Show me a small example of Python code."
SAME_BELOW = 0.004
"""Share of differing pixels below which a picture counts as the same."""


def settled(program: Program, session: DesktopSession, shoot: Callable[[Path], None], file: Path) -> None:
    """Wait until two pictures in a row are the same: nothing moves any more."""
    before = b""

    def is_still() -> bool:
        nonlocal before
        shoot(file)
        now, before = before, file.read_bytes()
        return now == before

    program.wait_until(is_still, f"{file.stem} stands still")


class Camera:
    """Takes pictures of the active window of one run.

    Args:
        session: where the program runs.
        program: the run.
        folder: where the pictures go.
        suffix: ends their names.
    """

    def __init__(self, session: DesktopSession, program: Program, folder: Path, suffix: str) -> None:
        self._session, self._program, self._folder, self._suffix = session, program, folder, suffix

    def take(self, name: str) -> None:
        """Take a picture once nothing moves, and keep it if it shows anything new."""
        with tempfile.TemporaryDirectory() as scratch:
            shot, small = Path(scratch, f"{name}.png"), Path(scratch, "small.png")
            settled(self._program, self._session, self._shoot, shot)
            # Few colours are needed for flat surfaces; the files are a fifth of the size.
            self._run("convert", shot, "-dither", "None", "-colors", "255", "-strip", "-quality", "95", f"PNG8:{small}")
            target = self._folder / f"{name}-{self._suffix}.png"
            if target.exists() and self._difference(target, small) < SAME_BELOW:
                return
            target.write_bytes(small.read_bytes())
            print(f"  {target.name}: {target.stat().st_size // 1024} KB", flush=True)

    def _shoot(self, file: Path) -> None:
        window = self._run("xdotool", "getactivewindow").stdout.strip()
        self._run("import", "-window", window, f"PNG24:{file}")

    def _difference(self, one: Path, other: Path) -> float:
        done = self._session.run(["compare", "-metric", "AE", "-fuzz", "2%", one, other, "null:"])
        if done.returncode > 1:  # they differ in size
            return 1.0
        width, height = self._run("identify", "-format", "%w %h", other).stdout.split()
        return float(done.stderr) / (int(width) * int(height))

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        done = self._session.run(command)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr}")
        return done


def walk(program: Program, camera: Camera, key: str) -> None:
    """Walk through the first run, with a picture of every step."""
    program.wait_for("wizard.provider.openrouter", "focused", "checked")
    camera.take("1-welcome")
    walking.to_key(program)
    walking.give_key(program, key)
    program.wait_for("wizard.next", "focused", "enabled")
    camera.take("2-key")
    program.press("Return")
    program.wait_for("wizard.model")
    program.wait_for("wizard.next", "enabled")
    camera.take("3-model")
    walking.to_trial(program)
    program.press("Return")
    program.wait_for("wizard.next", "focused", "enabled")
    camera.take("4-try")
    program.press("Return")
    program.wait_for("wizard.done")
    camera.take("5-done")
    walking.to_chat(program)
    program.type(QUESTION)
    program.press("Return")
    program.wait_for_text("tokens/s")
    camera.take("6-chat")
    program.press("ctrl+q")
    program.assert_ended_well()


def main() -> int:
    """Take all the pictures."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Takes the pictures of the README.")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where they go (default: %(default)s)")
    parser.add_argument("--font-scale", type=float, default=1.0, help="size of the text, to look at other sizes")
    parser.add_argument("--screen", default="1280x800", help="size of the screen, to look at small ones")
    parser.add_argument("--theme", choices=THEMES, action="append", help="one of them only")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        DesktopSession(display=True, screen=f"{options.screen}x24") as session,
        DemoProcess(["--speed", SPEED]) as demo,
        tempfile.TemporaryDirectory(prefix="caal-pictures-") as scratch,
    ):
        reader = ScreenReader(session)
        for theme in options.theme or THEMES:
            print(theme, flush=True)
            home = Path(scratch, theme)
            settings = home / "config" / "settings.json"
            settings.parent.mkdir(parents=True)
            wishes = {"schema_version": 1, "theme": theme, "font_scale": options.font_scale}
            settings.write_text(json.dumps(wishes), encoding="utf-8")
            session.clear_secrets()
            # Out of the way: what is under the pointer looks different.
            session.run(["xdotool", "mousemove", "0", "0"])
            with Program(session, reader, home, url=demo.base_url) as program:
                walk(program, Camera(session, program, options.out, theme), demo.key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
