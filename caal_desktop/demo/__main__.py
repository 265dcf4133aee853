"""``python -m caal_desktop.demo``: runs the demo server, and prints its address and key as one line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from caal_desktop.demo.accounts.keys import demo_key
from caal_desktop.demo.catalogue.listing import DemoCatalogue
from caal_desktop.demo.faults.registry import ActiveFault, ActiveFaults, UnknownFaultError, listing, parse
from caal_desktop.demo.server import serve
from caal_desktop.demo.state import ORDINARY_SPEED, DemoState

if TYPE_CHECKING:
    from collections.abc import Sequence


def _fault(text: str) -> ActiveFault:
    try:
        return parse(text)
    except UnknownFaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _catalogue(text: str) -> DemoCatalogue:
    if text.isdecimal():
        return DemoCatalogue.own(int(text))
    try:
        return DemoCatalogue.from_file(Path(text))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise argparse.ArgumentTypeError("the speed is a number of tokens per second, or 0 for no pauses")
    return speed


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m caal_desktop.demo",
        description="An OpenRouter-like server on 127.0.0.1 with prepared answers, for demonstrations and tests.",
        epilog="A failure can also be asked for in a chat: write /fault NAME ARG into the question, or /fault list.",
    )
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[:ARG]",
        help="switch a failure on; repeatable",
    )
    parser.add_argument("--list-faults", action="store_true", help="list the failures and end")
    parser.add_argument(
        "--models",
        type=_catalogue,
        metavar="N|FILE",
        help="serve N generated models, or a stored GET /models answer; the default is all, oddities included",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=ORDINARY_SPEED,
        metavar="TOKENS_PER_S",
        help=f"tokens per second of an ordinary model; 0 never pauses; default {ORDINARY_SPEED:g}",
    )
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    return parser


def _print(text: str) -> None:
    # A windowed program has no sys.stdout even where a parent reads its output.
    if sys.stdout is not None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    else:
        os.write(1, f"{text}\n".encode())


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def watch() -> None:
        # The bare descriptor: a buffered read would hold its lock and break the interpreter's shutdown.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="stdin", daemon=True).start()


async def _run(options: argparse.Namespace) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if options.exit_with_stdin:
        _watch_stdin(loop, stop)
    state = DemoState(options.models or DemoCatalogue.own(), ActiveFaults(options.fault), options.speed)

    def started(base_url: str) -> None:
        _print(json.dumps({"base_url": base_url, "key": demo_key()}))

    await serve(state, options.port, started, stop)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until its standard input ends (where asked), or SIGTERM or SIGINT comes.

    Args:
        arguments: the command line without the program's name; None takes this process's own.

    Returns:
        The exit status: 0, or 1 when the port is taken.
    """
    options = _parser().parse_args(arguments)
    if options.list_faults:
        _print(listing())
        return 0
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"The demo server cannot listen on port {options.port}: {error.strerror or error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
