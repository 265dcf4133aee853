"""`python -m caal_desktop`, and the installed program's entry point."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the program and return its exit status."""
    # The start makes a hundred thousand objects, nearly all of which stay: looking for garbage among them would take a
    # tenth of its time. The collector is enabled after the first paint.
    gc.disable()
    from caal_desktop.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
