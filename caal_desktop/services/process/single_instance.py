"""One process per profile: a second start has the first one show its window, and ends."""

from __future__ import annotations

import logging
import sys
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.services.process.channel import Answer
from caal_desktop.services.process.socket_channel import SocketChannel
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.profile_lock import ProfileLock
from caal_desktop.storage.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caal_desktop.llm.translation import SourceText
    from caal_desktop.services.process.channel import Channel, Show
    from caal_desktop.storage.paths import AppPaths

logger = logging.getLogger(__name__)

ANSWER_S = 5.0
"""Seconds in which a process answers that is neither starting nor ending; later, it hangs."""
STARTING_S = 15.0
"""Seconds in which a process comes from its start to its event loop, or from its last answer to its end."""
FILES_S = 3.0
"""Seconds that the lock's file system may take, if it hangs altogether."""
_POLL_S = 0.02


class Claim(Enum):
    """What has come of claiming a profile."""

    OURS = auto()
    """It is this process's."""
    SHOWN = auto()
    """Another process has it, and has shown its window."""
    UNANSWERED = auto()
    """Another process has it and does not answer."""
    UNGUARDED = auto()
    """Nobody can tell: no folder could be used."""


class FirstInstanceSilent(DescribedError):  # noqa: N818 - a message names what happened
    """Another process has the profile and does not answer."""

    what: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance", "CAAL Desktop is already running, but does not answer."
    )
    why: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance", "Its window could not be shown, so this one was opened beside it."
    )
    advice: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance",
        "You can work here. What you change in one of the two windows is not seen in the other; of their settings, "
        "those that are saved last are kept. If the other window no longer reacts, end it in your system's "
        "list of running programs.",
    )

    def __init__(self) -> None:
        super().__init__({})


class InstanceUnguarded(DescribedError):  # noqa: N818 - a message names what happened
    """Nobody can tell whether another process has the profile."""

    what: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance", "CAAL Desktop cannot tell whether it is already running."
    )
    why: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance", "No folder could be used for the file by which it notices that."
    )
    advice: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "SingleInstance",
        "You can work here. Open one window only: what you change in one of two is not seen in the other, and of their "
        "settings, those that are saved last are kept.",
    )

    def __init__(self) -> None:
        super().__init__({})


class SingleInstance:
    """Claims a profile, or has the process that claimed it show its window.

    Args:
        paths: the profile's folders.
        channel: makes what the processes speak through, from a path; what the system has for that if None.
    """

    def __init__(self, paths: AppPaths, channel: Callable[[Path], Channel] | None = None) -> None:
        self._lock = ProfileLock(paths)
        self._make_channel = channel or _system_channel
        self._channel: Channel | None = None

    def claim(self, token: str = "") -> Claim:
        """Claim the profile for this process.

        Waits where another process has it that is starting or ending, up to :data:`STARTING_S`; and where that does
        not answer, up to :data:`ANSWER_S`.

        Args:
            token: what the system gave this start so that its window may come to the front: passed on.
        """
        deadline = time.monotonic() + STARTING_S
        while True:
            try:
                if within(FILES_S, self._take):
                    return Claim.OURS
            except (OSError, StorageError) as error:
                logger.warning("Another start of the program would not be noticed: %s", error)
                return Claim.UNGUARDED
            match self._make_channel(self._lock.beside("socket")).ask(token, ANSWER_S):
                case Answer.SHOWN:
                    return Claim.SHOWN
                case Answer.SILENT:
                    return Claim.UNANSWERED
                case Answer.ENDING | Answer.NOBODY if time.monotonic() > deadline:
                    return Claim.UNANSWERED
            time.sleep(_POLL_S)

    def answer(self, show: Show) -> None:
        """Answer other starts from now on.

        Args:
            show: shows the window, and returns whether there is one.
        """
        if self._channel is not None:
            self._channel.answer(show)

    def release(self) -> None:
        """Release the profile; no file of it stays."""
        if self._channel is not None:
            self._channel.stop()
        try:
            within(FILES_S, self._leave)
        except TimeoutError:
            logger.warning("The profile's lock could not be removed in time")

    def _take(self) -> bool:
        if not self._lock.take():
            return False
        channel = self._make_channel(self._lock.beside("socket"))
        try:
            channel.open()
        except OSError as error:
            logger.warning("Another start of the program cannot be answered: %s", error)
        else:
            self._channel = channel
        return True

    def _leave(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._lock.release()


def _system_channel(path: Path) -> Channel:
    if sys.platform == "win32":
        # QtNetwork takes its time to import, and is needed nowhere else.
        from caal_desktop.services.process.pipe_channel import PipeChannel

        return PipeChannel(path)
    return SocketChannel(path)
