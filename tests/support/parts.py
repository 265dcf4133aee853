"""The program's services, put together as the program does it, for tests: a pytest plugin (tests/conftest.py loads it).

``make_parts`` builds them over the demo server, with settings and cache in the test's own folder, and closes them when
the test is over. The keyring is whatever this process has: none, or with the fixture ``keyring_session`` a real
keyring daemon on a bus of its own.
"""

from __future__ import annotations

import os
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.catalogue.catalogue_service import CatalogueService, CatalogueState
from caal_desktop.services.catalogue.judgement import Judgement
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.measurements import Measurements
from caal_desktop.services.keys.key_service import KeyService
from caal_desktop.services.keys.key_state import Proof
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
from caal_desktop.services.settings.bundle_check import BundleCheck
from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.services.settings.transfer_service import TransferService
from caal_desktop.services.setup.setup_service import SetupService
from caal_desktop.storage.keyring.secrets import Deadlines, SecretStore
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.desktop_session import DesktopSession, require_desktop_tools
from tests.support.key_stages import Stage, stage_of
from tests.support.qt_loop import run_async, turn
from tests.support.scripted_server import scripted_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.storage.settings.schema import Settings
    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness
    from tests.support.scripted_server import Reply, ScriptedServer

KEYRING_SERVICE = "caal-desktop-test"


class Parts:
    """The services of one run of the program.

    Args:
        home: where settings and cache are kept.
        openrouter_url: the base URL of the demo server, or of nothing at all.
        stands_in: whether that counts as another address than OpenRouter's, as one in the environment does; the
            program's own demo counts as OpenRouter's.
    """

    def __init__(self, home: Path, openrouter_url: str, *, stands_in: bool = False) -> None:
        self.home, self.openrouter_url = home, openrouter_url
        self.store = SettingsStore(home / "settings.json")
        self.settings = SettingsService(self.store, self.store.load())
        self.transfer = TransferService(self.settings, home / "data")
        self.bundles = BundleCheck()
        self.pool = ProviderPool(self._stand_in)
        deadlines = Deadlines(probe=5.0, call=5.0, unlock=5.0)
        self.secrets = SecretStore(service=KEYRING_SERVICE, deadlines=deadlines)
        stand_ins = {"openrouter": openrouter_url} if stands_in else {}
        self.keys = KeyService(self.secrets, self.pool, self.settings, stand_ins=stand_ins)
        self.catalogue = CatalogueService(home / "catalogue", self.pool)
        self.measurements = Measurements(home / "catalogue")
        self.judgement = Judgement(self.catalogue, self.settings, self.keys, self.measurements)
        self.chat = ChatService(self.pool)
        self.chat.answered.connect(self.measurements.add)
        self.setup = SetupService(self.settings, self.keys, self.catalogue)
        self._closed = False

    async def _stand_in(self, provider: str) -> str | None:
        return self.openrouter_url if provider == "openrouter" else None

    @property
    def saved(self) -> Settings:
        """The settings as the file has them."""
        return SettingsStore(self.home / "settings.json").load().settings

    def close(self) -> None:
        """End this run as the program does."""
        if not self._closed:
            self._closed = True
            run_async(self.aclose())

    async def aclose(self) -> None:
        """End this run within a running loop."""
        await self.setup.close()
        await self.chat.close()
        await self.catalogue.close()
        await self.keys.close()
        await self.pool.close()
        await self.measurements.close()
        await self.transfer.close()
        await self.bundles.close()
        await self.settings.close()

    # --- what many tests need

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Set the list of models, as if a server had sent it, and its hosts where it is judged by some."""
        if catalogue.provider and catalogue.view is not None and catalogue.view.figures.hosts:
            connection = Connection(catalogue.provider, "some-key")
            self.catalogue.known_hosts.set_connection(connection)
            self.catalogue.known_hosts.add(connection, catalogue.view.figures.hosts)
        self.catalogue._set(catalogue)

    def until_stage(self, *stages: Stage) -> Stage:
        """Wait until the wizard's key step is at one of these stages."""
        if not turn(until=lambda: stage_of(self.setup.key) in stages):
            pytest.fail(f"the key step stays at {self.setup.key}, waited for {stages}")
        return stage_of(self.setup.key)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something has become true."""
        if not turn(until=condition):
            pytest.fail(f"this did not come: {what}")

    def open_catalogue(self, connection: Connection | None = None) -> None:
        """Load a list of models, OpenRouter's if no connection is given."""
        self.catalogue.open(connection or Connection("openrouter"))
        self.until(lambda: self.catalogue.current.state is CatalogueState.READY, "the list")

    def use_key(self, key: str, status: KeyStatus = KeyStatus.VERIFIED, provider: str = "openrouter") -> None:
        """Keep a key for this session, as a finished set-up leaves it."""
        self.keep_key(key, KeyStore.SESSION, provider, status)

    def keep_key(
        self,
        key: str,
        store: KeyStore = KeyStore.KEYRING,
        name: str = "openrouter",
        status: KeyStatus = KeyStatus.VERIFIED,
    ) -> None:
        """Keep a secret for the address in force; fail the test where the keyring does not store it."""
        address = self.settings.current.proxy_url if name == PROXY else self.settings.current.of(name).base_url
        result = run_async(self.keys.keep(name, key, store, address, Proof(KeyStatus.VERIFIED)))
        assert result.is_done, result.error
        if status is not KeyStatus.VERIFIED:
            # Nothing but the service writes this: the test plays an earlier run.
            self.keys._update_record(name, status=status)

    def tell_of_key(self, info: KeyInfo | None, name: str = "openrouter") -> None:
        """Set what is known of the key in use, as if its provider had just told it."""
        self.keys._infos.pop(name, None)
        if info is not None:
            self.keys._infos[name] = info
        self.keys._publish(name)

    def key(self, name: str = "openrouter") -> str | None:
        """Return the secret in memory, whatever address it is for."""
        return self.keys._secrets.get(name)

    def state(self, name: str = "openrouter") -> KeyState:
        """Return the state of a provider's key."""
        return self.keys.state(name)

    def key_info(self) -> KeyInfo:
        """Return what the provider has told about the key that was checked last."""
        info = self.setup.key.info
        assert info is not None
        return info


