"""`python -m caal_desktop`, and the installed program's entry point."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program and return its exit status."""
    from caal_desktop.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
