"""Where the program keeps its files."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from caal_desktop.storage.errors import HomeOfNobody, HomeUnknown
from caal_desktop.storage.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

APP_NAME = "caal-desktop"
HOME_VARIABLE = "CAAL_DESKTOP_HOME"


@dataclass(frozen=True, slots=True)
class AppPaths:
    """The program's folders. None of them needs to exist: what writes into one creates it.

    Attributes:
        config_dir: settings.
        cache_dir: what can be fetched again (model lists).
        data_dir: what the user created (conversations).
        log_dir: logs and crash reports.
        is_of_user: whether what finds no place in them may be put into the user's other folders.
    """

    config_dir: Path
    cache_dir: Path
    data_dir: Path
    log_dir: Path
    is_of_user: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> AppPaths:
        """Return the system's usual folders, or all below the one that ``CAAL_DESKTOP_HOME`` names.

        Raises:
            HomeUnknown: the user has no home folder, or there is no such user as the variable names.
        """
        home = (os.environ if environment is None else environment).get(HOME_VARIABLE, "").strip()
        if home:
            try:
                return replace(cls.below(Path(home)), is_of_user=True)
            except RuntimeError as error:
                raise HomeOfNobody(value=printable(home)) from error
        folders = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
        try:
            return cls(
                config_dir=folders.user_config_path,
                cache_dir=folders.user_cache_path,
                data_dir=folders.user_data_path,
                log_dir=folders.user_log_path,
                is_of_user=True,
            )
        except RuntimeError as error:
            raise HomeUnknown from error

    @classmethod
    def nowhere(cls) -> AppPaths:
        """Return folders that cannot exist, for a session in which nothing is read or kept."""
        return replace(cls.below(Path(os.devnull) / APP_NAME), is_of_user=True)

    @classmethod
    def below(cls, folder: Path) -> AppPaths:
        """Return all folders below one folder (``~`` and relative paths are resolved now, not at use)."""
        root = folder.expanduser().absolute()
        return cls(
            config_dir=root / "config",
            cache_dir=root / "cache",
            data_dir=root / "data",
            log_dir=root / "log",
        )

    @property
    def identity(self) -> str:
        """What tells this profile from others where they share a folder; looks at the file system."""
        # The same through any link; and, unlike Path.resolve, without an error where links run in a circle.
        profile = os.path.realpath(self.config_dir)
        return hashlib.sha256(os.fsencode(profile)).hexdigest()[:16]

    @property
    def settings_file(self) -> Path:
        """The settings."""
        return self.config_dir / "settings.json"

    @property
    def catalogue_dir(self) -> Path:
        """The cached model lists, one file per provider."""
        return self.cache_dir / "models"

    @property
    def spending_file(self) -> Path:
        """The file with what today's answers have cost."""
        return self.data_dir / "spending.json"

    @property
    def history_file(self) -> Path:
        """The conversations."""
        return self.data_dir / "conversations.db"

    @property
    def run_dir(self) -> Path:
        """What belongs to the running process, where the system has no place of its own for that."""
        return self.data_dir / "run"

    @property
    def draft_file(self) -> Path:
        """The message that was being written."""
        return self.data_dir / "draft.json"

    @property
    def log_file(self) -> Path:
        """The log; older ones beside it."""
        return self.log_dir / "caal-desktop.log"

    @property
    def crash_file(self) -> Path:
        """The stacks that a crash leaves behind."""
        return self.log_dir / "crash.log"
