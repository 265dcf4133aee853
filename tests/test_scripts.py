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


FINGERPRINTS = """
. "$1/lib.sh"
for level in run test openai2; do
    choose_venv "$level"
    printf '%s %s\\n' "$VENV" "$(fingerprint 3.11.7 "$level")"
done
"""


@pytest.mark.parametrize(
    ("changed", "outdated"),
    [
        ("pyproject.toml", {".venv"}),
        ("constraints.txt", {".venv"}),
        ("packaging/provider_layer/pyproject.toml", {".venv-openai2"}),
        ("constraints-openai2.txt", {".venv-openai2"}),
        ("README.md", set()),
    ],
)
def test_an_environment_is_set_up_again_when_what_it_is_made_of_changes(
    tmp_path: Path, changed: str, outdated: set[str]
) -> None:
    for name in ("pyproject.toml", "constraints.txt", "constraints-openai2.txt", "README.md"):
        (tmp_path / name).write_text(name)
    (tmp_path / "packaging" / "provider_layer").mkdir(parents=True)
    (tmp_path / "packaging" / "provider_layer" / "pyproject.toml").write_text("the layer's")

    def lines() -> set[str]:
        ran = subprocess.run(
            ["sh", "-eu", "-c", FINGERPRINTS, "sh", ROOT / "scripts"],
            env={"ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        return set(ran.stdout.splitlines())

    before = lines()
    assert len(before) == 2, "an environment each for the program and for the layer"
    (tmp_path / changed).write_text("changed")
    assert {Path(line.split(" ")[0]).name for line in before - lines()} == outdated
