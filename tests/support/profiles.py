"""A profile as a finished set-up leaves it, for tests that begin there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caal_desktop.llm.transport.address import origin_of
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

_STORE_KEY = "import keyring, sys; keyring.set_password('caal-desktop', 'openrouter', sys.stdin.read())"


def quick_model(demo: DemoControl) -> str:
    """Return the id of a model of the demo that is not free and does not reason: its text comes at once."""
    rows = demo.call("GET", "/models").json()["data"]
    return next(
        str(row["id"])
        for row in rows
        if "tools" in (row.get("supported_parameters") or [])
        and "reasoning" not in row
        and not row["id"].endswith((":free", ":batch"))
    )


def kept_for(address: str) -> dict[str, object]:
    """Return the record in the settings of a key in the keyring that was given for an address and works there."""
    return {"key_status": KeyStatus.VERIFIED, "key_store": KeyStore.KEYRING, "key_origin": origin_of(address)}


def finish_setup(home: Path, session: DesktopSession, demo: DemoControl) -> None:
    """Write a finished set-up: the key into the session's keyring, the rest into the settings.

    Args:
        home: the profile's folder.
        session: whose keyring takes the key.
        demo: the server in OpenRouter's place, whose key it is.
    """
    stored = session.run([sys.executable, "-c", _STORE_KEY], stdin=demo.key)
    assert stored.returncode == 0, stored.stderr
    settings = Settings().replace(setup_completed=True, openrouter_model=quick_model(demo))
    settings = settings.with_provider("openrouter", **kept_for(demo.base_url))
    SettingsStore(AppPaths.below(home).settings_file).save(settings)
