"""What the wheel holds and asks for, and that it works where there is no source tree."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def metadata(content: dict[str, bytes]) -> email.message.Message:
    (name,) = (name for name in content if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(content[name])


def source_files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


def test_every_module_and_every_resource_is_inside(content: dict[str, bytes]) -> None:
    modules = source_files("caal_desktop")
    resources = {f"caal_desktop/{name}" for name in source_files("resources")}
    assert "caal_desktop/__init__.py" in modules
    assert any(name.endswith(".svg") for name in resources)
    assert modules | resources == {name for name in content if name.startswith("caal_desktop/")}


def test_nothing_else_is_inside(content: dict[str, bytes]) -> None:
    tops = {name.partition("/")[0] for name in content}
    assert tops == {"caal_desktop", f"caal_desktop-{PROJECT['version']}.dist-info"}


def test_the_source_archive_holds_all_of_the_project(sdist: Path) -> None:
    top = f"caal_desktop-{PROJECT['version']}/"
    with tarfile.open(sdist) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
    executable = {member.name.removeprefix(top) for member in members if member.mode & 0o100}
    assert {"scripts/run", "scripts/test"} <= executable
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    # An archive that was unpacked is no checkout: there this compares with nothing.
    tracked = {name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()}
    assert tracked - {member.name.removeprefix(top) for member in members} == set()


def test_the_command_is_there(content: dict[str, bytes]) -> None:
    (name,) = (name for name in content if name.endswith(".dist-info/entry_points.txt"))
    points = ConfigParser()
    points.read_string(content[name].decode())
    assert dict(points["gui_scripts"]) == {"caal-desktop": "caal_desktop.__main__:main"}
    assert "caal_desktop/__main__.py" in content


def test_the_metadata_says_who_and_what(metadata: email.message.Message) -> None:
    assert metadata["Name"] == "caal-desktop"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["License-Expression"] == "MIT"
    assert "# CAAL Desktop" in metadata.get_payload()


def test_its_addresses_claim_no_place_of_its_own(metadata: email.message.Message) -> None:
    # By these labels an index shows an address as this project's own, and it has none yet.
    own = {"homepage", "source", "repository", "sourcecode", "github", "download", "issues", "tracker", "bugtracker"}
    own |= {"bugreports", "documentation", "docs", "changelog", "changes", "whatsnew", "history", "releasenotes"}
    own |= {"funding", "sponsor", "donate", "donation"}
    labels = {line.split(",")[0] for line in metadata.get_all("Project-URL", [])}
    assert labels == set(PROJECT["urls"])
    assert not own & {re.sub(r"[\W_]", "", label.lower()) for label in labels}


@pytest.mark.parametrize(
    ("python", "good", "bad"),
    [("3.11", "6.11.3", "6.12.0"), ("3.12", "6.12.0", "6.11.3"), ("3.13", "6.12.0", "6.11.3")],
)
def test_each_python_gets_a_pyside_that_works_with_it(
    metadata: email.message.Message, python: str, good: str, bad: str
) -> None:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    asked = [r for r in requirements if canonicalize_name(r.name) == "pyside6-essentials"]
    (pyside,) = (r for r in asked if r.marker and r.marker.evaluate({"python_version": python, "extra": ""}))
    assert pyside.specifier.contains(good)
    assert not pyside.specifier.contains(bad)
    # The full package brings a web engine along.
    assert not {"pyside6", "pyside6-addons"} & {canonicalize_name(r.name) for r in requirements}


def test_it_works_away_from_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    program = """
import sys
sys.path.insert(0, sys.argv[1])
import caal_desktop, caal_desktop.resource_files as files
assert caal_desktop.__file__.startswith(sys.argv[1]), caal_desktop.__file__
assert str(files.resource_root()).startswith(sys.argv[1]), files.resource_root()
print(len(files.read_resource("icons/info.svg")) > 0, caal_desktop.__version__)
"""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path / "installed")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (f"True {PROJECT['version']}\n", "")
