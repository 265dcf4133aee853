"""Where the program's resource files are: inside an installed package, or beside it in a source tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def resource_root() -> Path:
    """The folder that holds ``icons``, ``demo``, ``styles`` and ``translations``."""
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def read_resource(relative: str) -> bytes:
    """The content of one resource file.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return (resource_root() / relative).read_bytes()
