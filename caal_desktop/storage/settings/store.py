"""The settings file: JSON, written as a whole, never lost without a notice.

JSON because the standard library both reads and writes it (it cannot write TOML) and because keys that this version
does not know come through a load and a save unchanged. Only values that differ from their default are written: a better
default in a later version then reaches every user who never changed the setting.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.errors.text import ErrorTemplate, ErrorText
from caal_desktop.llm.redaction import holds_secret
from caal_desktop.llm.translation import (
    NO_TEXT,
    QT_TRANSLATE_NOOP,
    FormatValue,
    Translate,
    plain_value,
    untranslated,
)
from caal_desktop.storage.atomic_file import free_name, reason_of, write_atomically
from caal_desktop.storage.errors import SecretInSettings, StorageError, WriteFailed
from caal_desktop.storage.printable import printable
from caal_desktop.storage.regular_file import NotAFileError, read_at_most
from caal_desktop.storage.settings.document import can_be_written, changed_settings, entries, path_of, put
from caal_desktop.storage.settings.migrations import FIRST_VERSION, STEPS, Step, migrate
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.setting import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

# Where a value stood and what it was, for settings that only other versions know.
_Unknown = list[tuple[tuple[str, ...], Any]]

_VERSION_KEY = "schema_version"
# Far beyond any real file (50,000 characters of instructions and some lists); keeps a wrong file out of the memory.
_MAX_FILE_SIZE = 4_000_000
# There is no file, nor can there be one: what is wrong with the folder is for whoever writes there.
_NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})
# A wrong file may have thousands of wrong values, with names of any length.
_SHOWN_NAMES = 8
_SHOWN_OF_NAME = 60
_LOGGED_VALUES = 20
_NOT_RENAMED: Final = QT_TRANSLATE_NOOP("StorageError", "the file that is there cannot be put aside")


class SettingsNoticeKind(StrEnum):
    """Why the settings in force are not those of the file."""

    DAMAGED = "damaged"
    FRESH = "fresh"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"
    NEWER = "newer"
    INVALID_VALUES = "invalid_values"
    SECRET_FOUND = "secret_found"  # noqa: S105 - a word, not a secret


NOTICE_TEXTS: Mapping[SettingsNoticeKind, ErrorTemplate] = {
    SettingsNoticeKind.DAMAGED: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "Your settings could not be read, so CAAL Desktop started with fresh ones."),
        QT_TRANSLATE_NOOP("StorageError", "The settings file was damaged. It is kept as {kept}."),
        QT_TRANSLATE_NOOP(
            "StorageError", "Your keys are not affected. Set up again, or repair the kept file and put it back."
        ),
    ),
    SettingsNoticeKind.FRESH: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "CAAL Desktop started with fresh settings."),
        QT_TRANSLATE_NOOP("StorageError", "Your former settings are kept as {kept}."),
        QT_TRANSLATE_NOOP(
            "StorageError",
            "Your keys and conversations are not affected. Set up again, or close CAAL Desktop and give the kept "
            "file the name settings.json, to have everything as it was.",
        ),
    ),
    SettingsNoticeKind.UNREADABLE: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "Your settings could not be read, so CAAL Desktop started with fresh ones."),
        QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}. The file: {kept}."),
        QT_TRANSLATE_NOOP(
            "StorageError",
            "Check the file's permissions, give it the name settings.json again, then start CAAL Desktop again.",
        ),
    ),
    SettingsNoticeKind.NOT_A_FILE: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "Your settings could not be read, so CAAL Desktop started with fresh ones."),
        QT_TRANSLATE_NOOP(
            "StorageError", "A folder, a pipe or a device was in place of the settings file. It is kept as {kept}."
        ),
        QT_TRANSLATE_NOOP(
            "StorageError",
            "Your keys are not affected. Set up again, or put a copy of your settings file there, named settings.json, "
            "then start CAAL Desktop again.",
        ),
    ),
    SettingsNoticeKind.NEWER: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "Your settings were written by a newer version of CAAL Desktop."),
        QT_TRANSLATE_NOOP("StorageError", "What this version understands is used. The newer file is kept as {kept}."),
        QT_TRANSLATE_NOOP("StorageError", "Update CAAL Desktop to get everything back."),
    ),
    SettingsNoticeKind.INVALID_VALUES: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "Some settings were not valid and are back at their defaults: {keys}."),
        QT_TRANSLATE_NOOP("StorageError", "The file as it was is kept as {kept}."),
        QT_TRANSLATE_NOOP("StorageError", "Look through the settings and correct them if needed."),
    ),
    SettingsNoticeKind.SECRET_FOUND: ErrorTemplate(
        QT_TRANSLATE_NOOP("StorageError", "The settings file contained what looks like an API key, in: {keys}."),
        QT_TRANSLATE_NOOP(
            "StorageError",
            "Settings are kept in plain text, so these values are ignored and will be removed from the file.",
        ),
        QT_TRANSLATE_NOOP(
            "StorageError", "Enter the key as the provider's key, where the system's keyring protects it."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class SettingsNotice:
    """What was wrong with the settings file. The program starts all the same.

    Attributes:
        kind: what was wrong.
        kept: the file with the former content; None where it could not be kept, or must not be.
        keys: the settings concerned.
        reason: the system's words, for ``unreadable``.
    """

    kind: SettingsNoticeKind
    kept: Path | None = None
    keys: tuple[str, ...] = ()
    reason: str = ""

    def describe(self, translate: Translate = untranslated, format_value: FormatValue = plain_value) -> ErrorText:
        """Return the message in words; :meth:`~caal_desktop.llm.errors.text.DescribedError.describe` says how."""
        keys = tuple(printable(key, _SHOWN_OF_NAME) for key in self.keys[:_SHOWN_NAMES])
        keys += ("…",) if len(self.keys) > _SHOWN_NAMES else ()
        template = NOTICE_TEXTS[self.kind]
        if self.kept is None and "{kept}" in template.why:
            template = replace(template, why=NO_TEXT)
        values = {"kept": printable(self.kept), "keys": keys, "reason": self.reason}
        return template.filled(values, translate, format_value)

    def __str__(self) -> str:
        text = self.describe()
        return f"{text.what} {text.why}".strip()


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """What the file gave.

    Attributes:
        settings: always usable.
        notice: what was wrong with the file, to be shown to the user; None where nothing was.
    """

    settings: Settings
    notice: SettingsNotice | None = None


@dataclass(slots=True)
class _Parsed:
    settings: Settings
    unknown: _Unknown = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Former:
    """What has to be kept of the file as it was.

    Attributes:
        word: why, in a word for its name.
        content: what to keep a copy of; None for the file itself.
        name: what to call it; None for a name with the word and the date.
    """

    word: str
    content: bytes | None = None
    name: Path | None = None


class SettingsStore:
    """The file that the settings are loaded from and saved to.

    Several processes may share the file: the last one to save wins, and a reader never gets half a file.

    Args:
        path: the file; its folder is created by the first save.
        now: the clock, for the names of files that are set aside (local time).
        steps: the migrations.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        steps: Sequence[Step] = STEPS,
    ) -> None:
        self._path = path
        self._now = now
        self._steps = steps
        self._version = FIRST_VERSION + len(steps)
        self._unknown: _Unknown | None = None
        # What has to be kept before the file is written for the first time, where that has not succeeded yet.
        self._to_keep: _Former | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def load(self) -> LoadedSettings:
        """Read the file. Nothing in it or about it makes this raise; one that does not exist gives the defaults."""
        self._unknown, self._to_keep = [], None
        try:
            content = read_at_most(self._path, _MAX_FILE_SIZE + 1)
        except NotAFileError:
            return self._without_file(SettingsNoticeKind.NOT_A_FILE)
        except OSError as error:
            if error.errno in _NO_SUCH_FILE:
                return LoadedSettings(Settings())
            return self._without_file(SettingsNoticeKind.UNREADABLE, reason_of(error))
        document = _decode(content)
        if document is None:
            return self._without_file(SettingsNoticeKind.DAMAGED)
        return self._from_document(document, content)

    def name_for_former(self) -> Path | None:
        """Return what :meth:`start_afresh` would call the file; None where there is none."""
        return free_name(self._path, SettingsNoticeKind.FRESH, self._now()) if os.path.lexists(self._path) else None

    def start_afresh(self, name: Path | None = None) -> LoadedSettings:
        """Put the file aside, whatever is in it, and return the defaults with a notice that names it.

        Args:
            name: what to call it, as :meth:`name_for_former` gave it; a new one where it is None.
        """
        self._unknown, self._to_keep = [], None
        return self._without_file(SettingsNoticeKind.FRESH, name=name)

    def put_back(self, kept: Path) -> bool:
        """Give a file that was put aside its name again; what has that name now is put aside.

        Returns:
            Whether that has succeeded.
        """
        try:
            if os.path.lexists(self._path):
                self._path.rename(free_name(self._path, "tried", self._now()))
            kept.rename(self._path)
        except OSError as error:
            logger.warning("The settings could not be put back: %s", reason_of(error))
            return False
        return True

    def save(self, settings: Settings) -> None:
        """Replace the file as a whole. Settings of other versions that were in it when it was loaded stay in it.

        Raises:
            SecretInSettings: a value looks like a key; the old file stands.
            StorageError: the file cannot be written; the old file stands.
        """
        if self._unknown is None:
            self.load()
        document: dict[str, Any] = {_VERSION_KEY: self._version}
        for spec, value in changed_settings(settings):
            put(document, path_of(spec), value)
        for path, value in self._unknown or ():
            put(document, path, value)
        for entry in entries(document):
            names_secret = holds_secret(entry.path)
            if names_secret or holds_secret(entry.value):
                raise SecretInSettings(setting="?" if names_secret else entry.key)
        content = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        if self._to_keep is not None:
            self._keep(self._to_keep)
        write_atomically(self._path, content.encode("utf-8"))

    def _from_document(self, document: dict[str, Any], content: bytes) -> LoadedSettings:
        version = document.pop(_VERSION_KEY, FIRST_VERSION)
        version_is_valid = isinstance(version, int) and not isinstance(version, bool) and version >= FIRST_VERSION
        if not version_is_valid:
            version = self._version
        parsed = _parse(migrate(document, version, self._steps))
        self._unknown = parsed.unknown
        if not version_is_valid:
            parsed.invalid.append(_VERSION_KEY)
        return LoadedSettings(parsed.settings, self._notice_about(parsed, version, content))

    def _notice_about(self, parsed: _Parsed, version: int, content: bytes) -> SettingsNotice | None:
        notice: SettingsNotice | None = None
        keys = tuple(parsed.invalid)
        if parsed.secret:
            # Worse than anything else: the user must know that a key was kept in plain text. No copy of it is made.
            notice = SettingsNotice(SettingsNoticeKind.SECRET_FOUND, keys=tuple(parsed.secret))
        elif version > self._version:
            # The next save writes this version's schema over the newer one's.
            notice = SettingsNotice(SettingsNoticeKind.NEWER, kept=self._copy("newer", content), keys=keys)
        elif parsed.invalid:
            kept = self._copy("invalid", content)
            notice = SettingsNotice(SettingsNoticeKind.INVALID_VALUES, kept=kept, keys=keys)
        if notice is not None:
            logger.warning("Settings: %s", notice)
        return notice

    def _copy(self, word: str, content: bytes) -> Path | None:
        return self._try_to_keep(_Former(word, content))

    def _without_file(self, kind: SettingsNoticeKind, reason: str = "", name: Path | None = None) -> LoadedSettings:
        kept = self._try_to_keep(_Former(kind.value, name=name))
        # Where it cannot be renamed it is still there.
        notice = SettingsNotice(kind, kept=kept or self._path, reason=reason)
        logger.warning("Settings: %s", notice)
        return LoadedSettings(Settings(), notice)

    def _try_to_keep(self, former: _Former) -> Path | None:
        self._to_keep = former
        try:
            return self._keep(former)
        except StorageError as error:
            logger.warning("The former settings could not be kept: %s", error)
            return None

    def _keep(self, former: _Former) -> Path:
        """Keep what the file held before.

        Raises:
            StorageError: that has not succeeded.
        """
        if former.content is None:
            kept = former.name or free_name(self._path, former.word, self._now())
            try:
                self._path.rename(kept)
            except OSError as error:
                raise WriteFailed(file=str(self._path), reason=_NOT_RENAMED) from error
        else:
            kept = self._copied(former.word, former.content)
        self._to_keep = None
        return kept

    def _copied(self, word: str, content: bytes) -> Path:
        # Each start with the same file gets here: one copy is enough.
        for copy in self._path.parent.glob(f"{self._path.stem}.{word}-*{self._path.suffix}"):
            try:
                if read_at_most(copy, len(content) + 1) == content:
                    return copy
            except OSError:
                continue
        target = free_name(self._path, word, self._now())
        write_atomically(target, content)
        return target


def _decode(content: bytes) -> dict[str, Any] | None:
    if len(content) > _MAX_FILE_SIZE:
        return None
    try:
        # utf-8-sig: editors on Windows put a byte order mark in front.
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _parse(document: Mapping[str, Any]) -> _Parsed:
    values: dict[str, Any] = {}
    parsed = _Parsed(Settings())
    for entry in entries(document):
        if holds_secret(entry.path):
            parsed.secret.append("?")
        elif holds_secret(entry.value):
            parsed.secret.append(entry.key)
        elif entry.spec is None and entry.error is None and can_be_written([list(entry.path), entry.value]):
            parsed.unknown.append((entry.path, entry.value))
        else:
            try:
                values[entry.key] = entry.checked()
            except InvalidSetting as error:
                if len(parsed.invalid) < _LOGGED_VALUES:
                    logger.warning("Setting %s: %s", printable(entry.key, _SHOWN_OF_NAME), error.reason.in_words())
                parsed.invalid.append(entry.key)
    parsed.settings = Settings().replace(**values)
    return parsed