@pytest.fixture
def make_parts(qt_loop: LoopHarness, tmp_path: Path, demo: DemoControl) -> Iterator[Callable[..., Parts]]:
    """Build the services: ``make_parts()`` over the demo server, ``make_parts(url)`` over something else.

    Built a second time in a test they find what the first ones have stored, as a second start does; close those first.
    """
    made: list[Parts] = []

    def make(openrouter_url: str | None = None, **options: bool) -> Parts:
        parts = Parts(tmp_path, openrouter_url or demo.base_url, **options)
        made.append(parts)
        return parts

    yield make
    for parts in made:
        parts.close()


@pytest.fixture
def parts(make_parts: Callable[..., Parts]) -> Parts:
    """Return the services over the demo server."""
    return make_parts()


@pytest.fixture
def serve(qt_loop: LoopHarness) -> Iterator[Callable[..., ScriptedServer]]:
    """Start servers that answer what is scripted, for the length of the test: ``serve(*replies)``."""
    servers = AsyncExitStack()

    def start(*script: Reply) -> ScriptedServer:
        return run_async(servers.enter_async_context(scripted_server(*script)))

    yield start
    run_async(servers.aclose())


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Return a base URL where nothing listens, now and for as long as the test runs."""
    with socket.socket() as taken:
        # Bound and not listening: no other process can take the port meanwhile, and connections are refused.
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"


@pytest.fixture(scope="session")
def _keyring_desktop() -> Iterator[DesktopSession]:
    require_desktop_tools()
    with DesktopSession() as session:
        yield session


@pytest.fixture
def keyring_session(_keyring_desktop: DesktopSession) -> Iterator[DesktopSession]:
    """Return the session of a real keyring daemon, empty and unlocked, that this process uses during the test."""
    import keyring
    from keyring.backends import SecretService, fail

    os.environ["DBUS_SESSION_BUS_ADDRESS"] = _keyring_desktop.env["DBUS_SESSION_BUS_ADDRESS"]
    # keyring looks for its backend once per process, and may have done so without a bus.
    keyring.set_keyring(SecretService.Keyring())  # type: ignore[no-untyped-call]
    _keyring_desktop.clear_secrets()
    yield _keyring_desktop
    del os.environ["DBUS_SESSION_BUS_ADDRESS"]
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
