"""Files on network drives that hang for ever, the program's own ones: the program ends all the same, and in time."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from caal_desktop.app.application import QUIT_DEADLINE_S
from caal_desktop.storage.paths import AppPaths
from tests.endurance.runs import Run, finish_setup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.demo import DemoControl

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

BOUND_S = 3 * QUIT_DEADLINE_S + 1
"""Thrice what the program gives its own services, for a machine that does something else as well."""

FILES = {
    "settings": "write_settings",
    "history": "write_history",
    "draft": "write_draft",
    "cache": "write_cache",
    "log": "write_log",
    "certificates": "read_certificates",
}


def path_of(name: str, paths: AppPaths) -> str:
    """Return the path, or its beginning, of what hangs."""
    return str(
        {
            "settings": paths.settings_file.with_name("settings"),
            "history": paths.history_file,
            "draft": paths.draft_file,
            "cache": paths.cache_dir,
            "log": paths.log_dir,
            "certificates": paths.config_dir / "authorities.pem",
        }[name]
    )


def run_with(names: list[str], folder: Path, demo: DemoControl, end: str | None) -> tuple[int, float, Run]:
    """Run the program, have files hang, end it; return its status, how long that took, and the run."""
    finish_setup(folder / "home", demo)
    paths = AppPaths.below(folder / "home")
    (paths.config_dir / "authorities.pem").write_text("none")
    hang = [
        entry
        for name in names
        # A file that is replaced as a whole is written beside itself at first.
        for entry in (path_of(name, paths), path_of(name, paths).replace("config/", "config/."))
    ]
    if "draft" in names:
        hang.append(str(paths.draft_file.with_name(f".{paths.draft_file.name}")))
    steering = {"hang": hang, "do": [FILES[name] for name in names], "end": end}
    with Run(folder, demo, [], steering) as run:
        run.wait_for_line("hanging")
        if "log" not in names:
            run.wait_for_line("asked")
        began = time.monotonic()
        if end is None:
            run.process.send_signal(signal.SIGTERM)
        status = run.wait_for_end()
        return status, time.monotonic() - began, run


CASES = [[name] for name in FILES] + [
    ["settings", "history", "cache", "log"],
    ["settings", "history", "draft", "cache", "certificates"],
    list(FILES),
]


@pytest.mark.parametrize("end", [None, "close_window"], ids=["SIGTERM", "window closed"])
@pytest.mark.parametrize("names", CASES, ids=lambda names: "+".join(names))
def test_a_hanging_file_does_not_hold_the_end(
    demo: DemoControl,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    names: list[str],
    end: str | None,
) -> None:
    status, took_s, run = run_with(names, tmp_path, demo, end)
    assert status == 0, run.report()
    assert "Traceback" not in run.errors.read_text(), run.report()
    run.wait_for_relatives()
    assert took_s < BOUND_S, run.report()
    record_property("ended_after_s", took_s)
    with Run(tmp_path, demo, [], {"end": "close_window"}) as after:
        assert after.wait_for_end() == 0, "the next start has the files again, and is like any other"
        assert "Traceback" not in after.errors.read_text(), after.report()


def test_the_files_do_hang(demo: DemoControl, tmp_path: Path) -> None:
    """The positive control: what is to be written is not, and is where nothing hangs."""
    paths = AppPaths.below(tmp_path / "home")
    run_with(["settings", "draft"], tmp_path, demo, None)
    assert "history_days" not in paths.settings_file.read_text()
    assert not paths.draft_file.exists()
    finish_setup(tmp_path / "home", demo)
    steering = {"do": [FILES["settings"], FILES["draft"]]}
    with Run(tmp_path, demo, [], steering) as run:
        run.wait_for_line("hanging")
        run.wait_for_line("asked")
        run.process.send_signal(signal.SIGTERM)
        assert run.wait_for_end() == 0, run.report()
    assert "history_days" in paths.settings_file.read_text()
    assert paths.draft_file.exists()


def test_workers_that_hang_lose_no_setting_and_no_draft(demo: DemoControl, tmp_path: Path) -> None:
    finish_setup(tmp_path / "home", demo)
    paths = AppPaths.below(tmp_path / "home")
    steering = {
        "hang": [path_of("certificates", paths)],
        "do": ["hang_workers", FILES["settings"], FILES["draft"]],
        "end": "close_window",
    }
    with Run(tmp_path, demo, [], steering) as run:
        assert run.wait_for_end() == 0, run.report()
        assert "Traceback" not in run.errors.read_text(), run.report()
    assert "history_days" in paths.settings_file.read_text()
    assert paths.draft_file.exists()
