"""The blocking side of the keyring: choosing a store that can be trusted, and saying in our words how it failed.

Everything here runs in a thread of its own (see
:mod:`~caal_desktop.storage.keyring.thread`), ``import keyring`` included: looking for a store already talks to D-Bus.
"""

from __future__ import annotations

import contextlib
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from caal_desktop.llm.redaction import redact
from caal_desktop.storage.errors import (
    KeyringError,
    KeyringFailed,
    KeyringLocked,
    KeyringNotTrusted,
    KeyringUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keyring.backend import KeyringBackend

logger = logging.getLogger(__name__)

T = TypeVar("T")

SERVICE = "caal-desktop"

_SECRET_SERVICE = "keyring.backends.SecretService"  # noqa: S105 - a module, not a secret
_CHAINER = "keyring.backends.chainer"
_WINDOWS = "keyring.backends.Windows"

# The stores that are known to encrypt, by module, with their names for people. Any other one is refused: the null
# backend loses the key in silence, keyrings.alt writes it in plain text or asks on a terminal, and about the rest
# nothing is known.
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
        """Raises when nobody waits for the result any more."""


class Store:
    """The system's password store, found and trusted. Every method blocks, and raises :class:`KeyringError` alone.

    Args:
        trusted: the backends to accept, by module, with their names for people.
        service: the name under which keys are kept.
        call: what is done with the store; asked before anything that must not happen late.

    Raises:
        KeyringError: there is no store, or it cannot be trusted or reached.
    """

    def __init__(self, trusted: Mapping[str, str], service: str, call: Checkpoint) -> None:
        self._service = service
        self._call = call
        with _translated("The system's keyring"):
            self._backend = _choose(trusted)
        self.name = trusted[type(self._backend).__module__]

    def may_ask(self) -> bool:
        """Whether reading or writing may show a dialog: the store is locked, or this cannot be known beforehand."""
        module = type(self._backend).__module__
        if module == _WINDOWS:
            return False
        if self._is_secret_service:
            return self.is_locked()
        return True

    def is_locked(self) -> bool:
        """Whether the store is known to be locked (or would have to be created first). Never asks anybody."""
        return self._is_secret_service and self._ask(_is_default_collection_locked)

    def read(self, user: str) -> str | None:
        """The secret, or None where there is none."""
        return self._ask(lambda: self._backend.get_password(self._service, user)) or None

    def write(self, user: str, secret: str) -> None:
        """Writes the secret and proves by reading it back that it was kept."""
        # Reading first makes the store ask for its password now: whoever gave up on that dialog must not find the key
        # written by a late answer.
        self.read(user)
        self._call.checkpoint()
        self._ask(lambda: self._backend.set_password(self._service, user, secret))
        if self.read(user) != secret:
            raise KeyringFailed(store=self.name, reason="the key was not there when it was read back")

    def delete(self, user: str) -> None:
        """Deletes the secret and proves by reading that it is gone. A secret that is not there is no error."""
        for _ in range(_MAX_COPIES):
            # keyring deletes the first match only.
            if self.read(user) is None:
                return
            self._call.checkpoint()
            self._ask(lambda: self._backend.delete_password(self._service, user))
        if self.read(user) is not None:
            raise KeyringFailed(store=self.name, reason="the key was still there after it had been deleted")

    @property
    def _is_secret_service(self) -> bool:
        # A subclass is a Secret Service as well.
        return any(base.__module__ == _SECRET_SERVICE for base in type(self._backend).__mro__)

    def _ask(self, work: Callable[[], T]) -> T:
        """Do what begins by connecting to the store."""
        while True:
            with _translated(self.name):
                try:
                    return work()
                except TimeoutError:
                    # The library gives the session bus one second to let it in, which a busy machine may not keep.
                    # Nothing has been asked of the keyring by then; how long to wait for it is for our caller to say.
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
def _translated(store: str) -> Iterator[None]:
    try:
        yield
    except KeyringError:
        raise
    except Exception as error:
        raise _translate(error, store) from error


def _translate(error: Exception, store: str) -> KeyringError:
    """The one place where keyring's many ways to fail become ours."""
    reason = redact(str(error)).strip().rstrip(".") or type(error).__name__
    logger.info("%s: %s: %s", store, type(error).__name__, reason)
    if isinstance(error, ImportError | AttributeError):
        return KeyringFailed(store=store, reason=f"the configured backend cannot be loaded ({reason})")
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
