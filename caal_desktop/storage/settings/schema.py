"""Every setting, described once.

To add one, add a field to :class:`~caal_desktop.storage.settings.shown_settings.ShownSettings`, or to
:class:`Settings` if no page shows it; storage, dialog, import and documentation follow. A setting never holds a secret.
To rename one or change its meaning, raise ``SCHEMA_VERSION`` and add a step to
:mod:`~caal_desktop.storage.settings.migrations`.
"""

# ruff: noqa: RUF009 - setting() returns a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from caal_desktop.storage.settings.choices import (
    Density,
    KeyStatus,
    KeyStore,
    LogLevel,
    Provider,
    ProviderSort,
    Reasoning,
    SendKey,
    SetupStep,
    Theme,
)
from caal_desktop.storage.settings.setting import Group, InvalidSetting, SettingSpec, setting, specs_of
from caal_desktop.storage.settings.shown_settings import DEFAULT_SYSTEM_PROMPT, ShownSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEFAULT_SYSTEM_PROMPT",
    "MAX_FAVOURITE_MODELS",
    "MAX_RECENT_MODELS",
    "SPECS",
    "Density",
    "KeyStatus",
    "KeyStore",
    "LogLevel",
    "Provider",
    "ProviderSort",
    "Reasoning",
    "SendKey",
    "Settings",
    "SetupStep",
    "Theme",
]

MAX_RECENT_MODELS = 12
MAX_FAVOURITE_MODELS = 200
_MAX_GEOMETRY = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ShownSettings):
    """All settings at one moment. Immutable: :meth:`replace` gives a changed copy."""

    recent_models: tuple[str, ...] = setting(
        (),
        short="Recent models",
        long="The models used last, the latest first.",
        group=Group.INTERNAL,
        max_length=MAX_RECENT_MODELS,
    )
    favourite_models: tuple[str, ...] = setting(
        (),
        short="Favourite models",
        long="The models marked with a star.",
        group=Group.INTERNAL,
        max_length=MAX_FAVOURITE_MODELS,
    )
    setup_completed: bool = setting(
        False,
        short="Setup completed",
        long="Whether the first-run wizard was finished once.",
        group=Group.INTERNAL,
        agent_key="first_launch_completed",
    )
    setup_step: SetupStep = setting(
        SetupStep.WELCOME,
        short="Setup step",
        long="Where the first-run wizard goes on.",
        group=Group.INTERNAL,
    )
    openrouter_key_status: KeyStatus = setting(
        KeyStatus.NONE,
        short="OpenRouter key status",
        long="What is known about the OpenRouter key.",
        group=Group.INTERNAL,
    )
    groq_key_status: KeyStatus = setting(
        KeyStatus.NONE,
        short="Groq key status",
        long="What is known about the Groq key.",
        group=Group.INTERNAL,
    )
    openai_compatible_key_status: KeyStatus = setting(
        KeyStatus.NONE,
        short="Own server key status",
        long="What is known about the key of your own server.",
        group=Group.INTERNAL,
    )
    ollama_key_status: KeyStatus = setting(
        KeyStatus.NONE,
        short="Ollama key status",
        long="What is known about the key of Ollama.",
        group=Group.INTERNAL,
    )
    openrouter_key_store: KeyStore = setting(
        KeyStore.NONE,
        short="OpenRouter key store",
        long="Where the OpenRouter key was put.",
        group=Group.INTERNAL,
    )
    groq_key_store: KeyStore = setting(
        KeyStore.NONE,
        short="Groq key store",
        long="Where the Groq key was put.",
        group=Group.INTERNAL,
    )
    openai_compatible_key_store: KeyStore = setting(
        KeyStore.NONE,
        short="Own server key store",
        long="Where the key of your own server was put.",
        group=Group.INTERNAL,
    )
    ollama_key_store: KeyStore = setting(
        KeyStore.NONE,
        short="Ollama key store",
        long="Where the key of Ollama was put.",
        group=Group.INTERNAL,
    )
    window_geometry: str = setting(
        "",
        short="Main window",
        long="Size and place of the main window, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    window_splitter: str = setting(
        "",
        short="Main window's panes",
        long="Sizes of the main window's panes, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    wizard_geometry: str = setting(
        "",
        short="Wizard",
        long="Size and place of the first-run wizard, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    picker_geometry: str = setting(
        "",
        short="Model picker",
        long="Size and place of the model picker, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )

    def replace(self, **changes: object) -> Self:
        """A copy with some settings changed.

        Raises:
            InvalidSetting: a value does not fit, or there is no such setting.
        """
        values = {key: getattr(self, key) for key in SPECS}
        for key, value in changes.items():
            if key not in SPECS:
                raise InvalidSetting(key, "is not a setting")
            values[key] = SPECS[key].check(value)
        return type(self)(**values)

    def model_of(self, provider: str | None = None) -> str:
        """The chosen model's id at a provider (at the current one if None); empty where none was chosen."""
        return str(self._of_provider(provider, "model"))

    def key_status_of(self, provider: str | None = None) -> KeyStatus:
        """What is known about a provider's key (the current provider's if None)."""
        return KeyStatus(self._of_provider(provider, "key_status"))

    def key_store_of(self, provider: str | None = None) -> KeyStore:
        """Where a provider's key was put (the current provider's if None)."""
        return KeyStore(self._of_provider(provider, "key_store"))

    def with_model(self, model: str, provider: str | None = None) -> Self:
        """A copy in which a provider (the current one if None) uses a model; it becomes the latest recent model."""
        name = Provider(provider or self.provider)
        changes: dict[str, object] = {f"{name}_model": model}
        if model:
            recent = (model, *(other for other in self.recent_models if other != model))
            changes["recent_models"] = recent[:MAX_RECENT_MODELS]
        return self.replace(**changes)

    def with_key(self, provider: str, status: KeyStatus, store: KeyStore) -> Self:
        """A copy that knows a provider's key's status and place."""
        name = Provider(provider)
        return self.replace(**{f"{name}_key_status": status, f"{name}_key_store": store})

    def with_favourite(self, model: str, favourite: bool) -> Self:
        """A copy in which a model has its star, or has it no longer.

        Raises:
            InvalidSetting: there are too many favourites.
        """
        others = tuple(other for other in self.favourite_models if other != model)
        return self.replace(favourite_models=(*others, model) if favourite else others)

    def _of_provider(self, provider: str | None, what: str) -> Any:
        return getattr(self, f"{Provider(provider or self.provider)}_{what}")


SPECS: Mapping[str, SettingSpec] = specs_of(Settings)
"""The descriptions of all settings, by key, in the order in which to show them."""
