#!/usr/bin/env python3
"""Collect the program's texts into the translators' files, and make what the program loads of them.

    .venv/bin/python scripts/update_translations.py        # all languages that there are
    .venv/bin/python scripts/update_translations.py de     # and German, from now on

The files are ``resources/translations/caal_desktop_<language>.ts``, for Qt Linguist or any text editor, and the ``.qm``
files beside them. English has the plurals alone: everything else is written in the code.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import PySide6

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
NAME = "caal_desktop"
SOURCE_LANGUAGE = "en"


def ts_file(language: str, folder: Path = FOLDER) -> Path:
    """Return the translators' file of a language."""
    return folder / f"{NAME}_{language}.ts"


def collect(target: Path, language: str) -> None:
    """Bring a translators' file up to date with the texts in the code; translations are kept.

    Raises:
        subprocess.CalledProcessError: lupdate failed, or warned of something.
    """
    options = ["-pluralonly"] if language == SOURCE_LANGUAGE else []
    # Names of files and lines would change with every change of the code.
    options += ["-locations", "none", "-no-obsolete", "-silent", "-warnings-are-errors"]
    options += ["-source-language", SOURCE_LANGUAGE, "-target-language", language]
    _run_tool("lupdate", *options, "-extensions", "py", "caal_desktop", "-ts", str(target))


def release(source: Path, target: Path) -> None:
    """Make what the program loads of a translators' file.

    Raises:
        subprocess.CalledProcessError: lrelease failed.
    """
    _run_tool("lrelease", "-silent", str(source), "-qm", str(target))


def _run_tool(name: str, *arguments: str) -> None:
    # The tool itself, not its Python wrapper: the wrapper hides its exit status.
    tool = Path(PySide6.__file__).parent / (f"{name}.exe" if sys.platform == "win32" else name)
    subprocess.run([tool, *arguments], cwd=ROOT, check=True)


def main(wanted: list[str]) -> int:
    """Update all languages that there are, and those named."""
    there = [path.stem.removeprefix(f"{NAME}_") for path in FOLDER.glob(f"{NAME}_*.ts")]
    for language in sorted({SOURCE_LANGUAGE, *there, *wanted}):
        source = ts_file(language)
        collect(source, language)
        release(source, source.with_suffix(".qm"))
        print(source.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
