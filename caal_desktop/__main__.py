"""`python -m caal_desktop`, and the installed program's entry point."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the program and return its exit status."""
    # The start makes a hundred thousand objects, and nearly all of them stay: looking for garbage among them is a waste
    # of a tenth of its time. It begins after the first paint.
    gc.disable()
    from caal_desktop.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
