"""Keys that lie in the environment: offered to the person, never taken by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from caal_desktop.key_doctor import Verdict, diagnose
from caal_desktop.storage.settings.schema import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Mapping[Provider, str] = {
    Provider.OPENROUTER: "OPENROUTER_API_KEY",
    Provider.GROQ: "GROQ_API_KEY",
}
_WHOLE = (Verdict.OK, Verdict.OK_CLEANED)


def key_in_environment(provider: Provider, environment: Mapping[str, str] | None = None) -> str | None:
    """The provider's key in the environment; None where there is none, or what is there is no whole key."""
    variable = VARIABLES.get(provider)
    if variable is None:
        return None
    text = (os.environ if environment is None else environment).get(variable, "")
    found = diagnose(text, provider.value)
    return found.key if found.verdict in _WHOLE else None
