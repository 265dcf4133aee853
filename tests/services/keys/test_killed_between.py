"""A program that is killed at any moment while a key is stored, replaced or removed: what the next start makes of it.

The disk and the keyring are noted at each change of either; the next start is tried with all that was ever there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import keyring
import pytest

from caal_desktop.llm.translation import Duration
from caal_desktop.services.keys.key_state import Proof
from caal_desktop.storage.errors import KeyringTimedOut
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from tests.support.key_stages import Stage, stage_of
from tests.support.parts import KEYRING_SERVICE
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

NAME = "openrouter"
Moment = tuple[bytes, str | None]
"""What the settings' file and the keyring held."""


class Moments:
    """Notes what a kill would leave, before and after each thing that is asked of the disk or of the keyring.

    Args:
        parts: the run that is watched.
        session: has its keyring.
        keyring_says: what the keyring says in place of the truth after it has stored something: an error; nothing at
            all for ``"nothing"``; the truth for None.
    """

    def __init__(self, parts: Parts, session: DesktopSession, keyring_says: Exception | str | None = None) -> None:
        self._parts, self._session, self._says = parts, session, keyring_says
        self.seen: list[Moment] = []
        self.stored = asyncio.Event()
        self._save, self._call = parts.settings._writer._write_now, parts.secrets._call
        parts.settings._writer._write_now = self._watched_save
        parts.secrets._call = self._watched_call  # type: ignore[method-assign, assignment]

    def note(self) -> None:
        file = self._parts.home / "settings.json"
        secrets = [item.secret for item in self._session.secret_items()]
        moment = (file.read_bytes() if file.exists() else b"", secrets[0] if secrets else None)
        if moment not in self.seen:
            self.seen.append(moment)

    def _watched_save(self, settings: Any) -> None:
        self.note()
        self._save(settings)
        self.note()

    async def _watched_call(self, work: Any, *, interactive: bool) -> Any:
        self.note()
        had = self._session.secret_items()
        result = await self._call(work, interactive=interactive)
        self.note()
        if self._session.secret_items() != had:
            self.stored.set()
            if self._says == "nothing":
                await asyncio.Event().wait()
            if isinstance(self._says, Exception):
                raise self._says
        return result


def at_the_key(parts: Parts, key: str) -> Parts:
    parts.setup.begin()
    parts.setup.advance()
    parts.setup.entry.submit(key)
    parts.until_stage(Stage.VERIFIED)
    return parts


def store_first(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    moments = Moments(at_the_key(parts, demo.key), session)
    parts.setup.advance()
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "it is stored")
    return moments


def store_and_leave(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    moments = Moments(at_the_key(parts, demo.key), session, "nothing")
    parts.setup.advance()
    parts.until(moments.stored.is_set, "the keyring has it, and says nothing")
    parts.setup.entry.cancel()
    turn(3)
    parts.setup.end()
    return moments


def store_unanswered(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    late = KeyringTimedOut(store="the keyring", duration=Duration(1))
    moments = Moments(at_the_key(parts, demo.key), session, late)
    parts.setup.advance()
    parts.until_stage(Stage.UNSTORED)
    parts.setup.entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "it goes on for this session")
    return moments


def store_late(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    run_async(parts.keys.keep(NAME, demo.key, KeyStore.SESSION, proof=Proof(KeyStatus.VERIFIED)))
    parts.keys._pending_migration.add(NAME)
    moments = Moments(parts, session)
    run_async(parts.keys._migrate(NAME))
    assert parts.state().store is KeyStore.KEYRING
    return moments


def replace_key(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    parts.keep_key(demo.key_for("limited"))
    moments = Moments(parts, session)
    assert run_async(parts.keys.replace(NAME, demo.key)).kept is not None
    return moments


def remove_key(parts: Parts, session: DesktopSession, demo: DemoControl) -> Moments:
    parts.keep_key(demo.key)
    moments = Moments(parts, session)
    assert run_async(parts.keys.remove(NAME)).is_done
    return moments


def put(file: bytes, secret: str | None, parts: Parts, session: DesktopSession) -> None:
    """Let settings and keyring be as they were at a moment."""
    (parts.home / "settings.json").unlink(missing_ok=True)
    if file:
        (parts.home / "settings.json").write_bytes(file)
    session.clear_secrets()
    if secret is not None:
        keyring.set_password(KEYRING_SERVICE, NAME, secret)


ALL = [
    store_first,
    store_and_leave,
    replace_key,
    remove_key,
    pytest.param(store_unanswered, marks=pytest.mark.long),
    pytest.param(store_late, marks=pytest.mark.long),
]


@pytest.mark.parametrize("happen", ALL)
def test_the_next_start_finds_the_key_wherever_it_was_killed(
    keyring_session: DesktopSession,
    make_parts: Callable[..., Parts],
    demo: DemoControl,
    happen: Callable[[Parts, DesktopSession, DemoControl], Moments],
) -> None:
    parts = make_parts()
    moments = happen(parts, keyring_session, demo)
    parts.close()
    moments.note()
    assert len(moments.seen) > 2, "something has happened"
    assert len({secret for _file, secret in moments.seen}) == 2, "before and after are both among them"
    for file, secret in moments.seen:
        put(file, secret, parts, keyring_session)
        again = make_parts()
        again.keys.begin()
        again.setup.begin(SetupStep.KEY)
        if secret is None:
            again.until(lambda again=again: not again.state().is_awaited, "the keyring has been asked")  # type: ignore[misc]
            assert not again.state().is_kept
            assert stage_of(again.setup.key) is Stage.WAITING, "it asks for a key"
        else:
            again.until_stage(Stage.VERIFIED)
            assert (again.key(), again.setup.flow.can_continue) == (secret, True), "it asks for nothing"
        again.close()
        row = again.saved.of(NAME)
        assert (row.key_store is KeyStore.KEYRING, bool(row.key_origin)) == (secret is not None, secret is not None)


def test_a_key_that_was_being_removed_is_not_missed(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    """One that is known to be good and is not there may be in another desktop's keyring: the user would be told so."""
    parts = make_parts()
    moments = remove_key(parts, keyring_session, demo)
    parts.close()
    assert [secret is None for _file, secret in moments.seen].count(True) > 1
    for file, secret in moments.seen:
        put(file, secret, parts, keyring_session)
        again = make_parts()
        again.keys.begin()
        again.until(lambda again=again: not again.state().is_awaited, "the keyring has been asked")  # type: ignore[misc]
        again.close()
        assert (again.saved.of(NAME).key_store is KeyStore.KEYRING) == (secret is not None)
