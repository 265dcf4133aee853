"""A real Chromium without a window, told what to do over a pipe (the DevTools protocol); standard library only."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_DEADLINE_S = 30.0
_NAMES = ("chromium", "chromium-browser", "google-chrome")


class Chromium:
    """One browser with one tab; use it in a ``with`` block.

    Args:
        profile: an empty folder of its own.
    """

    def __init__(self, profile: Path) -> None:
        program = next((found for name in _NAMES if (found := shutil.which(name))), None)
        if program is None:
            pytest.skip("not installed: chromium")
        self._program, self._profile = program, profile
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: str | None = None

    def __enter__(self) -> Self:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        flags = (
            "--headless",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={self._profile}",
        )
        # Chromium speaks on the descriptors 3 and 4.
        wiring = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out} {theirs_in}<&- {theirs_out}>&-'
        self._process = subprocess.Popen(
            ["bash", "-c", wiring, "chromium", self._program, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def open(self, url: str) -> None:
        """Open a page."""
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a piece of JavaScript in the page."""
        return self._call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Wait until a piece of JavaScript gives something true; fails the test when that does not come."""
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            if value := self.evaluate(script):
                return value
            time.sleep(0.02)
        pytest.fail(f"this did not come: {script}; the page: {self.evaluate('document.body.innerText')}")

    def _call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            answer = self._read(deadline)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._in, 65536) if ready else b""
            if not piece:
                pytest.fail("Chromium does not answer")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer
