"""What the shell scripts decide."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CHOOSE = """
ROOT=$PWD
. scripts/lib.sh
show() { printf '%s\\n' "$@"; }
for_layer show "$@"
"""


@pytest.mark.parametrize(
    ("arguments", "of_the_layer"),
    [
        ([], ["tests/llm"]),
        (["-m", "not e2e", "-x"], ["tests/llm", "-m", "not e2e", "-x"]),
        (["--long", "-k", "stream or sse"], ["tests/llm", "--long", "-k", "stream or sse"]),
        (["tests"], ["tests/llm"]),
        (["tests/llm", "-x"], ["tests/llm", "-x"]),
        (["tests/widgets", "tests/llm/test_sse.py::test_x", "-q"], ["tests/llm/test_sse.py::test_x", "-q"]),
        (["tests/llm/test_sse.py", "tests/test_cli.py"], ["tests/llm/test_sse.py"]),
        (["tests/test_cli.py", "-x"], None),
        (["tests/test_cli.py::test_help"], None),
    ],
)
def test_the_layers_tests_run_with_openai_2_where_they_are_chosen(
    arguments: list[str], of_the_layer: list[str] | None
) -> None:
    ran = subprocess.run(
        ["sh", "-eu", "-c", CHOOSE, "sh", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == (of_the_layer or [])
