"""A secret and the address that it was given for stay together though keyring, settings and user are not in step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.errors import AddressRefused
from caal_desktop.llm.translation import Duration
from caal_desktop.llm.transport.address import check_base_url
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.secret_moves import secret_moves
from caal_desktop.services.providers.connections import PROXY, connection_for
from caal_desktop.storage.errors import KeyringTimedOut
from caal_desktop.storage.settings.choices import KeyStore
from caal_desktop.storage.settings.migrations import migrate
from caal_desktop.widgets.keys.consent import origin_text
from tests.support.listeners import Listener, listening
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

OWN = "openai_compatible"
HERE = "https://here.example:8443/v1"
THERE = "https://there.example/v1"


class LateAnswers:
    """Has a store do at once what it is asked, and tell so late.

    Args:
        parts: whose store.
        error: what it says in the end instead of the truth.
    """

    def __init__(self, parts: Parts, error: Exception | None = None) -> None:
        self._call, self._error = parts.secrets._call, error
        self.done, self.answer = asyncio.Event(), asyncio.Event()
        parts.secrets._call = self.call  # type: ignore[method-assign, assignment]

    async def call(self, work: Any, *, interactive: bool) -> Any:
        result = await self._call(work, interactive=interactive)
        self.done.set()
        await self.answer.wait()
        if self._error is not None:
            raise self._error
        return result


@pytest.fixture
def kept_here(make_parts: Callable[..., Parts], keyring_session: DesktopSession) -> Parts:
    """Keep a key for the user's own server in the keyring."""
    parts = make_parts()
    parts.settings.update(setup_completed=True, provider=OWN, openai_compatible_base_url=HERE)
    parts.keep_key("key-for-here", name=OWN)
    return parts


def next_start(parts: Parts, make_parts: Callable[..., Parts], name: str = OWN) -> Parts:
    parts.close()
    parts = make_parts()
    run_async(parts.keys.read(name))
    return parts


def test_a_password_for_this_session_says_nothing_about_the_one_in_the_keyring(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession
) -> None:
    first = make_parts()
    first.settings.update(proxy_mode="manual", proxy_url="http://here.example:3128", proxy_user="ann")
    first.keep_key("password-for-here", name=PROXY)
    first.settings.update(proxy_url="http://there.example:3128")
    first.keep_key("password-for-there", KeyStore.SESSION, PROXY)
    assert first.keys.secret_for(PROXY, "http://there.example:3128") == "password-for-there"
    assert first.keys.secret_for(PROXY, "http://here.example:3128") is None

    second = next_start(first, make_parts, PROXY)
    assert second.key(PROXY) == "password-for-here"
    assert second.keys.secret_for(PROXY, "http://there.example:3128") is None
    state = second.state(PROXY)
    assert (state.wants_consent, state.origin) == (True, "http://here.example:3128")


@pytest.mark.parametrize("end", ["cancelled", "timed out"])
def test_what_a_keyring_holds_that_has_not_answered_is_not_known(
    kept_here: Parts, make_parts: Callable[..., Parts], end: str
) -> None:
    async def give_another() -> None:
        late = LateAnswers(kept_here, KeyringTimedOut(store="the keyring", duration=Duration(1)))
        keeping = asyncio.ensure_future(kept_here.keys.keep(OWN, "key-for-there", KeyStore.KEYRING, THERE))
        await late.done.wait()
        async with asyncio.timeout(5):
            while kept_here.saved.of(OWN).key_origin:  # the program may be killed now
                await asyncio.sleep(0.05)
        if end == "cancelled":
            keeping.cancel()
        else:
            late.answer.set()
        await asyncio.wait([keeping])

    run_async(give_another())
    assert kept_here.keys.secret_for(OWN, HERE) == "key-for-here", "the one in memory is the one it was"
    assert kept_here.keys.secret_for(OWN, THERE) is None

    second = next_start(kept_here, make_parts)
    assert second.key(OWN) == "key-for-there"
    assert second.keys.secret_for(OWN, HERE) is None
    assert second.state(OWN).wants_consent


