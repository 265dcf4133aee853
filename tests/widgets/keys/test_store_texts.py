"""Where a secret is kept, in words."""

from __future__ import annotations

import pytest

from caal_desktop.storage.keyring.backend import UNKNOWN_STORE
from caal_desktop.storage.settings.choices import KeyStore
from caal_desktop.widgets.keys.store_texts import kept_text

pytestmark = pytest.mark.usefixtures("qapp")


def test_a_keyring_is_called_by_its_own_name_and_by_a_common_one_until_that_is_known() -> None:
    assert kept_text(KeyStore.KEYRING, "KWallet") == "Kept in KWallet."
    assert kept_text(KeyStore.KEYRING, UNKNOWN_STORE) == "Kept in the system's keyring."


def test_memory_is_a_sentence_of_its_own() -> None:
    assert kept_text(KeyStore.SESSION, "KWallet") == "Kept in memory, for this session only."
