"""Every setting, described once.

To add one, add a field to :class:`Settings`; storage, dialog, import and documentation follow. What every provider has
for itself is a column of :mod:`~caal_desktop.storage.settings.provider_table`. A setting never holds a secret. To
rename one or change its meaning, raise ``SCHEMA_VERSION`` and add a step to
:mod:`~caal_desktop.storage.settings.migrations`.
"""

# ruff: noqa: RUF009 - setting() returns a dataclass field

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the fields' types are looked up at run time
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER, PROVIDER_NAMES, PROVIDERS, providers_that_can
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.storage.settings.choices import (
    Density,
    LogLevel,
    ProviderSort,
    Reasoning,
    SendKey,
    SetupStep,
    Theme,
)
from caal_desktop.storage.settings.provider_table import CELLS, DEFAULT_TABLE, TABLE, ProviderSettings, key_of
from caal_desktop.storage.settings.setting import (
    Editor,
    Group,
    InvalidSetting,
    SettingSpec,
    setting,
    specs_of,
    table_of_settings,
)

MAX_RECENT_MODELS = 12
MAX_FAVOURITE_MODELS = 200
_MAX_GEOMETRY = 8000
DEFAULT_SYSTEM_PROMPT = (
    "You are CAAL, a friendly voice assistant. Your answers are read aloud, so keep them short: one to three "
    "sentences, in plain spoken language, without lists, tables, links or other formatting. Say numbers, dates and "
    "units the way people say them. Answer in the language you are spoken to. If you do not know something, say so; "
    "if a question is unclear, ask one short question back."
)

