"""Everywhere that a program's secrets could be: what it stores, sends, shows, says, and is started with."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import clipboard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.e2e.program import Program
    from tests.support.bus_monitor import BusMonitor
    from tests.support.desktop_session import DesktopSession
    from tests.support.secret_scan import SecretScan

# No part of a secret, nor of anything that is taken out of a text.
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that was looked at.

    Attributes:
        kind: of which kind it is.
        name: which one.
        content: what is there.
    """

    kind: str
    name: str
    content: bytes | str


@dataclass
class Places:
    """All places of a walk.

    Attributes:
        session: where it happens.
        home: the profile.
        monitors: what goes over buses, by their names.
        sent: what came to servers, by their names.
        looked_at: how many places were looked at, of each kind.
        size: how many bytes and characters that was.
    """

    session: DesktopSession
    home: Path
    monitors: Mapping[str, BusMonitor]
    sent: Mapping[str, Callable[[], bytes]]
    looked_at: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def find(self, program: Program, scan: SecretScan) -> dict[str, set[str]]:
        """Look for secrets in all that there is just now.

        Returns:
            The places of each secret, with their kinds, by the names that the scan gives.
        """
        found: dict[str, set[str]] = {}
        for place in self._all(program):
            self.looked_at[place.kind] = self.looked_at.get(place.kind, 0) + 1
            self.size += len(place.content)
            for name in scan.find(place.content):
                found.setdefault(name, set()).add(f"{place.kind}: {place.name}")
        return found

    def _all(self, program: Program) -> Iterator[Place]:
        yield from self._files(program)
        yield from self._processes()
        yield from self._windows()
        for name, sent in self.sent.items():
            yield Place(f"sent to {name}", "all requests", sent())
        for name, monitor in self.monitors.items():
            yield Place(name, "all messages", _SEPARATOR.join(monitor.texts()))
        if program.process.poll() is None:
            yield Place("shown", "all texts", _SEPARATOR.join(program.texts()))
        for mode, formats in clipboard.contents(self.session).items():
            for form, content in formats.items():
                yield Place(mode, form, content)

    def _files(self, program: Program) -> Iterator[Place]:
        # The session's folder has home, runtime and temporary folder, and what its own programs have printed.
        for folder in (self.home, self.session.folder):
            for path in folder.rglob("*"):
                yield Place("file", "a name", str(path.relative_to(folder)))
                if path.is_file() and not path.is_symlink():
                    with contextlib.suppress(FileNotFoundError):
                        yield Place("file", str(path.relative_to(folder.parent)), path.read_bytes())
        yield Place("output", program.output.name, program.output.read_bytes())
        for handle in Path(f"/proc/{program.process.pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                name = str(handle.readlink())
                if name.endswith("(deleted)"):
                    yield Place("file", name, handle.read_bytes())

    def _processes(self) -> Iterator[Place]:
        token = self.session.token.encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                if token in environment:
                    yield Place("arguments", process.name, arguments)
                    yield Place("environment", process.name, environment)

    def _windows(self) -> Iterator[Place]:
        tree = self.session.run(["xwininfo", "-root", "-tree"]).stdout
        windows = list(dict.fromkeys(re.findall(r"0x[0-9a-f]+", tree)))
        show_all = 'for window; do xprop -id "$window"; done'
        yield Place("window", f"{len(windows)} windows", self.session.run(["sh", "-c", show_all, "-", *windows]).stdout)
