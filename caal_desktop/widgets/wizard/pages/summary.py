"""What the last step says: the set-up in a few rows, and what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.commands import CommandId
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.command_set import menu_of
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.setup_flow import SetupState


class Summary(NamedTuple):
    """The set-up in words.

    Attributes:
        rows: (label, value), the model's last.
        expectation: what is to be expected of the model; "" where that is not known.
        note: what is still missing; "" if nothing is.
    """

    rows: list[tuple[str, str]]
    expectation: str
    note: str


def summary(state: SetupState, key: KeyState, view: CatalogueView | None) -> Summary:
    """Return the set-up in words.

    Args:
        state: what was chosen.
        key: the provider's key.
        view: the models, where there is a list of them.

    """
    descriptor = descriptor_of(state.provider)
    model = view.find(state.model) if view is not None else None
    rows = [(translate("DonePage", "Provider"), provider_title(state.provider))]
    note = ""
    if descriptor.has_address:
        rows.append((translate("DonePage", "Address"), state.address))
    if key.is_loaded:
        in_keyring = key.store is KeyStore.KEYRING
        rows.append(
            (
                translate("DonePage", "Key"),
                translate("DonePage", "in the system's keyring")
                if in_keyring
                else translate("DonePage", "for this session only"),
            )
        )
        if state.key_status is KeyStatus.UNVERIFIED:
            note = translate("DonePage", "The key is saved, not verified yet. It is checked at the next start.")
    elif descriptor.needs_key:
        rows.append((translate("DonePage", "Key"), translate("DonePage", "not given yet")))
        note = translate("DonePage", "Without a key nothing can be asked yet. Add one from the menu “{menu}”.").format(
            menu=menu_of(CommandId.KEY)
        )
    rows.append(
        (
            translate("DonePage", "Model"),
            model.name if model is not None else state.model or translate("DonePage", "not chosen yet"),
        )
    )
    if not state.model:
        note = note or translate("DonePage", "Choose a model from the menu “{menu}” before you ask anything.").format(
            menu=menu_of(CommandId.MODEL)
        )
    expectation = explanation_line(view.explain(model)) if view is not None and model is not None else ""
    return Summary(rows, expectation, note)
