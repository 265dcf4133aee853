"""Keys in environment variables: offered to the user, never used without being accepted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from caal_desktop.key_doctor import KeyVerdict, diagnose
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE = (KeyVerdict.OK, KeyVerdict.OK_CLEANED)


def key_in_environment(provider: str, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the provider's key in the environment; None where there is none, or the value is no complete key."""
    descriptor = descriptor_of(provider)
    if not descriptor.key_variable:
        return None
    text = (os.environ if environment is None else environment).get(descriptor.key_variable, "")
    found = diagnose(text, provider)
    # Where the shape of the keys is not known, a value that may be one has to do.
    is_whole = found.verdict in _WHOLE or (descriptor.key_shape is None and found.usable)
    return found.key if is_whole else None
