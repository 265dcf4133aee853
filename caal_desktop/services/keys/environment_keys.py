"""Keys that lie in the environment: offered to the person, never taken by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from caal_desktop.key_doctor import Verdict, diagnose
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE = (Verdict.OK, Verdict.OK_CLEANED)


def key_in_environment(provider: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The provider's key in the environment; None where there is none, or what is there is no whole key."""
    variable = descriptor_of(provider).key_variable
    if not variable:
        return None
    text = (os.environ if environment is None else environment).get(variable, "")
    found = diagnose(text, provider)
    return found.key if found.verdict in _WHOLE else None
