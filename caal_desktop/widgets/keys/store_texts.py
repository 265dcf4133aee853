"""Where a secret is kept, in the user's language."""

from __future__ import annotations

from caal_desktop.llm.translation import SourceText
from caal_desktop.storage.settings.choices import KeyStore
from caal_desktop.widgets.common.translation import translate


def store_in_a_sentence(name: str) -> str:
    """Return a keyring's name as it stands within a sentence.

    Args:
        name: the product's own; a marked text as long as no keyring has told its name.
    """
    return translate("KeyStore", "the system's keyring") if isinstance(name, SourceText) else name


def kept_text(store: KeyStore, name: str) -> str:
    """Return the sentence that says where a secret is kept.

    Args:
        store: the kind of store.
        name: that of the keyring.
    """
    if store is KeyStore.SESSION:
        return translate("KeyStore", "Kept in memory, for this session only.")
    return translate("KeyStore", "Kept in {store}.").format(store=store_in_a_sentence(name))
