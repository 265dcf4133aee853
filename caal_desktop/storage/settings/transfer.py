"""Settings as a file for another computer or another user: without keys, refused as a whole when anything is wrong.

What the program remembers by itself (window sizes, the wizard's step, where keys are kept) is not exported.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import depth_of
from caal_desktop.llm.redaction import holds_secret
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText, SourceText
from caal_desktop.storage.atomic_file import reason_of, write_atomically
from caal_desktop.storage.errors import SecretInSettings, StorageError
from caal_desktop.storage.regular_file import read_at_most
from caal_desktop.storage.settings.document import changed_settings, entries, path_of, put
from caal_desktop.storage.settings.migrations import FIRST_VERSION, SCHEMA_VERSION, migrate
from caal_desktop.storage.settings.provider_table import TABLE
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group, InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.storage.settings.setting import SettingSpec

FORMAT = "caal-desktop-settings"
MAX_FILE_SIZE = 1_000_000
MAX_DEPTH = 6
# Characters of a setting's key that are repeated where it is refused.
_SHOWN_OF_KEY = 60
# Also exported, though no page shows it.
_EXTRA_KEYS = frozenset({"favourite_models"})


class ImportRefused(StorageError):  # noqa: N818 - a message names what happened
    """A file of settings was not imported. Params: ``file``, ``reason`` (the system's words)."""

    what = QT_TRANSLATE_NOOP("StorageError", "The settings in {file} were not imported.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Nothing has changed.")


class FileUnreadable(ImportRefused):
    """The file cannot be read."""

    advice = QT_TRANSLATE_NOOP("StorageError", "Nothing has changed. Check the file's permissions and try again.")


class ForeignFile(ImportRefused):
    """The file is something else."""

    why = QT_TRANSLATE_NOOP("StorageError", "It is not a settings file of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Nothing has changed. Choose a file that “Export…” has written.")


class DamagedFile(ImportRefused):
    """The file is cut off or holds impossible values. Params: ``file``, ``reason`` (a sentence)."""

    why = QT_TRANSLATE_NOOP("StorageError", "The file is damaged. {reason}")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Nothing has changed. Export the settings once more and choose that file."
    )


class NewerFile(ImportRefused):
    """The file was written by a newer version."""

    why = QT_TRANSLATE_NOOP("StorageError", "They were written by a newer version of CAAL Desktop.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Nothing has changed. Update CAAL Desktop first.")


class SecretInFile(ImportRefused):
    """The file holds what looks like an API key."""

    why = QT_TRANSLATE_NOOP(
        "StorageError", "The file contains what looks like an API key, and settings are kept in plain text."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Nothing has changed. Remove the key from the file, and consider making a new key: this one has been in a "
        "file.",
    )


def export_settings(settings: Settings, path: Path, program_version: str) -> None:
    """Write the settings that the user has changed.

    Raises:
        StorageError: the file cannot be written, or a setting looks like a key.
    """
    values: dict[str, Any] = {}
    for spec, value in changed_settings(settings):
        if not _is_exported(spec):
            continue
        if holds_secret(value):
            raise SecretInSettings(setting=spec.key)
        put(values, path_of(spec), value)
    document = {"format": FORMAT, "schema_version": SCHEMA_VERSION, "program": program_version, "settings": values}
    write_atomically(path, (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode())


def import_settings(path: Path) -> dict[str, Any]:
    """Read a file that :func:`export_settings` has written.

    Returns:
        The value of every setting that is exported, by key; the default where the file names none.

    Raises:
        ImportRefused: nothing of the file is imported.
    """
    name = path.name
    try:
        content = read_at_most(path, MAX_FILE_SIZE + 1)
    except OSError as error:
        raise FileUnreadable(file=name, reason=reason_of(error)) from error
    document = _decode(content, name)
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < FIRST_VERSION:
        raise DamagedFile(file=name, reason=QT_TRANSLATE_NOOP("StorageError", "It names no version."))
    if version > SCHEMA_VERSION:
        raise NewerFile(file=name)
    values = document.get("settings")
    if not isinstance(values, dict):
        raise DamagedFile(file=name, reason=QT_TRANSLATE_NOOP("StorageError", "It holds no settings."))
    migrated = migrate(values, version)
    for key in migrated.keys() - values.keys() - {TABLE}:
        # What a migration concludes about the machine of the file does not hold for this one.
        if not _is_exported(SPECS[key]):
            del migrated[key]
    return _checked(migrated, name)


def _decode(content: bytes, name: str) -> Mapping[str, Any]:
    if len(content) > MAX_FILE_SIZE:
        raise ForeignFile(file=name)
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        if FORMAT.encode() not in content[:200]:
            raise ForeignFile(file=name) from None
        raise DamagedFile(file=name, reason=QT_TRANSLATE_NOOP("StorageError", "It is not complete JSON.")) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ForeignFile(file=name)
    if depth_of(document) > MAX_DEPTH:
        raise DamagedFile(file=name, reason=QT_TRANSLATE_NOOP("StorageError", "It is nested too deeply."))
    if holds_secret(document):
        raise SecretInFile(file=name)
    return document


def _checked(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    values_by_key = {key: spec.default for key, spec in SPECS.items() if _is_exported(spec)}
    for entry in entries(values):
        if entry.error is None and entry.key not in values_by_key:
            # A file of this version names nothing else: it was edited.
            reason = QT_TRANSLATE_NOOP("StorageError", "“{setting}” is not a setting that is exported.")
            raise _damaged(name, reason, entry.key)
        try:
            values_by_key[entry.key] = entry.checked()
        except InvalidSetting as error:
            reason = QT_TRANSLATE_NOOP("StorageError", "The setting “{setting}” cannot be used. {reason}")
            raise _damaged(name, reason, entry.key, reason=error.reason) from error
    return values_by_key


def _damaged(name: str, reason: SourceText, setting: str, /, **values: object) -> DamagedFile:
    shown = setting[:_SHOWN_OF_KEY]
    return DamagedFile(file=name, reason=FilledText(reason, {"setting": shown, **values}))


def _is_exported(spec: SettingSpec) -> bool:
    return spec.group is not Group.INTERNAL or spec.key in _EXTRA_KEYS


def _refuse_constant(word: str) -> None:
    raise ValueError(word)
