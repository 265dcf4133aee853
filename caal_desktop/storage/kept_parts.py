"""What the program keeps, and which part of it cannot be kept in this session, in one message."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.errors.text import ErrorText
from caal_desktop.llm.translation import (
    QT_TRANSLATE_NOOP,
    FormatValue,
    SourceText,
    Translate,
    fill,
    plain_value,
    untranslated,
)
from caal_desktop.storage.atomic_file import ensure_private_folder, reason_of
from caal_desktop.storage.errors import FolderUnusable, StorageError
from caal_desktop.storage.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from caal_desktop.storage.paths import AppPaths

# More than file systems put into a folder's own entry.
_BLOCK = b"\0" * 4096


class KeptPart(StrEnum):
    """What the program keeps, each part in a folder of its own."""

    SETTINGS = "settings"
    CONVERSATIONS = "conversations"
    MODELS = "models"
    LOG = "log"


_NAMES: Final[Mapping[KeptPart, SourceText]] = {
    KeptPart.SETTINGS: QT_TRANSLATE_NOOP("NotKept", "your settings"),
    KeptPart.CONVERSATIONS: QT_TRANSLATE_NOOP("NotKept", "your conversations"),
    KeptPart.MODELS: QT_TRANSLATE_NOOP("NotKept", "the lists of models"),
    KeptPart.LOG: QT_TRANSLATE_NOOP("NotKept", "the log"),
}
_WHAT: Final = QT_TRANSLATE_NOOP("NotKept", "CAAL Desktop cannot save this: {parts}.")
_WHERE: Final = QT_TRANSLATE_NOOP("NotKept", "Nothing can be written to {places}. {reason}")
_ADVICE: Final = QT_TRANSLATE_NOOP(
    "NotKept",
    "You can use the program all the same; what cannot be saved is lost when it ends. Check the permissions and the "
    "free space there, or set CAAL_DESKTOP_HOME to a folder of your own, then start it again.",
)


@dataclass(frozen=True, slots=True)
class NotKept:
    """What cannot be kept in this session, and why; at least one part.

    Attributes:
        causes: the errors, by the parts that they concern.
    """

    causes: Mapping[KeptPart, StorageError]

    def describe(self, translate: Translate = untranslated, format_value: FormatValue = plain_value) -> ErrorText:
        """Return the message in words; :meth:`~caal_desktop.llm.errors.text.DescribedError.describe` says how."""
        parts = tuple(_NAMES[part] for part in KeptPart if part in self.causes)
        # Mostly one thing is wrong with all the folders.
        places: dict[str, list[str]] = {}
        sentences: list[str] = []
        for error in self.causes.values():
            place = error.params.get("folder") or error.params.get("file")
            words = error.describe(translate, format_value)
            if place is None:
                sentences.append(f"{words.what} {words.why}")
            else:
                places.setdefault(words.why, []).append(printable(place))
        for reason, named in places.items():
            values = {"places": tuple(dict.fromkeys(named)), "reason": reason}
            sentences.append(fill(_WHERE, values, translate, format_value))
        return ErrorText(
            fill(_WHAT, {"parts": parts}, translate, format_value),
            " ".join(dict.fromkeys(sentences)),
            fill(_ADVICE, {}, translate, format_value),
        )

    def __str__(self) -> str:
        text = self.describe()
        return f"{text.what} {text.why}"


def unusable_parts(paths: AppPaths) -> dict[KeptPart, StorageError]:
    """Create the program's folders, where they do not exist, and return the errors of those that cannot be written.

    Blocks: a folder may be on a network drive.
    """
    folders = {
        KeptPart.SETTINGS: paths.config_dir,
        KeptPart.CONVERSATIONS: paths.data_dir,
        KeptPart.MODELS: paths.cache_dir,
        KeptPart.LOG: paths.log_dir,
    }
    found: dict[KeptPart, StorageError] = {}
    for part, folder in folders.items():
        try:
            _try_folder(folder)
        except StorageError as error:
            found[part] = error
    return found


def _try_folder(folder: Path) -> None:
    """Write to a folder.

    Raises:
        FolderUnusable: it cannot be created or written; names what has to be put right.
    """
    missing = _first_missing(folder)
    try:
        ensure_private_folder(folder)
        # Permissions alone do not tell whether there is any space.
        with tempfile.TemporaryFile(prefix=".write-", dir=folder, buffering=0) as file:
            file.write(_BLOCK)
    except FolderUnusable as error:
        # The one that could not be made says more than what was to be made in it.
        raise type(error)(**error.params | {"folder": str(missing or folder)}) from error
    except OSError as error:
        raise FolderUnusable(folder=str(folder), reason=reason_of(error)) from error


def _first_missing(folder: Path) -> Path | None:
    """Return the uppermost folder on the way that does not exist."""
    for candidate in reversed((folder, *folder.parents)):
        if not os.path.lexists(candidate):
            return candidate
    return None
