"""The errors of what the program keeps: one small tree, in words for users.

::

    StorageError
    ├── HomeUnknown             it is not known where the program's folders are
    │   └── HomeOfNobody        the variable that says so names a user who does not exist
    ├── FolderUnusable          a folder cannot be created or written
    │   ├── FolderIsFile        there is a file in its place
    │   └── FolderReadOnly      the user may not write there
    ├── WriteFailed             a file cannot be written (disk full, read-only, held open)
    ├── DraftNotSaved           the message that is being written cannot be kept
    ├── HistoryFailed           the conversations' database cannot be read or written
    │   ├── HistoryLocked       another program has it open
    │   ├── HistoryDiskFull     the disk is full
    │   ├── HistoryUnreachable  the system fails to read or write it
    │   │   ├── HistoryNotAnswering     it does neither that nor fail
    │   │   └── HistoryMissing          it is gone, or another one is in its place
    │   ├── HistoryReadOnly     it can be read, but may not be written
    │   ├── HistoryForbidden    the user may not read it
    │   ├── HistoryNotAFile     there is a folder, or something else, in its place
    │   ├── HistoryDamaged      it is damaged
    │   │   ├── HistoryNotPutAside      and nothing may be changed in its folder
    │   │   └── HistoryPutAside     it was, when it was opened: a new one was begun
    │   │       ├── HistoryRecovered    with what could still be read
    │   │       └── HistoryEmptied      it had lost all of its content
    │   └── HistoryTooNew       a later version of the program has written it
    ├── SecretInSettings        something that looks like a key was about to be written in plain text
    └── KeyringError
        ├── KeyringUnavailable  there is no store
        │   └── KeyringNotTrusted   the configured one is not known to keep secrets encrypted
        ├── KeyringLocked       the store is locked and was not unlocked
        ├── KeyringTimedOut     the store did not answer, or its dialog was not answered
        └── KeyringFailed       the store answered with a failure
            ├── KeyringNotLoaded    the configured backend cannot be loaded
            ├── KeyringNotWritten   the store did not keep what it was given
            └── KeyringNotDeleted   the store still has what was deleted
"""

# ruff: noqa: N818 - a message names what happened; the suffix would say nothing more

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, plain_value, untranslated

if TYPE_CHECKING:
    from caal_desktop.llm.errors.text import ErrorText
    from caal_desktop.llm.translation import FormatValue, Translate


class StorageError(DescribedError):
    """Something that the program keeps could not be read or written.

    Args:
        params: what fills the templates' placeholders.
    """

    what = QT_TRANSLATE_NOOP("StorageError", "CAAL Desktop could not read or write its data.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system did not say why.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Try again.")

    def __init__(self, **params: object) -> None:
        super().__init__(params)


class HomeUnknown(StorageError):
    """It is not known where the program's folders are."""

    what = QT_TRANSLATE_NOOP("StorageError", "It is not known where to keep anything.")
    why = QT_TRANSLATE_NOOP("StorageError", "This session has no home folder: HOME is not set.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Set CAAL_DESKTOP_HOME to a folder of your own.")


class HomeOfNobody(HomeUnknown):
    """``CAAL_DESKTOP_HOME`` begins with the home folder of a user who does not exist. Params: ``value``."""

    why = QT_TRANSLATE_NOOP("StorageError", "CAAL_DESKTOP_HOME is set to {value}, and there is no such user.")


class FolderUnusable(StorageError):
    """A folder cannot be created or written. Params: ``folder``, ``reason`` (the system's words)."""

    what = QT_TRANSLATE_NOOP("StorageError", "The folder {folder} cannot be used.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Check the folder's permissions and the free space on its disk, or set CAAL_DESKTOP_HOME to another folder.",
    )


class FolderIsFile(FolderUnusable):
    """There is a file in the folder's place."""

    why = QT_TRANSLATE_NOOP("StorageError", "It is not a folder.")


class FolderReadOnly(FolderUnusable):
    """The user may not write into the folder."""

    why = QT_TRANSLATE_NOOP("StorageError", "You have no permission to write there.")


class WriteFailed(StorageError):
    """A file cannot be written. Params: ``file``, ``reason`` (the system's words)."""

    what = QT_TRANSLATE_NOOP("StorageError", "{file} could not be saved.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says: {reason}.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Check the free space on the disk and the file's permissions, then try again."
    )


