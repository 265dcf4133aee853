#!/usr/bin/env python3
"""Checks the messages of the commits since BASE: a short subject, an empty line, and a body that says why.

::

    python scripts/check_commits.py main
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 72
"""Characters of a subject: what lists of commits show of it."""


def problems(message: str) -> Iterable[str]:
    """Yield what is wrong with a commit's message."""
    subject, *rest = message.rstrip().splitlines() or [""]
    if len(subject) > MOST:
        yield f"the subject has {len(subject)} characters, {len(subject) - MOST} too many"
    if not rest:
        yield "no body says why"
    elif rest[0]:
        yield "no empty line follows the subject"


def main() -> int:
    """Check every commit since the base, merges left out; return 1 when something is wrong, 2 without such a base."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("base", metavar="BASE", help="the branch or commit that the commits stand on")
    base = parser.parse_args().base
    listing = subprocess.run(
        ["git", "log", "--no-merges", "--reverse", "-z", "--format=%h %B", f"{base}..HEAD"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if listing.returncode:
        print(listing.stderr.strip(), file=sys.stderr)
        return 2
    found = False
    for commit in filter(None, listing.stdout.split("\0")):
        name, _, message = commit.partition(" ")
        for problem in problems(message):
            found = True
            print(f"{name} {message.partition(chr(10))[0]}\n    {problem}")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