def test_a_key_that_moves_into_the_keyring_late_does_not_meet_a_newer_one(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession
) -> None:
    first = make_parts()
    first.settings.update(setup_completed=True, provider=OWN, openai_compatible_base_url=THERE)
    run_async(first.keys.keep(OWN, "key-for-here", KeyStore.SESSION, HERE))
    first.keys._pending_migration.add(OWN)

    async def move_and_give_another() -> None:
        late = LateAnswers(first)
        moving = asyncio.ensure_future(first.keys._migrate(OWN))
        await late.done.wait()
        keeping = asyncio.ensure_future(first.keys.keep(OWN, "key-for-there", KeyStore.SESSION, THERE))
        for _ in range(5):
            await asyncio.sleep(0)
        late.answer.set()
        await moving
        await keeping

    run_async(move_and_give_another())
    assert first.keys.secret_for(OWN, THERE) == "key-for-there"
    assert first.settings.current.of(OWN).key_store is KeyStore.SESSION

    second = next_start(first, make_parts)
    assert second.keys.secret_for(OWN, THERE) != "key-for-here"


def test_a_key_that_is_given_while_another_is_removed_is_kept(kept_here: Parts) -> None:
    async def remove_and_give_another() -> None:
        late = LateAnswers(kept_here)
        removing = asyncio.ensure_future(kept_here.keys.remove(OWN))
        await late.done.wait()
        keeping = asyncio.ensure_future(kept_here.keys.keep(OWN, "key-for-there", KeyStore.SESSION, THERE))
        for _ in range(5):
            await asyncio.sleep(0)
        late.answer.set()
        assert (await removing).is_done
        assert (await keeping).is_done

    run_async(remove_and_give_another())
    assert kept_here.state(OWN).is_kept
    assert kept_here.keys.secret_for(OWN, THERE) == "key-for-there"


def test_what_the_keyring_is_still_asked_for_does_not_come_back_after_its_removal(
    kept_here: Parts, make_parts: Callable[..., Parts]
) -> None:
    kept_here.close()
    second = make_parts()

    async def read_and_remove() -> None:
        late = LateAnswers(second)
        reading = asyncio.ensure_future(second.keys.read(OWN))
        await late.done.wait()
        removing = asyncio.ensure_future(second.keys.remove(OWN))
        for _ in range(5):
            await asyncio.sleep(0)
        late.answer.set()
        assert (await removing).is_done
        await reading

    run_async(read_and_remove())
    assert second.key(OWN) is None
    assert not second.state(OWN).is_loaded


def test_a_change_that_follows_a_change_is_the_one_that_is_saved(parts: Parts) -> None:
    parts.settings.changed.connect(lambda _new: parts.settings.update(openai_compatible_base_url=THERE))
    parts.settings.update(openai_compatible_base_url=HERE)
    parts.close()
    assert parts.saved.of(OWN).base_url == parts.settings.current.of(OWN).base_url == THERE


# --- plain http by a proxy, which reads along -------------------------------------------------------------------------


@pytest.fixture
def proxies() -> Iterator[tuple[Listener, Listener]]:
    with listening() as here, listening() as there:
        yield here, there


def ask(parts: Parts) -> None:
    connection = connection_for(parts.settings.current, parts.keys)
    if connection is not None:
        run_async(check(parts, connection))
    turn(3)


async def check(parts: Parts, connection: Any) -> None:
    async with parts.pool.use(connection) as provider:
        await provider.check_key()


@pytest.mark.parametrize("answer", ["", "withhold", "allow"])
def test_a_key_over_plain_http_is_not_shown_to_another_proxy(
    parts: Parts, proxies: tuple[Listener, Listener], answer: str
) -> None:
    here, there = proxies
    address = "http://llm.example.internal/v1"
    parts.settings.update(
        provider=OWN, openai_compatible_base_url=address, proxy_mode="manual", proxy_url=here.origin, max_retries=0
    )
    parts.keep_key("key-for-one", KeyStore.SESSION, OWN)
    ask(parts)
    assert here.has_seen("key-for-one")
    parts.settings.update(proxy_url=there.origin)
    if answer:
        getattr(parts.keys, answer)(OWN)
    ask(parts)
    assert there.has_seen("key-for-one") is (answer == "allow")
    assert parts.state(OWN).wants_consent is not bool(answer)


@pytest.mark.parametrize("address", [HERE, "http://127.0.0.1:8080/v1"])
def test_another_proxy_is_no_question_where_it_reads_nothing(parts: Parts, address: str) -> None:
    parts.settings.update(provider=OWN, openai_compatible_base_url=address)
    parts.keep_key("key-for-one", KeyStore.SESSION, OWN)
    parts.settings.update(proxy_mode="manual", proxy_url="http://there.example:3128")
    assert not parts.state(OWN).wants_consent
    assert connection_for(parts.settings.current, parts.keys) is not None


