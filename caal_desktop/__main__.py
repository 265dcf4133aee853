"""`python -m caal_desktop`, and the installed program's entry point."""

from __future__ import annotations

import gc
import signal
import sys


def main() -> int:
    """Run the program and return its exit status."""
    # Ctrl+C while the program is being imported ends it without a word: an exception there would be told with a
    # traceback, and abort the process in the middle of Qt's import. A shell that has it ignored keeps that.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The start makes a hundred thousand objects, nearly all of which stay: looking for garbage among them would take a
    # tenth of its time. The collector is enabled after the first paint.
    gc.disable()
    from caal_desktop.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