class DraftNotSaved(StorageError):
    """The message that is being written cannot be kept.

    Args:
        cause: what is in the way; its words say why.
    """

    what = QT_TRANSLATE_NOOP("StorageError", "The message that you are writing cannot be saved at the moment.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Make room on the disk, or check the permissions there.")

    def __init__(self, cause: StorageError | None = None, **params: object) -> None:
        super().__init__(**params)
        self._cause = cause

    def describe(self, translate: Translate = untranslated, format_value: FormatValue = plain_value) -> ErrorText:
        """Return the error in words; :meth:`~caal_desktop.llm.errors.text.DescribedError.describe` says how."""
        text = super().describe(translate, format_value)
        if self._cause is None:
            return text
        words = self._cause.describe(translate, format_value)
        return replace(text, why=f"{words.what} {words.why}")


class SecretInSettings(StorageError):
    """A value that looks like a key was about to be written in plain text. Params: ``setting``."""

    what = QT_TRANSLATE_NOOP("StorageError", "The setting “{setting}” was not saved.")
    why = QT_TRANSLATE_NOOP(
        "StorageError", "It contains what looks like an API key, and settings are kept in plain text."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Remove the key from this field and enter it as the provider's key, where the system's keyring protects it.",
    )


class HistoryFailed(StorageError):
    """The conversations' database cannot be read or written. Params: ``file``, ``reason`` (the system's words)."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations cannot be read or saved.")
    why = QT_TRANSLATE_NOOP("StorageError", "The system says about {file}: {reason}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Check the disk and the file's permissions.")


class HistoryLocked(HistoryFailed):
    """Another program has the database open, and holds it for longer than we wait."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations cannot be saved at the moment.")
    why = QT_TRANSLATE_NOOP("StorageError", "Another program is using {file}.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Close the other program; it may be a backup, or one that opens databases."
    )


class HistoryDiskFull(HistoryFailed):
    """There is no room for what is to be written."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations cannot be saved at the moment.")
    why = QT_TRANSLATE_NOOP("StorageError", "The disk with {file} is full.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Make room on the disk.")


class HistoryUnreachable(HistoryFailed):
    """The system fails to read or write the database, perhaps for a moment: a disk's fault, a network folder."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations cannot be read or saved at the moment.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Check the disk, or the connection to it if it is a network drive.",
    )


class HistoryNotAnswering(HistoryUnreachable):
    """The system has neither read nor written for a long time."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations cannot be saved at the moment.")
    why = QT_TRANSLATE_NOOP("StorageError", "The disk with {file} does not answer.")
    advice = QT_TRANSLATE_NOOP("StorageError", "If it is a network drive, check the connection to it.")


class HistoryMissing(HistoryUnreachable):
    """The database was open in this run, and is gone, or another one is in its place."""

    why = QT_TRANSLATE_NOOP(
        "StorageError", "{file} is gone: its drive may have been removed, or the file was moved, replaced or deleted."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Connect the drive again, or put the file back. If it is gone for good, start a new file."
    )


class HistoryReadOnly(HistoryFailed):
    """The database can be read, but may not be written."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations can be read, but not saved.")
    why = QT_TRANSLATE_NOOP("StorageError", "You have no permission to write to {file}, or its disk is read-only.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Change the permissions of the file and its folder, then try again.")


class HistoryForbidden(HistoryFailed):
    """The user may not read the database."""

    why = QT_TRANSLATE_NOOP("StorageError", "You have no permission to read {file}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Change the permissions of the file and its folder, then try again.")


class HistoryNotAFile(HistoryFailed):
    """There is something else in the database's place, such as a folder."""

    why = QT_TRANSLATE_NOOP("StorageError", "{file} is not a file.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Move it to another place, then try again.")


class HistoryDamaged(HistoryFailed):
    """The database is damaged, which was found while it was in use."""

    what = QT_TRANSLATE_NOOP("StorageError", "The file with your conversations is damaged.")
    why = QT_TRANSLATE_NOOP("StorageError", "{file} can no longer be read, perhaps after a fault of the disk.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Export what you need, then start CAAL Desktop again: it puts the file aside and saves what can be read.",
    )


class HistoryNotPutAside(HistoryDamaged):
    """The database was damaged when it was opened, and may not be put aside. Params: ``file``, ``folder``."""

    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Change the permissions of the folder {folder}, then try again: "
        "the file is then put aside, and what can still be read of it is saved.",
    )


