"""Keys that lie in the environment: offered to the person, never taken by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from caal_desktop.key_doctor import KeyVerdict, diagnose
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE = (KeyVerdict.OK, KeyVerdict.OK_CLEANED)


def key_in_environment(provider: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The provider's key in the environment; None where there is none, or what is there is no whole key."""
    descriptor = descriptor_of(provider)
    if not descriptor.key_variable:
        return None
    text = (os.environ if environment is None else environment).get(descriptor.key_variable, "")
    found = diagnose(text, provider)
    # Where the shape of the keys is not known, what could be one is as much as can be said.
    is_whole = found.verdict in _WHOLE or (descriptor.key_shape is None and found.usable)
    return found.key if is_whole else None
