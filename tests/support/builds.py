"""Builds what is shipped from this source tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


LAYER = ROOT / "packaging" / "provider_layer"


def build(kind: str, folder: Path, source: Path = ROOT) -> Path:
    """Build what a folder's pyproject.toml describes, with the build system that it names; return the archive."""
    built = subprocess.run(
        [sys.executable, "-P", "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.iterdir()
    return path
