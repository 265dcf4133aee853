"""What a run of the program knows of the conversations' file, from one opening of it to the next.

Where the file is missing at the first opening, a profile is new. Where it is missing later, a drive was removed or
somebody took the file away: a new one in its place would hide the conversations, and be hidden once the drive is back.
What is written into a file that has lost its name is lost, too, and SQLite does not notice.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from caal_desktop.storage.errors import HistoryMissing

if TYPE_CHECKING:
    from pathlib import Path


class FileIdentity(NamedTuple):
    """What tells a file, for as long as it is open, from another one that has its name later.

    Attributes:
        device: the file system's number.
        inode: the file's number there.
    """

    device: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        """Return which file has this name.

        Raises:
            OSError: none has, or that cannot be found out.
        """
        facts = path.stat()
        return cls(facts.st_dev, facts.st_ino)


class KnownFile:
    """The conversations' file, as one run of the program knows it.

    Args:
        path: its name.

    Attributes:
        path: as above.
        number: how many files have been opened one after another; more than one where it was replaced, or may have
            been.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._opened: FileIdentity | None = None
        self._whole: FileIdentity | None = None
        self._was_missing = self._is_given_up = False

    @property
    def was_open(self) -> bool:
        """Whether this run has had the file open before."""
        return self._opened is not None

    def give_up(self) -> None:
        """Have a new file begun where this one is still missing: the user wants that."""
        self._is_given_up = True

    def ensure_there(self) -> None:
        """Find out whether there is something to be opened, where this run has had it open before.

        Raises:
            HistoryMissing: the file is gone, and not given up.
        """
        if self._opened is not None and not self._is_given_up:
            try:
                FileIdentity.of(self.path)
            except FileNotFoundError:
                self._tell_missing()
            except OSError:
                pass  # whoever opens it has the words for that

    def ensure_in_place(self) -> None:
        """Find out whether the file that is open still has its name.

        Raises:
            HistoryMissing: it is gone, or another one is in its place.
        """
        try:
            identity = FileIdentity.of(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self._tell_missing()
        except OSError:
            return  # whoever reads or writes it has the words for that
        # On Windows an open file keeps its name, and the numbers of a network drive's files need not stay the same.
        if identity != self._opened and os.name != "nt":
            self._tell_missing()

    def note_opened(self, identity: FileIdentity) -> None:
        """Take note of the file that has been opened."""
        if self._was_missing or identity != self._opened:
            self.number += 1
        self._opened, self._was_missing, self._is_given_up = identity, False, False

    def is_whole(self, identity: FileIdentity) -> bool:
        """Return whether the file was found to be undamaged, and nothing has happened since that makes it doubtful."""
        return identity == self._whole

    def note_whole(self, identity: FileIdentity | None) -> None:
        """Take note of the file that was found to be undamaged; of None once there is damage."""
        self._whole = identity

    def _tell_missing(self) -> NoReturn:
        # What has its name later is a file of which nothing is known, even where it has the same number.
        self._whole, self._was_missing = None, True
        raise HistoryMissing(file=str(self.path))
