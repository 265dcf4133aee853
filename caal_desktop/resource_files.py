"""The program's resource files: inside an installed package, or beside it in a source tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def resource_root() -> Path:
    """Return the folder with ``icons``, ``demo``, ``styles`` and ``translations``."""
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def read_resource(relative: str) -> bytes:
    """Return the content of a resource file.

    Args:
        relative: its path below :func:`resource_root`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return (resource_root() / relative).read_bytes()
