"""The command line: the program's arguments and environment, checked before any window is made."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from caal_desktop import __version__, exit_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caal_desktop.llm.providers.descriptor import ProviderDescriptor

_NO_DISPLAY = """\
caal-desktop: there is no display to open a window on.

CAAL Desktop is a graphical program; neither DISPLAY nor WAYLAND_DISPLAY is set here. You can
  - start it from a terminal inside your desktop session,
  - or connect with a forwarded display:   ssh -X {host}
  - or use a virtual one (to try it out):  xvfb-run -a ./scripts/run --demo
"""

_NOT_LOADED = """\
caal-desktop: a part of the program cannot be loaded: {error}

  - If that names a file that ends in ".so" and a number, a library of the system is missing; on Debian and Ubuntu:
        sudo apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libdbus-1-3
  - Otherwise the installation is not complete: install CAAL Desktop again.
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; end the process on ``--help``, ``--version`` and errors."""
    parser = argparse.ArgumentParser(
        prog="caal-desktop",
        description="Set up a language model for the CAAL voice assistant, and try it in a chat.",
    )
    parser.add_argument("--version", action="version", version=f"CAAL Desktop {__version__}")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="try everything against a server on this computer: no account, no network, nothing is charged",
    )
    parser.add_argument("--verbose", action="store_true", help="write more into the log file")
    return parser.parse_args(arguments)


def display_error(environment: Mapping[str, str], platform: str) -> str:
    """Return why no window can be opened; "" where one can.

    Without this check, Qt would abort the process with a core dump.

    Args:
        environment: the environment variables.
        platform: as ``sys.platform`` has it.
    """
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return ""
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return ""
    return _NO_DISPLAY.format(host=os.uname().nodename)


def stand_ins(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses that replace providers' own in tests, by the provider's name.

    Args:
        environment: the environment variables.

    Raises:
        ValueError: an address is not on this machine.
    """
    from caal_desktop.llm.providers.registry import PROVIDERS

    found: dict[str, str] = {}
    for provider in PROVIDERS.values():
        url = environment.get(provider.address_variable, "").strip() if provider.address_variable else ""
        if url:
            found[provider.name] = _checked_stand_in(provider, url)
    return found


def _checked_stand_in(provider: ProviderDescriptor, url: str) -> str:
    # Imported here: rarely needed, and the command line is to respond at once.
    from caal_desktop.llm.errors import ConfigurationError
    from caal_desktop.llm.transport.address import check_fixed_base_url

    try:
        return check_fixed_base_url(provider.name, provider.title, url, provider.base_url)
    except ConfigurationError as error:
        raise ValueError(f"{provider.address_variable} is refused: {error}") from None


def run(arguments: Sequence[str]) -> int:
    """Run the program.

    Args:
        arguments: the command line, without the program's name.

    Returns:
        0 after an ordinary end (also when another instance was raised instead), else one of
        :mod:`caal_desktop.exit_status`.
    """
    # Before everything else: a frozen program starts its demo server as a process of itself.
    if arguments[:1] == ["--demo-server"]:
        from caal_desktop.program import run_demo_server

        return run_demo_server(list(arguments[1:]))
    given = parse(arguments)
    error_text = display_error(os.environ, sys.platform)
    if error_text:
        sys.stderr.write(error_text)
        return exit_status.CANNOT_START
    try:
        addresses = stand_ins(os.environ)
    except ValueError as error:
        sys.stderr.write(f"caal-desktop: {error}\n")
        return exit_status.CANNOT_START
    try:
        from caal_desktop.qt_import import import_qt

        # Before anything else imports Qt.
        import_qt()
        from caal_desktop.program import run_program
    except ImportError as error:
        sys.stderr.write(_NOT_LOADED.format(error=error))
        return exit_status.CANNOT_START
    return run_program(demo=given.demo, verbose=given.verbose, stand_ins=addresses)