class HistoryPutAside(HistoryDamaged):
    """The database was damaged when it was opened: it was put aside. Params: ``file``, where it is now."""

    advice = QT_TRANSLATE_NOOP("StorageError", "It was put aside, and a new one was begun.")


class HistoryRecovered(HistoryPutAside):
    """Some of what was in the database could still be read. Params also: ``saved``, how many conversations."""

    why = QT_TRANSLATE_NOOP("StorageError", "{file} can no longer be read in full, perhaps after a fault of the disk.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "It was put aside, and a new one was begun with what could still be read: {saved}."
    )


class HistoryEmptied(HistoryPutAside):
    """The database had lost all of its content when it was opened."""

    what = QT_TRANSLATE_NOOP("StorageError", "The file with your conversations was empty.")
    why = QT_TRANSLATE_NOOP(
        "StorageError", "{file} has lost its content: perhaps the disk was full, or copying it was cut short."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "It was put aside, and a new one was begun. If you have a backup, quit CAAL Desktop and copy it there as "
        "conversations.db.",
    )


class HistoryTooNew(HistoryFailed):
    """A later version of the program has written the database."""

    what = QT_TRANSLATE_NOOP("StorageError", "Your conversations were saved by a newer version of CAAL Desktop.")
    why = QT_TRANSLATE_NOOP("StorageError", "This version cannot read {file}, and leaves it alone.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Use the newer version to see them. What is said here meanwhile is not kept."
    )


class KeyringError(StorageError):
    """The system's keyring could not be used. Params: ``store``, its name, a text or a marked one."""

    what = QT_TRANSLATE_NOOP("StorageError", "The system's keyring could not be used.")


class KeyringUnavailable(KeyringError):
    """There is no keyring."""

    what = QT_TRANSLATE_NOOP("StorageError", "This computer has no keyring that CAAL Desktop can use.")
    why = QT_TRANSLATE_NOOP("StorageError", "No password store of the system is running.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Your key can be kept for this session only. "
        "To keep it, start a password store such as GNOME Keyring, KWallet or KeePassXC, then try again.",
    )


class KeyringNotTrusted(KeyringUnavailable):
    """The configured keyring is not known to keep secrets encrypted. Params: ``backend``, its module's name."""

    why = QT_TRANSLATE_NOOP(
        "StorageError", "The one that is configured, {backend}, is not known to keep secrets encrypted."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError",
        "Your key can be kept for this session only. "
        "To keep it, choose another store in keyring's configuration or in PYTHON_KEYRING_BACKEND.",
    )


class KeyringLocked(KeyringError):
    """The keyring is locked and was not unlocked."""

    what = QT_TRANSLATE_NOOP("StorageError", "{store} is locked.")
    why = QT_TRANSLATE_NOOP("StorageError", "It was not unlocked, or its dialog was dismissed.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Unlock it and try again, or keep your key for this session only.")


class KeyringTimedOut(KeyringError):
    """The keyring did not answer in time, or its dialog was not answered. Params also: ``duration``."""

    what = QT_TRANSLATE_NOOP("StorageError", "{store} did not answer within {duration}.")
    why = QT_TRANSLATE_NOOP(
        "StorageError", "It may be waiting for a password in a dialog behind other windows, or it may hang."
    )
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Look for its dialog and answer it, then try again, or keep your key for this session only."
    )


class KeyringFailed(KeyringError):
    """The keyring answered with a failure. Params also: ``reason``, its words."""

    what = QT_TRANSLATE_NOOP("StorageError", "{store} could not do what was asked.")
    why = QT_TRANSLATE_NOOP("StorageError", "It says: {reason}.")
    advice = QT_TRANSLATE_NOOP(
        "StorageError", "Try again, log out and in again if it keeps failing, or keep your key for this session only."
    )


class KeyringNotLoaded(KeyringFailed):
    """The configured backend cannot be loaded. Params also: ``reason``, the import's words."""

    why = QT_TRANSLATE_NOOP("StorageError", "The configured backend cannot be loaded: {reason}.")


class KeyringNotWritten(KeyringFailed):
    """The keyring did not keep what it was given."""

    why = QT_TRANSLATE_NOOP("StorageError", "The key was not there when it was read back.")


class KeyringNotDeleted(KeyringFailed):
    """The keyring still has what was deleted."""

    why = QT_TRANSLATE_NOOP("StorageError", "The key was still there after it had been deleted.")
