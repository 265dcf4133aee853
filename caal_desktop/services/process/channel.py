"""What two starts of the program say to each other: a request to show the window, and its answer, a line each."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

MAX_MESSAGE = 1024
"""Bytes of the longest message; more is nonsense."""

Show = Callable[[str], bool]
"""Shows the window, given a token that allows it to come to the front or ""; returns whether it is shown now."""

_REQUEST = re.compile(rb"show(?: ([!-~]{1,512}))?\n")
_SHOWN, _ENDING = b"shown\n", b"ending\n"


class Answer(Enum):
    """What comes of the request."""

    SHOWN = auto()
    """The window is shown."""
    ENDING = auto()
    """There is no window any more, or none yet: the process is about to end."""
    NOBODY = auto()
    """Nobody listens: the process has just begun, or ended."""
    SILENT = auto()
    """Somebody listens and gives no answer, or none that can be trusted."""


class Channel(Protocol):
    """The place where starts meet."""

    def open(self) -> None:
        """Take the place; raises :class:`OSError`. May block as a file system does."""

    def answer(self, show: Show) -> None:
        """Answer those who ask, in Qt's event loop."""

    def ask(self, token: str, patience_s: float) -> Answer:
        """Ask who has the place to show the window."""

    def stop(self) -> None:
        """Answer nobody any more."""

    def close(self) -> None:
        """Leave the place. May block as a file system does."""


def request_to_show(token: str) -> bytes:
    """Return the request; a token that would not be one line of plain characters is left out."""
    with_token = f"show {token}\n".encode()
    return with_token if _REQUEST.fullmatch(with_token) else b"show\n"


def answer_to(request: bytes, show: Show) -> bytes:
    """Do what a request asks for and return the answer; an empty one to what is no request."""
    found = _REQUEST.fullmatch(request)
    if found is None:
        return b""
    return _SHOWN if show((found[1] or b"").decode("ascii")) else _ENDING


def read_answer(answer: bytes) -> Answer:
    """Return what an answer means."""
    return {_SHOWN: Answer.SHOWN, _ENDING: Answer.ENDING}.get(answer, Answer.SILENT)
