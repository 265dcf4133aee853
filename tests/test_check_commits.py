"""The check of commit messages, with a repository of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "check_commits.py"
AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose branch ``main`` has one commit, with a message that is not checked."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    commit(tmp_path, "an old message.")
    subprocess.run(["git", "switch", "-q", "-c", "topic"], cwd=tmp_path, check=True)
    return tmp_path


def commit(repository: Path, message: str) -> None:
    arguments = ["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message]
    subprocess.run(["git", *AUTHOR, *arguments], cwd=repository, check=True)


def check(repository: Path, base: str = "main") -> tuple[int, str]:
    """Return the check's exit status and output."""
    ran = subprocess.run(
        [sys.executable, SCRIPT, base],
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_good_message_passes(repository: Path) -> None:
    commit(repository, "Say “why” in the body, and keep the subject to seventy-two characters: –\n\nBecause.\n")
    assert check(repository) == (0, "")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("S" * 73 + "\n\nWhy.", "the subject has 73 characters, 1 too many"),
        ("Change something", "no body says why"),
        ("Change something\nand more\n\nWhy.", "no empty line follows the subject"),
    ],
    ids=["long", "without a body", "without an empty line"],
)
def test_each_error_is_reported_with_its_commit(repository: Path, message: str, error: str) -> None:
    commit(repository, message)
    commit(repository, "Change something else\n\nFor a reason.")
    status, said = check(repository)
    assert (status, said.count("\n")) == (1, 2)
    assert message.partition("\n")[0] in said
    assert error in said


def test_without_such_a_base_it_says_so(repository: Path) -> None:
    status, said = check(repository, "nowhere")
    assert status == 2
    assert "nowhere" in said
