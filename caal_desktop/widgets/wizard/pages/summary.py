"""What the last step says: the set-up in a few rows, and what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.speech_cost import CostKind, hourly_cost
from caal_desktop.commands import CommandId
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.command_set import menu_of
from caal_desktop.widgets.common.formats import money
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.setup_flow import SetupState


def summary(state: SetupState, key: KeyState, model: ModelInfo | None) -> tuple[list[tuple[str, str]], str]:
    """Return the set-up in words.

    Args:
        state: what was chosen.
        key: the provider's key.
        model: the chosen model's row in the catalogue, where it is there.

    Returns:
        Rows of (label, value), and what is still missing ("" if nothing is).
    """
    descriptor = descriptor_of(state.provider)
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
    if model is not None and (cost := hourly_cost(model)).kind is CostKind.KNOWN and cost.usd is not None:
        rows.append(
            (
                translate("DonePage", "An hour of talking"),
                translate("DonePage", "about {cost}").format(cost=money(cost.usd)),
            )
        )
    return rows, note