def test_the_systems_proxy_counts_too(
    parts: Parts, proxies: tuple[Listener, Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = proxies
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", here.origin)
    parts.settings.update(provider=OWN, openai_compatible_base_url="http://llm.example.internal/v1", max_retries=0)
    parts.keep_key("key-for-one", KeyStore.SESSION, OWN)
    ask(parts)
    assert here.has_seen("key-for-one")
    monkeypatch.setenv("http_proxy", there.origin)
    ask(parts)
    assert not there.has_seen("key-for-one")
    monkeypatch.setenv("no_proxy", "llm.example.internal")
    assert connection_for(parts.settings.current, parts.keys) is None, "asked about the way without a proxy, too"


def test_the_question_names_the_proxy_that_reads_along(parts: Parts) -> None:
    address = "http://llm.example.internal/v1"
    parts.settings.update(
        provider=OWN, openai_compatible_base_url=address, proxy_mode="manual", proxy_url="http://here.example:3128"
    )
    parts.keep_key("key-for-one", KeyStore.SESSION, OWN)
    now = parts.settings.current
    moves = secret_moves(parts.keys, now, now.replace(proxy_url="http://there.example"))
    assert [(origin_text(move.origin), origin_text(move.target)) for move in moves] == [
        (
            "http://llm.example.internal through the proxy http://here.example:3128",
            "http://llm.example.internal through the proxy http://there.example",
        )
    ]


def test_settings_that_are_not_in_force_are_judged_by_their_own_proxy(parts: Parts) -> None:
    parts.settings.update(
        provider=OWN,
        openai_compatible_base_url="http://llm.example.internal/v1",
        proxy_mode="manual",
        proxy_url="http://here.example:3128",
    )
    parts.keep_key("key-for-one", KeyStore.SESSION, OWN)
    wished = parts.settings.current.replace(proxy_url="http://there.example:3128")
    parts.keys._update_record(OWN, withheld_from="http://llm.example.internal:80 via http://there.example:3128")
    connection = connection_for(wished, parts.keys)
    assert connection is not None
    assert connection.key is None


@pytest.mark.parametrize("base_url", [HERE, "http://llm.example.internal/v1"])
def test_settings_of_the_first_schema_bind_the_key_to_the_way_of_then(base_url: str) -> None:
    document = {
        "openai_compatible_base_url": base_url,
        "openai_compatible_key_store": "keyring",
        "proxy_mode": "manual",
        "proxy_url": "http://here.example:3128",
    }
    row = migrate(document, 1)["providers"][OWN]
    assert row["key_origin"] == (
        "https://here.example:8443"
        if base_url == HERE
        else "http://llm.example.internal:80 via http://here.example:3128"
    )


@pytest.mark.parametrize("mode", [7, None, "none", "elsewhere", ["manual"]])
@pytest.mark.parametrize("url", [7, None, "", "http://["])
def test_a_damaged_file_of_the_first_schema_is_no_reason_to_fail(mode: object, url: object) -> None:
    document = {
        "openai_compatible_base_url": url,
        "openai_compatible_key_store": "keyring",
        "proxy_mode": mode,
        "proxy_url": url,
        "proxy_user": "ann",
    }
    migrated = migrate(document, 1)
    assert migrated["providers"][OWN]["key_origin"] == migrated["proxy_password_origin"] == ""


@pytest.mark.parametrize("host", ["134744072", "0x08080808", "010.8.8.8", "[::ffff:8.8.8.8]", "8.8.2056"])
def test_a_key_does_not_cross_the_internet_in_clear_by_an_odd_spelling(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_base_url(OWN, "Own server", f"http://{host}/v1", has_key=True)


@pytest.mark.parametrize("keeps_at_once", [True, False])
def test_a_key_is_for_the_proxy_by_which_it_was_proven(
    parts: Parts, proxies: tuple[Listener, Listener], *, keeps_at_once: bool
) -> None:
    here, there = proxies
    address = "http://llm.example.internal/v1"
    parts.settings.update(
        provider=OWN, openai_compatible_base_url=address, proxy_mode="manual", proxy_url=here.origin, max_retries=0
    )
    entry = KeyEntry(parts.keys, OWN)
    entry.submit("key-for-one", keep=keeps_at_once)
    if keeps_at_once:
        # No keyring here: it asks what to do, and the settings change meanwhile.
        parts.until(lambda: entry.state.has_storing_failed, "the keyring has refused")
    parts.until(lambda: here.has_seen("key-for-one") and not entry.state.is_busy, "it is proven")
    parts.settings.update(proxy_url=there.origin)
    assert entry.candidate_for(address) is None
    entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.state(OWN).is_loaded, "it is kept")
    ask(parts)
    assert parts.state(OWN).wants_consent
    assert not there.has_seen("key-for-one")
