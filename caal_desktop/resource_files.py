"""The program's resource files: inside an installed package, or beside it in a source tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

_missing: Final[set[str]] = set()


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
        OSError: the installation is incomplete.
    """
    try:
        return (resource_root() / relative).read_bytes()
    except OSError:
        _missing.add(relative)
        raise


class InstallationIncomplete(DescribedError):  # noqa: N818 - a message names what happened
    """Some of the program's own files cannot be read. Params: ``folder``."""

    what = QT_TRANSLATE_NOOP("InstallationIncomplete", "Some of CAAL Desktop's own files are missing.")
    why = QT_TRANSLATE_NOOP("InstallationIncomplete", "They cannot be read from {folder}.")
    advice = QT_TRANSLATE_NOOP(
        "InstallationIncomplete", "Install CAAL Desktop again. Until then it works without its pictures."
    )


def incomplete_installation() -> InstallationIncomplete | None:
    """Return what to tell the user where resource files were missing so far; None where none were."""
    return InstallationIncomplete({"folder": str(resource_root())}) if _missing else None
