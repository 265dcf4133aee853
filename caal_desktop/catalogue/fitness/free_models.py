"""Which models cost nothing, and which of them somebody who never bought credit can be advised to take.

A model that is offered under a code name, by a maker that is nobody's, is a test: it goes without notice, and what it
is asked is kept. A router picks another model for each request. Neither is advice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.models.key_info import Funds

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo

FREE_VARIANT = "free"
# The maker under which models of makers that do not name themselves are listed.
_UNNAMED_MAKER = "stealth"


def is_free(model: ModelInfo) -> bool:
    """Return whether requests to the model are known to cost nothing."""
    return model.pricing.is_free or model.variant == FREE_VARIANT


def needs_credit(model: ModelInfo, funds: Funds) -> bool:
    """Return whether the model costs what the key is known not to have, so that requests to it are refused.

    Args:
        model: one whose price is not told at all may be free.
        funds: what the key can pay for.
    """
    if funds not in (Funds.NONE_BOUGHT, Funds.SPENT) or is_free(model):
        return False
    pricing = model.pricing
    return pricing.varies or bool(pricing.prompt or pricing.completion or pricing.request)


def is_advisable(model: ModelInfo) -> bool:
    """Return whether a free model is no test and no router, and can call tools."""
    if not is_free(model) or model.is_alias or model.author == _UNNAMED_MAKER:
        return False
    # A plain model at no price is a test or a router, unless its weights are everybody's or its end is announced.
    is_known = model.variant == FREE_VARIANT or model.hugging_face_id is not None or model.expiration_date is not None
    return is_known and "tools" in (model.supported_parameters or ())
