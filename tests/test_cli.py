"""The command line, as a user and a shell see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from caal_desktop import __version__, cli

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the program with nothing in its environment but what is given here."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "caal_desktop", *arguments],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"CAAL Desktop {__version__}\n", "")


def test_the_help_names_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "--demo" in done.stdout
    assert "--verbose" in done.stdout


def test_a_mistake_is_said_and_starts_nothing() -> None:
    done = run("--dmeo")
    assert done.returncode == 2
    assert "--dmeo" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_it_says_so_and_how_to_get_one(tmp_path: Path) -> None:
    done = run("--demo", CAAL_DESKTOP_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "there is no display" in done.stderr
    assert "xvfb-run -a ./scripts/run --demo" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists(), "nothing has been written"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/api/v1",
        "http://10.0.0.1/api/v1",
        "http://localhost.example.com/api/v1",
        "ftp://localhost/api/v1",
        "http://user:s3cr3t@localhost/api/v1",
        "nonsense",
    ],
)
def test_another_openrouter_elsewhere_is_refused(url: str, tmp_path: Path) -> None:
    done = run(QT_QPA_PLATFORM="offscreen", CAAL_DESKTOP_OPENROUTER_URL=url, CAAL_DESKTOP_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert done.stderr.startswith("caal-desktop: CAAL_DESKTOP_OPENROUTER_URL is refused: ")
    assert "s3cr3t" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_another_openrouter_on_this_machine_is_taken() -> None:
    url = "http://127.0.0.1:8080/api/v1"
    assert cli.stand_ins({"CAAL_DESKTOP_OPENROUTER_URL": url}) == {"openrouter": url}
    assert cli.stand_ins({"CAAL_DESKTOP_OPENROUTER_URL": "  "}) == {}
    assert cli.stand_ins({}) == {}


@pytest.mark.parametrize(
    ("environment", "platform", "opens"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_where_a_window_can_be_opened(environment: dict[str, str], platform: str, opens: bool) -> None:
    assert (cli.display_error(environment, platform) == "") is opens


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
@pytest.mark.parametrize("environment", [{"QT_QPA_PLATFORM": "nonsense"}, {"DISPLAY": "nowhere:77"}])
def test_where_qt_cannot_open_a_window_it_says_what_to_do_and_leaves_no_core(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = run(CAAL_DESKTOP_HOME=str(tmp_path / "home"), HOME=str(tmp_path), **environment)
    assert done.returncode == 2
    assert "caal-desktop: Qt cannot open a window here" in done.stderr
    assert "apt install libxcb-cursor0" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["PySide6.QtCore", "PySide6.QtWidgets", "qasync"])
def test_a_part_that_cannot_be_loaded_is_named_without_a_traceback(missing: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules['{missing}'] = None; from caal_desktop import cli; sys.exit(cli.run([]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"CAAL_DESKTOP_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("caal-desktop: a part of the program cannot be loaded: ")
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
def test_ctrl_c_during_the_start_ends_it_without_a_word() -> None:
    code = """
import os, signal, sys
from caal_desktop import __main__, cli
# A run in the background of a shell has it ignored, and that is handed down.
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.run = lambda _arguments: os.kill(os.getpid(), signal.SIGINT)
sys.exit(__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
