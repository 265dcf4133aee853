#!/usr/bin/env python3
"""Writes constraints.txt and constraints-openai2.txt: the pinned versions of everything that the set-up installs.

Run it with one interpreter of each supported Python, after a dependency in a pyproject.toml has changed or to take
newer releases in::

    python scripts/update_constraints.py python3.11 python3.12 python3.13

Each interpreter gets a throw-away environment with the newest releases that pyproject.toml allows, and another one of
the provider layer with the oldest openai that its own pyproject.toml allows: the voice agent's. Everything else is the
same there, so that what differs between the two is due to the SDK. A package whose version, or presence, depends on the
Python is pinned once for each group of Pythons, with a marker.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYER = ROOT / "packaging" / "provider_layer"
HEADER = """\
# The versions that the set-up installs, written by scripts/update_constraints.py. Taken on Linux: what only other
# systems need is not pinned.
"""
LAYER_HEADER = HEADER + "# For the provider layer as the voice agent has it, with openai 2.\n"
BUILD = ("hatchling", "editables")


def freeze(python: str, *wanted: str, constraints: str = "") -> tuple[str, dict[str, str]]:
    """Installs what is wanted and what builds it, and returns the Python's version and what was installed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        file = Path(folder, "constraints.txt")
        file.write_text(constraints, encoding="utf-8")
        venv_python = str(Path(folder, "bin", "python"))
        pip = [venv_python, "-I", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-q", "--prefer-binary", "-c", file, *wanted, *BUILD], check=True)
        lines = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout.split("\n")
        version = subprocess.run(
            [venv_python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    # What is not pinned by "==" comes from a path: the project itself.
    return version, dict(line.split("==") for line in lines if "==" in line)


def marker(pythons: list[str], every: list[str]) -> str:
    """Return the environment marker that holds for exactly these Pythons; both lists are in ascending order."""
    if pythons == every:
        return ""
    if len(pythons) == 1 and pythons[0] not in (every[0], every[-1]):
        return f' ; python_version == "{pythons[0]}"'
    if pythons == every[: len(pythons)]:
        return f' ; python_version < "{every[len(pythons)]}"'
    if pythons == every[-len(pythons) :]:
        return f' ; python_version >= "{pythons[0]}"'
    return " ; " + " or ".join(f'python_version == "{python}"' for python in pythons)


def merge(frozen: dict[str, dict[str, str]]) -> str:
    """Return the lines of one constraints file out of what each Python got."""
    every = sorted(frozen, key=lambda python: tuple(map(int, python.split("."))))
    pins: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for python in every:
        for name, version in frozen[python].items():
            pins[name][version].append(python)
    return "".join(
        f"{name}=={version}{marker(pythons, every)}\n"
        for name in sorted(pins, key=str.lower)
        for version, pythons in pins[name].items()
    )


def oldest_openai() -> str:
    """Return the requirement for the oldest openai that the layer's pyproject.toml allows, with its corrections."""
    oldest = re.search(r'"openai>=([\d.]+)', LAYER.joinpath("pyproject.toml").read_text("utf-8"))
    assert oldest is not None
    return f"openai=={oldest[1]}.*"


def main() -> None:
    """Asks every interpreter that the command line names."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    pins = merge(dict(freeze(python, f"{ROOT}[dev,foreign-server]") for python in sys.argv[1:]))
    Path(ROOT, "constraints.txt").write_text(HEADER + pins, encoding="utf-8")
    same = re.sub(r"^openai==.*\n", "", pins, flags=re.MULTILINE)
    layer = (f"{LAYER}[tests]", oldest_openai())
    pins = merge(dict(freeze(python, *layer, constraints=same) for python in sys.argv[1:]))
    Path(ROOT, "constraints-openai2.txt").write_text(LAYER_HEADER + pins, encoding="utf-8")


if __name__ == "__main__":
    main()