_WITH_ROUTING = ("provider", providers_that_can(Capability.ROUTING))
_WITH_REASONING = ("provider", providers_that_can(Capability.REASONING))
_BY_MANUAL_PROXY = ("proxy_mode", (ProxyMode.MANUAL,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings at one moment. Immutable: :meth:`replace` gives a changed copy.

    First what a user can change in the dialog, in the order in which to show it; then what the program remembers.
    """

    provider: str = setting(
        DEFAULT_PROVIDER,
        label="Provider",
        description="Who serves the language model.",
        group=Group.PROVIDER,
        options=PROVIDER_NAMES,
        agent_key="llm_provider",
        choice_labels={name: one.choice or one.title for name, one in PROVIDERS.items()},
    )
    providers: Mapping[str, ProviderSettings] = table_of_settings(DEFAULT_TABLE, CELLS)
    spend_limit_day: float = setting(
        0.0,
        label="Warn when a day costs more than",
        description="Shows a warning when the answers of one day have cost more than this. Nothing is stopped.",
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.25,
        unit="USD",
        minimum_label="Never warn",
        keywords="spend guard budget cost money limit",
    )
    spend_limit_conversation: float = setting(
        0.0,
        label="Warn when a conversation costs more than",
        description=(
            "Shows a warning when the answers of one conversation have cost more than this. Nothing is stopped."
        ),
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.05,
        unit="USD",
        minimum_label="Never warn",
        keywords="spend guard budget cost money limit",
    )
    temperature: float = setting(
        0.7,
        label="Temperature",
        description="How freely the model chooses its words: 0 is the most predictable, 2 the most surprising.",
        group=Group.MODEL,
        minimum=0.0,
        maximum=2.0,
        step=0.1,
        agent_key="temperature",
    )
    max_tokens: int = setting(
        4096,
        label="Longest answer",
        description="The most tokens that one answer may take. A small credit at OpenRouter may need a smaller number.",
        group=Group.MODEL,
        minimum=1,
        maximum=1_000_000,
        step=256,
        unit="tokens",
        keywords="max_tokens length credit",
    )
    reasoning: Reasoning = setting(
        Reasoning.DEFAULT,
        label="Reasoning",
        description=(
            "How long a reasoning model thinks before it speaks: more is wiser, slower and dearer. "
            "Models without reasoning ignore it; some cannot do without and refuse “none”."
        ),
        group=Group.MODEL,
        choice_labels={
            Reasoning.DEFAULT: "As little as the model allows",
            Reasoning.NONE: "None",
            Reasoning.LOW: "A little",
            Reasoning.MEDIUM: "Medium",
            Reasoning.HIGH: "A lot",
        },
        depends_on=_WITH_REASONING,
        keywords="thinking effort",
    )
    fallback_models: tuple[str, ...] = setting(
        (),
        label="Fallback models",
        description=(
            "OpenRouter asks these in turn when the chosen model cannot answer. One model id a line, at most three."
        ),
        group=Group.MODEL,
        max_length=3,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
    )
    deny_data_collection: bool = setting(
        False,
        label="Refuse providers that collect data",
        description="Only those who neither store what you send nor train on it may answer. Fewer models remain.",
        group=Group.PRIVACY,
        depends_on=_WITH_ROUTING,
        keywords="data collection training privacy",
    )
    zero_data_retention: bool = setting(
        False,
        label="Require zero data retention",
        description="Only those who keep nothing at all once the answer is sent may answer. The strictest choice.",
        group=Group.PRIVACY,
        depends_on=_WITH_ROUTING,
        keywords="zdr privacy",
    )
    provider_sort: ProviderSort = setting(
        ProviderSort.DEFAULT,
        label="Prefer providers by",
        description=(
            "Most models are hosted by several providers. OpenRouter balances price and reliability unless told more."
        ),
        group=Group.PRIVACY,
        choice_labels={
            ProviderSort.DEFAULT: "OpenRouter's own balance",
            ProviderSort.PRICE: "Lowest price",
            ProviderSort.THROUGHPUT: "Highest speed",
            ProviderSort.LATENCY: "Shortest wait for the first word",
        },
        depends_on=_WITH_ROUTING,
        keywords="sort routing latency throughput price speed",
    )
    allowed_providers: tuple[str, ...] = setting(
        (),
        label="Only these providers",
        description=(
            "If any are named, nobody else may answer. One name a line, as OpenRouter writes it, such as “together”."
        ),
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
        keywords="allowed routing",
    )
    ignored_providers: tuple[str, ...] = setting(
        (),
        label="Never these providers",
        description="They may never answer. One name a line.",
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
        keywords="ignored blocked routing",
    )
    proxy_mode: ProxyMode = setting(
        ProxyMode.SYSTEM,
        label="Proxy",
        description=(
            "Company networks often let requests out by a proxy only. Requests to this computer never take one."
        ),
        group=Group.NETWORK,
        choice_labels={
            ProxyMode.SYSTEM: "As the system says",
            ProxyMode.NONE: "None",
            ProxyMode.MANUAL: "This one:",
        },
    )
    proxy_url: str = setting(
        "",
        label="Address of the proxy",
        description="For example http://proxy.example.com:3128.",
        group=Group.NETWORK,
        url=True,
        depends_on=_BY_MANUAL_PROXY,
    )
    proxy_user: str = setting(
        "",
        label="User name at the proxy",
        description="Empty where the proxy asks for none. The password is kept in the system's keyring.",
        group=Group.NETWORK,
        max_length=200,
        depends_on=_BY_MANUAL_PROXY,
        keywords="proxy authentication sign-in password",
    )
    ca_bundle: str = setting(
        "",
        label="Further certificate authorities",
        description=(
            "A PEM file, for networks that read along with a certificate of their own. The network's owner has it."
        ),
        group=Group.NETWORK,
        max_length=4000,
        editor=Editor.FILE,
        keywords="ca bundle tls ssl certificate pem",
    )
    trust_system_certificates: bool = setting(
        True,
        label="Trust the system's authorities, too",
        description="Switched off, only those of the file above are trusted.",
        group=Group.NETWORK,
        keywords="tls ssl store",
    )
    connect_timeout: float = setting(
        10.0,
        label="Wait for a connection",
        description="After this long without a connection the request fails.",
        group=Group.NETWORK,
        minimum=1.0,
        maximum=120.0,
        step=1.0,
        unit="seconds",
        keywords="timeout",
    )
    read_timeout: float = setting(
        60.0,
        label="Wait for an answer",
        description=(
            "After this long without any sign of life the request fails. Large models may be silent for a while."
        ),
        group=Group.NETWORK,
        minimum=5.0,
        maximum=600.0,
        step=5.0,
        unit="seconds",
        keywords="timeout",
    )
    max_retries: int = setting(
        2,
        label="Try again",
        description="How often a request that failed for a passing reason is sent again before you hear of it.",
        group=Group.NETWORK,
        minimum=0,
        maximum=5,
        step=1,
        unit="times",
        minimum_label="Never",
        keywords="retries",
    )
    system_prompt: str = setting(
        DEFAULT_SYSTEM_PROMPT,
        label="Instructions",
        description="What the model is told before every conversation.",
        group=Group.CHAT,
        max_length=50_000,
        keywords="system prompt",
        multiline=True,
    )
    send_key: SendKey = setting(
        SendKey.ENTER,
        label="Send a message with",
        description="With Enter, Shift+Enter breaks the line; with Ctrl+Enter, Enter alone does.",
        group=Group.CHAT,
        choice_labels={SendKey.ENTER: "Enter", SendKey.CTRL_ENTER: "Ctrl+Enter"},
        keywords="shortcut keyboard return",
    )
    history_days: int = setting(
        0,
        label="Keep conversations for",
        description="Conversations in which nothing was said for longer are deleted for good.",
        group=Group.CHAT,
        minimum=0,
        maximum=3650,
        step=30,
        unit="days",
        minimum_label="Always",
        keywords="history retention delete",
    )
    theme: Theme = setting(
        Theme.SYSTEM,
        label="Colours",
        description="Light, dark, or as the system does.",
        group=Group.APPEARANCE,
        choice_labels={Theme.SYSTEM: "As the system does", Theme.LIGHT: "Light", Theme.DARK: "Dark"},
        keywords="theme dark mode",
    )
    font_scale: float = setting(
        1.0,
        label="Text size",
        description="Scales all text on top of the system's own setting.",
        group=Group.APPEARANCE,
        minimum=0.5,
        maximum=3.0,
        step=0.1,
        unit="×",
        keywords="font scale zoom",
    )
    density: Density = setting(
        Density.COMFORTABLE,
        label="Density",
        description="How much room lists, messages, fields and buttons take. Compact shows more at once.",
        group=Group.APPEARANCE,
        choice_labels={Density.COMFORTABLE: "Comfortable", Density.COMPACT: "Compact"},
        keywords="compact spacing row height padding",
    )
    log_level: LogLevel = setting(
        LogLevel.INFO,
        label="Log",
        description="How much is written into the log file. Keys never are, whatever is chosen.",
        group=Group.ADVANCED,
        choice_labels={LogLevel.WARNING: "Problems only", LogLevel.INFO: "Normal", LogLevel.DEBUG: "Everything"},
        keywords="debug verbose logging level",
    )
    recent_models: tuple[str, ...] = setting(
        (),
        label="Recent models",
        description="The models used last, the latest first.",
        group=Group.INTERNAL,
        max_length=MAX_RECENT_MODELS,
    )
    favourite_models: tuple[str, ...] = setting(
        (),
        label="Favourite models",
        description="The models marked with a star.",
        group=Group.INTERNAL,
        max_length=MAX_FAVOURITE_MODELS,
    )
    setup_completed: bool = setting(
        False,
        label="Setup completed",
        description="Whether the first-run wizard was finished once.",
        group=Group.INTERNAL,
        agent_key="first_launch_completed",
    )
    setup_step: SetupStep = setting(
        SetupStep.WELCOME,
        label="Setup step",
        description="Where the first-run wizard goes on.",
        group=Group.INTERNAL,
    )
    window_geometry: str = setting(
        "",
        label="Main window",
        description="Size and place of the main window, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    window_splitter: str = setting(
        "",
        label="Main window's panes",
        description="Sizes of the main window's panes, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    wizard_geometry: str = setting(
        "",
        label="Wizard",
        description="Size and place of the first-run wizard, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    picker_geometry: str = setting(
        "",
        label="Model picker",
        description="Size and place of the model picker, as base64.",
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    proxy_password_origin: str = setting(
        "",
        label="Origin of the proxy's password",
        description="For which scheme, host and port the proxy's password was given.",
        group=Group.INTERNAL,
    )
    proxy_password_withheld_from: str = setting(
        "",
        label="Proxy's password withheld from",
        description="To which other address the user did not want it to be sent.",
        group=Group.INTERNAL,
    )

    def replace(self, **changes: object) -> Self:
        """A copy with some settings changed, by key.

        Raises:
            InvalidSetting: a value does not fit, or there is no such setting.
        """
        values: dict[str, Any] = {}
        rows: dict[str, dict[str, Any]] = {}
        for key, value in changes.items():
            if key not in SPECS:
                raise InvalidSetting(key, "is not a setting")
            spec = SPECS[key]
            if spec.cell is None:
                values[key] = spec.check(value)
            else:
                provider, column = spec.cell
                rows.setdefault(provider, {})[column] = spec.check(value)
        if rows:
            table = {name: replace(row, **rows.get(name, {})) for name, row in self.providers.items()}
            values[TABLE] = MappingProxyType(table)
        return replace(self, **values)

    def value(self, key: str) -> Any:
        """A setting by its key, wherever it is kept.

        Raises:
            KeyError: there is no such setting.
        """
        cell = SPECS[key].cell
        return getattr(self, key) if cell is None else getattr(self.providers[cell[0]], cell[1])

    def of(self, provider: str | None = None) -> ProviderSettings:
        """A provider's own settings (the current one's if None).

        Raises:
            KeyError: there is no such provider.
        """
        return self.providers[provider or self.provider]

    def with_provider(self, provider: str, **changes: object) -> Self:
        """A copy in which some of a provider's own settings are changed, by column.

        Raises:
            InvalidSetting: a value does not fit, or this provider has no such setting.
        """
        return self.replace(**{key_of(provider, column): value for column, value in changes.items()})

    def with_model(self, model: str, provider: str | None = None) -> Self:
        """A copy in which a provider (the current one if None) uses a model; it becomes the latest recent model."""
        changed = self.with_provider(provider or self.provider, model=model)
        if not model:
            return changed
        recent = (model, *(other for other in self.recent_models if other != model))
        return changed.replace(recent_models=recent[:MAX_RECENT_MODELS])

    def with_favourite(self, model: str, favourite: bool) -> Self:
        """A copy in which a model has its star, or has it no longer.

        Raises:
            InvalidSetting: there are too many favourites.
        """
        others = tuple(other for other in self.favourite_models if other != model)
        return self.replace(favourite_models=(*others, model) if favourite else others)


SPECS: Mapping[str, SettingSpec] = specs_of(Settings)
"""The descriptions of all settings, by key, in the order in which to show them."""
