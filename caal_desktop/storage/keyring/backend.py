"""The blocking side of the keyring: choosing a store that can be trusted, and turning its failures into our errors.

Everything here runs in a thread of its own (see
:mod:`~caal_desktop.storage.keyring.thread`), ``import keyring`` included: looking for a store already talks to D-Bus.
"""

from __future__ import annotations

import contextlib
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from caal_desktop.llm.redaction import redact
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.storage.errors import (
    KeyringError,
    KeyringFailed,
    KeyringLocked,
    KeyringNotDeleted,
    KeyringNotLoaded,
    KeyringNotTrusted,
    KeyringNotWritten,
    KeyringUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keyring.backend import KeyringBackend

logger = logging.getLogger(__name__)

T = TypeVar("T")

SERVICE = "caal-desktop"

UNKNOWN_STORE: Final = QT_TRANSLATE_NOOP("StorageError", "The system's keyring")
"""What stands in a sentence for a store whose name is not known."""

_SECRET_SERVICE = "keyring.backends.SecretService"  # noqa: S105 - a module, not a secret
_CHAINER = "keyring.backends.chainer"
_WINDOWS = "keyring.backends.Windows"

# The stores that are known to encrypt, by module, with their names as users know them. Any other one is refused: the
# null backend loses the key without an error, keyrings.alt writes it in plain text or asks on a terminal, and about the
# rest nothing is known.
TRUSTED_BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        _SECRET_SERVICE: "GNOME Keyring / Secret Service",
        "keyring.backends.libsecret": "GNOME Keyring / Secret Service",
        "keyring.backends.kwallet": "KWallet",
        "keyring.backends.macOS": "macOS Keychain",
        _WINDOWS: "Windows Credential Locker",
    }
)

# A broken store may answer "deleted" for ever.
_MAX_COPIES = 10


class Checkpoint(Protocol):
    """What :class:`~caal_desktop.storage.keyring.thread.KeyringCall` offers to the work in its thread."""

    def checkpoint(self) -> None:
        """Raise an error where the result is no longer waited for."""


class Store:
    """The system's password store, found and trusted. Every method blocks, and raises :class:`KeyringError` alone.

    Args:
        trusted: the backends to accept, by module, with their names as users know them.
        service: the name under which keys are kept.
        call: what is done with the store; asked before anything that must not happen late.

    Raises:
        KeyringError: there is no store, or it cannot be trusted or reached.
    """

    def __init__(self, trusted: Mapping[str, str], service: str, call: Checkpoint) -> None:
        self._service = service
        self._call = call
        with _errors_of(UNKNOWN_STORE):
            self._backend = _choose(trusted)
        self.name = trusted[type(self._backend).__module__]

    def may_ask(self) -> bool:
        """Return whether a read or a write may show a dialog: the store is locked, or that cannot be known before."""
        module = type(self._backend).__module__
        if module == _WINDOWS:
            return False
        if self._is_secret_service:
            return self.is_locked()
        return True

    def is_locked(self) -> bool:
        """Return whether the store is known to be locked (or has to be created first). Shows no dialog."""
        return self._is_secret_service and self._ask(_is_default_collection_locked)

    def read(self, user: str) -> str | None:
        """Return the secret, or None where there is none."""
        return self._ask(lambda: self._backend.get_password(self._service, user)) or None

    def write(self, user: str, secret: str) -> None:
        """Write the secret and prove by reading it back that it was kept."""
        # Reading first makes the store ask for its password now: after the caller has stopped waiting for that dialog,
        # a late answer must not write the key.
        self.read(user)
        self._call.checkpoint()
        self._ask(lambda: self._backend.set_password(self._service, user, secret))
        if self.read(user) != secret:
            raise KeyringNotWritten(store=self.name)

    def delete(self, user: str) -> None:
        """Delete the secret and prove by reading that it is gone. A secret that is not there is no error."""
        for _ in range(_MAX_COPIES):
            # keyring deletes the first match only.
            if self.read(user) is None:
                return
            self._call.checkpoint()
            self._ask(lambda: self._backend.delete_password(self._service, user))
        if self.read(user) is not None:
            raise KeyringNotDeleted(store=self.name)

    @property
    def _is_secret_service(self) -> bool:
        # A subclass is a Secret Service as well.
        return any(base.__module__ == _SECRET_SERVICE for base in type(self._backend).__mro__)

    def _ask(self, work: Callable[[], T]) -> T:
        """Run what begins by connecting to the store."""
        while True:
            with _errors_of(self.name):
                try:
                    return work()
                except TimeoutError:
                    # The library gives the session bus one second to accept it, too little on a busy machine. Nothing
                    # has been asked of the keyring by then; how long to wait for it is for our caller to decide.
                    if not self._is_secret_service:
                        raise
            self._call.checkpoint()


def _is_default_collection_locked() -> bool:
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as bus:
        try:
            collection = secretstorage.get_collection_by_alias(bus, "default")
        except secretstorage.ItemNotFoundException:
            return True
        return bool(collection.is_locked())


def _choose(trusted: Mapping[str, str]) -> KeyringBackend:
    import keyring
    import keyring.backend
    import keyring.backends.fail
    import keyring.core

    try:
        backend = keyring.get_keyring()
        if isinstance(backend, keyring.backends.fail.Keyring):
            # keyring remembers that it found nothing, in two places; a store may have been started since.
            with contextlib.suppress(KeyError, AttributeError):
                keyring.backend.get_all_keyring.reset()
            keyring.core.init_backend()
            backend = keyring.get_keyring()
    except RuntimeError as error:
        # The configured backend says that it cannot work here.
        raise KeyringUnavailable from error
    candidates: list[KeyringBackend] = [backend]
    if type(backend).__module__ == _CHAINER:
        candidates = list(getattr(backend, "backends", ()))
    for candidate in candidates:
        if type(candidate).__module__ in trusted:
            return candidate
    module = type(backend).__module__
    if module in ("keyring.backends.fail", _CHAINER):
        raise KeyringUnavailable
    raise KeyringNotTrusted(backend=module)


@contextlib.contextmanager
def _errors_of(store: str) -> Iterator[None]:
    try:
        yield
    except KeyringError:
        raise
    except Exception as error:
        raise _keyring_error(error, store) from error


def _keyring_error(error: Exception, store: str) -> KeyringError:
    """Return our error for any of keyring's own."""
    reason = redact(str(error)).strip().rstrip(".") or type(error).__name__
    logger.info("%s: %s: %s", store, type(error).__name__, reason)
    if isinstance(error, ImportError | AttributeError):
        return KeyringNotLoaded(store=store, reason=reason)
    import keyring.errors

    if isinstance(error, keyring.errors.NoKeyringError):
        return KeyringUnavailable()
    # The cause tells a dismissed dialog from a store that cannot create its first collection.
    locked: tuple[type[Any], ...] = (keyring.errors.KeyringLocked, *_secretstorage_locked())
    if isinstance(error, locked) or isinstance(error.__cause__, locked):
        return KeyringLocked(store=store)
    return KeyringFailed(store=store, reason=reason)


def _secretstorage_locked() -> tuple[type[Any], ...]:
    try:
        import secretstorage
    except ImportError:
        return ()
    return (secretstorage.LockedException, secretstorage.PromptDismissedException)
