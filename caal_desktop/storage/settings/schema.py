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
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText
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
    NO_SUCH_SETTING,
    Editor,
    Group,
    InvalidSetting,
    NumberUnit,
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

    First what the user can change in the dialog, in the order in which to show it; then what the program remembers,
    whose texts are not marked for translation: no window shows them.
    """

    provider: str = setting(
        DEFAULT_PROVIDER,
        label=QT_TRANSLATE_NOOP("Settings", "Provider"),
        description=QT_TRANSLATE_NOOP("Settings", "Who serves the language model."),
        group=Group.PROVIDER,
        options=PROVIDER_NAMES,
        choice_labels={name: one.choice or one.title for name, one in PROVIDERS.items()},
    )
    providers: Mapping[str, ProviderSettings] = table_of_settings(DEFAULT_TABLE, CELLS)
    spend_limit_day: float = setting(
        0.0,
        label=QT_TRANSLATE_NOOP("Settings", "Warn when a day costs more than"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "Shows a warning when the answers of one day have cost more than this. Nothing is stopped."
        ),
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.25,
        unit=NumberUnit.USD,
        minimum_label=QT_TRANSLATE_NOOP("Settings", "Never warn"),
        keywords=QT_TRANSLATE_NOOP("Settings", "spend guard budget cost money limit"),
    )
    spend_limit_conversation: float = setting(
        0.0,
        label=QT_TRANSLATE_NOOP("Settings", "Warn when a conversation costs more than"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "Shows a warning when the answers of one conversation have cost more than this. Nothing is stopped.",
            )
        ),
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.05,
        unit=NumberUnit.USD,
        minimum_label=QT_TRANSLATE_NOOP("Settings", "Never warn"),
        keywords=QT_TRANSLATE_NOOP("Settings", "spend guard budget cost money limit"),
    )
    temperature: float = setting(
        0.7,
        label=QT_TRANSLATE_NOOP("Settings", "Temperature"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "How freely the model chooses its words: 0 is the most predictable, 2 the most surprising."
        ),
        group=Group.MODEL,
        minimum=0.0,
        maximum=2.0,
        step=0.1,
    )
    max_tokens: int = setting(
        4096,
        label=QT_TRANSLATE_NOOP("Settings", "Longest answer"),
        description=QT_TRANSLATE_NOOP(
            "Settings",
            "The most tokens that one answer may take. A small credit at OpenRouter may need a smaller number.",
        ),
        group=Group.MODEL,
        minimum=1,
        maximum=1_000_000,
        step=256,
        unit=NumberUnit.TOKENS,
        keywords=QT_TRANSLATE_NOOP("Settings", "max_tokens length credit"),
    )
    reasoning: Reasoning = setting(
        Reasoning.DEFAULT,
        label=QT_TRANSLATE_NOOP("Settings", "Reasoning"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "How long a reasoning model thinks before it speaks: more is wiser, slower and dearer. "
                "Models without reasoning ignore it; some cannot do without and refuse “none”.",
            )
        ),
        group=Group.MODEL,
        choice_labels={
            Reasoning.DEFAULT: QT_TRANSLATE_NOOP("Settings", "As little as the model allows"),
            Reasoning.NONE: QT_TRANSLATE_NOOP("Settings", "None"),
            Reasoning.LOW: QT_TRANSLATE_NOOP("Settings", "A little"),
            Reasoning.MEDIUM: QT_TRANSLATE_NOOP("Settings", "Medium"),
            Reasoning.HIGH: QT_TRANSLATE_NOOP("Settings", "A lot"),
        },
        depends_on=_WITH_REASONING,
        keywords=QT_TRANSLATE_NOOP("Settings", "thinking effort"),
    )
    quick_hosts: bool = setting(
        False,
        label=QT_TRANSLATE_NOOP("Settings", "Quick hosts first"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "Asks the quickest hosts of a model first, so that a voice speaks sooner. They often cost more, and "
                "tool calls may succeed less often than in OpenRouter's own order. The model picker tells the price. "
                "Without effect where “Prefer providers by” names an order.",
            )
        ),
        group=Group.MODEL,
        since="0.2.0",
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "speed voice latency nitro throughput silence"),
    )
    fallback_models: tuple[str, ...] = setting(
        (),
        label=QT_TRANSLATE_NOOP("Settings", "Fallback models"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "OpenRouter asks these in turn when the chosen model cannot answer. One model id a line, at most "
                "three.",
            )
        ),
        group=Group.MODEL,
        max_length=3,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
    )
    deny_data_collection: bool = setting(
        False,
        label=QT_TRANSLATE_NOOP("Settings", "Refuse providers that collect data"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "Only those who neither store what you send nor train on it may answer. Fewer models remain."
        ),
        group=Group.PRIVACY,
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "data collection training privacy"),
    )
    zero_data_retention: bool = setting(
        False,
        label=QT_TRANSLATE_NOOP("Settings", "Require zero data retention"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "Only those who keep nothing at all once the answer is sent may answer. The strictest choice."
        ),
        group=Group.PRIVACY,
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "zdr privacy"),
    )
    provider_sort: ProviderSort = setting(
        ProviderSort.DEFAULT,
        label=QT_TRANSLATE_NOOP("Settings", "Prefer providers by"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "Most models are hosted by several providers. OpenRouter balances price and reliability unless told "
                "more. An order that is chosen here goes before “Quick hosts first”.",
            )
        ),
        group=Group.PRIVACY,
        choice_labels={
            ProviderSort.DEFAULT: QT_TRANSLATE_NOOP("Settings", "OpenRouter's own balance"),
            ProviderSort.PRICE: QT_TRANSLATE_NOOP("Settings", "Lowest price"),
            ProviderSort.THROUGHPUT: QT_TRANSLATE_NOOP("Settings", "Highest speed"),
            ProviderSort.LATENCY: QT_TRANSLATE_NOOP("Settings", "Shortest wait for the first word"),
        },
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "sort routing latency throughput price speed"),
    )
    allowed_providers: tuple[str, ...] = setting(
        (),
        label=QT_TRANSLATE_NOOP("Settings", "Only these providers"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "If any are named, nobody else may answer. One name a line, as OpenRouter writes it, such as "
                "“together”.",
            )
        ),
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "allowed routing"),
    )
    ignored_providers: tuple[str, ...] = setting(
        (),
        label=QT_TRANSLATE_NOOP("Settings", "Never these providers"),
        description=QT_TRANSLATE_NOOP("Settings", "They may never answer. One name a line."),
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        depends_on=_WITH_ROUTING,
        keywords=QT_TRANSLATE_NOOP("Settings", "ignored blocked routing"),
    )
    proxy_mode: ProxyMode = setting(
        ProxyMode.SYSTEM,
        label=QT_TRANSLATE_NOOP("Settings", "Proxy"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "Company networks often let requests out by a proxy only. Requests to this computer never take one.",
            )
        ),
        group=Group.NETWORK,
        choice_labels={
            ProxyMode.SYSTEM: QT_TRANSLATE_NOOP("Settings", "As the system says"),
            ProxyMode.NONE: QT_TRANSLATE_NOOP("Settings", "None"),
            ProxyMode.MANUAL: QT_TRANSLATE_NOOP("Settings", "The one below"),
        },
    )
    proxy_url: str = setting(
        "",
        label=QT_TRANSLATE_NOOP("Settings", "Address of the proxy"),
        description=QT_TRANSLATE_NOOP("Settings", "For example http://proxy.example.com:3128."),
        group=Group.NETWORK,
        url=True,
        depends_on=_BY_MANUAL_PROXY,
    )
    proxy_user: str = setting(
        "",
        label=QT_TRANSLATE_NOOP("Settings", "User name at the proxy"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "Empty where the proxy asks for none. The password is kept in the system's keyring."
        ),
        group=Group.NETWORK,
        max_length=200,
        depends_on=_BY_MANUAL_PROXY,
        keywords=QT_TRANSLATE_NOOP("Settings", "proxy authentication sign-in password"),
    )
    ca_bundle: str = setting(
        "",
        label=QT_TRANSLATE_NOOP("Settings", "Further certificate authorities"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "A PEM file, for networks that read along with a certificate of their own. The network's owner has it.",
            )
        ),
        group=Group.NETWORK,
        max_length=4000,
        editor=Editor.FILE,
        keywords=QT_TRANSLATE_NOOP("Settings", "ca bundle tls ssl certificate pem"),
    )
    trust_system_certificates: bool = setting(
        True,
        label=QT_TRANSLATE_NOOP("Settings", "Trust the system's authorities, too"),
        description=QT_TRANSLATE_NOOP("Settings", "Switched off, only those of the file above are trusted."),
        group=Group.NETWORK,
        keywords=QT_TRANSLATE_NOOP("Settings", "tls ssl store"),
    )
    connect_timeout: float = setting(
        10.0,
        label=QT_TRANSLATE_NOOP("Settings", "Wait for a connection"),
        description=QT_TRANSLATE_NOOP("Settings", "After this long without a connection the request fails."),
        group=Group.NETWORK,
        minimum=1.0,
        maximum=120.0,
        step=1.0,
        unit=NumberUnit.SECONDS,
        keywords=QT_TRANSLATE_NOOP("Settings", "timeout"),
    )
    read_timeout: float = setting(
        60.0,
        label=QT_TRANSLATE_NOOP("Settings", "Wait for an answer"),
        description=(
            QT_TRANSLATE_NOOP(
                "Settings",
                "After this long without any sign of life the request fails. Large models may be silent for a while.",
            )
        ),
        group=Group.NETWORK,
        minimum=5.0,
        maximum=600.0,
        step=5.0,
        unit=NumberUnit.SECONDS,
        keywords=QT_TRANSLATE_NOOP("Settings", "timeout"),
    )
    max_retries: int = setting(
        2,
        label=QT_TRANSLATE_NOOP("Settings", "Try again"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "How often a request that failed for a passing reason is sent again before you hear of it."
        ),
        group=Group.NETWORK,
        minimum=0,
        maximum=5,
        step=1,
        unit=NumberUnit.TIMES,
        minimum_label=QT_TRANSLATE_NOOP("Settings", "Never"),
        keywords=QT_TRANSLATE_NOOP("Settings", "retries"),
    )
    system_prompt: str = setting(
        DEFAULT_SYSTEM_PROMPT,
        label=QT_TRANSLATE_NOOP("Settings", "Instructions"),
        description=QT_TRANSLATE_NOOP("Settings", "What the model is told before every conversation."),
        group=Group.CHAT,
        max_length=50_000,
        keywords=QT_TRANSLATE_NOOP("Settings", "system prompt"),
        multiline=True,
    )
    send_key: SendKey = setting(
        SendKey.ENTER,
        label=QT_TRANSLATE_NOOP("Settings", "Send a message with"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "With Enter, Shift+Enter breaks the line; with Ctrl+Enter, Enter alone does."
        ),
        group=Group.CHAT,
        choice_labels={
            SendKey.ENTER: QT_TRANSLATE_NOOP("Settings", "Enter"),
            SendKey.CTRL_ENTER: QT_TRANSLATE_NOOP("Settings", "Ctrl+Enter"),
        },
        keywords=QT_TRANSLATE_NOOP("Settings", "shortcut keyboard return"),
    )
    history_days: int = setting(
        0,
        label=QT_TRANSLATE_NOOP("Settings", "Keep conversations for"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "Conversations in which nothing was said for longer are deleted for good."
        ),
        group=Group.CHAT,
        minimum=0,
        maximum=3650,
        step=30,
        unit=NumberUnit.DAYS,
        minimum_label=QT_TRANSLATE_NOOP("Settings", "Always"),
        keywords=QT_TRANSLATE_NOOP("Settings", "history retention delete"),
    )
    theme: Theme = setting(
        Theme.SYSTEM,
        label=QT_TRANSLATE_NOOP("Settings", "Colours"),
        description=QT_TRANSLATE_NOOP("Settings", "Light, dark, or as the system does."),
        group=Group.APPEARANCE,
        choice_labels={
            Theme.SYSTEM: QT_TRANSLATE_NOOP("Settings", "As the system does"),
            Theme.LIGHT: QT_TRANSLATE_NOOP("Settings", "Light"),
            Theme.DARK: QT_TRANSLATE_NOOP("Settings", "Dark"),
        },
        keywords=QT_TRANSLATE_NOOP("Settings", "theme dark mode"),
    )
    font_scale: float = setting(
        1.0,
        label=QT_TRANSLATE_NOOP("Settings", "Text size"),
        description=QT_TRANSLATE_NOOP("Settings", "Scales all text on top of the system's own setting."),
        group=Group.APPEARANCE,
        minimum=0.5,
        maximum=3.0,
        step=0.1,
        unit=NumberUnit.FACTOR,
        keywords=QT_TRANSLATE_NOOP("Settings", "font scale zoom"),
    )
    density: Density = setting(
        Density.COMFORTABLE,
        label=QT_TRANSLATE_NOOP("Settings", "Density"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "How much room lists, messages, fields and buttons take. Compact shows more at once."
        ),
        group=Group.APPEARANCE,
        choice_labels={
            Density.COMFORTABLE: QT_TRANSLATE_NOOP("Settings", "Comfortable"),
            Density.COMPACT: QT_TRANSLATE_NOOP("Settings", "Compact"),
        },
        keywords=QT_TRANSLATE_NOOP("Settings", "compact spacing row height padding"),
    )
    log_level: LogLevel = setting(
        LogLevel.INFO,
        label=QT_TRANSLATE_NOOP("Settings", "Log"),
        description=QT_TRANSLATE_NOOP(
            "Settings", "How much is written into the log file. Keys never are, whatever is chosen."
        ),
        group=Group.ADVANCED,
        choice_labels={
            LogLevel.WARNING: QT_TRANSLATE_NOOP("Settings", "Problems only"),
            LogLevel.INFO: QT_TRANSLATE_NOOP("Settings", "Normal"),
            LogLevel.DEBUG: QT_TRANSLATE_NOOP("Settings", "Everything"),
        },
        keywords=QT_TRANSLATE_NOOP("Settings", "debug verbose logging level"),
    )
    recent_models: tuple[str, ...] = setting(
        (),
        label=SourceText("", "Recent models"),
        description=SourceText("", "The models used last, the latest first."),
        group=Group.INTERNAL,
        max_length=MAX_RECENT_MODELS,
    )
    favourite_models: tuple[str, ...] = setting(
        (),
        label=SourceText("", "Favourite models"),
        description=SourceText("", "The models marked with a star."),
        group=Group.INTERNAL,
        max_length=MAX_FAVOURITE_MODELS,
    )
    setup_completed: bool = setting(
        False,
        label=SourceText("", "Setup completed"),
        description=SourceText("", "Whether the first-run wizard was finished once."),
        group=Group.INTERNAL,
    )
    setup_step: SetupStep = setting(
        SetupStep.WELCOME,
        label=SourceText("", "Setup step"),
        description=SourceText("", "Where the first-run wizard goes on."),
        group=Group.INTERNAL,
    )
    window_geometry: str = setting(
        "",
        label=SourceText("", "Main window"),
        description=SourceText("", "Size and place of the main window, as base64."),
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    window_splitter: str = setting(
        "",
        label=SourceText("", "Main window's panes"),
        description=SourceText("", "Sizes of the main window's panes, as base64."),
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    wizard_geometry: str = setting(
        "",
        label=SourceText("", "Wizard"),
        description=SourceText("", "Size and place of the first-run wizard, as base64."),
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    picker_geometry: str = setting(
        "",
        label=SourceText("", "Model picker"),
        description=SourceText("", "Size and place of the model picker, as base64."),
        group=Group.INTERNAL,
        max_length=_MAX_GEOMETRY,
    )
    proxy_password_origin: str = setting(
        "",
        label=SourceText("", "Origin of the proxy's password"),
        description=SourceText("", "For which scheme, host and port the proxy's password was given."),
        group=Group.INTERNAL,
    )
    proxy_password_withheld_from: str = setting(
        "",
        label=SourceText("", "Proxy's password withheld from"),
        description=SourceText("", "To which other address the user did not want it to be sent."),
        group=Group.INTERNAL,
    )

    def replace(self, **changes: object) -> Self:
        """Return a copy with some settings changed, by key.

        Raises:
            InvalidSetting: a value does not fit, or there is no such setting.
        """
        values: dict[str, Any] = {}
        rows: dict[str, dict[str, Any]] = {}
        for key, value in changes.items():
            if key not in SPECS:
                raise InvalidSetting(key, NO_SUCH_SETTING)
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
        """Return a setting by its key, wherever it is kept.

        Raises:
            KeyError: there is no such setting.
        """
        cell = SPECS[key].cell
        return getattr(self, key) if cell is None else getattr(self.providers[cell[0]], cell[1])

    def of(self, provider: str | None = None) -> ProviderSettings:
        """Return a provider's own settings (the current one's if None).

        Raises:
            KeyError: there is no such provider.
        """
        return self.providers[provider or self.provider]

    @property
    def asks_quick_hosts(self) -> bool:
        """Whether a model's quickest hosts are asked first: an order of hosts that the user chose goes before it."""
        return self.quick_hosts and self.provider_sort is ProviderSort.DEFAULT

    def with_provider(self, provider: str, **changes: object) -> Self:
        """Return a copy in which some of a provider's own settings are changed, by column.

        Raises:
            InvalidSetting: a value does not fit, or this provider has no such setting.
        """
        return self.replace(**{key_of(provider, column): value for column, value in changes.items()})

    def with_model(self, model: str, provider: str | None = None) -> Self:
        """Return a copy in which a provider (the current one if None) uses a model, now the latest recent model."""
        changed = self.with_provider(provider or self.provider, model=model)
        if not model:
            return changed
        recent = (model, *(other for other in self.recent_models if other != model))
        return changed.replace(recent_models=recent[:MAX_RECENT_MODELS])

    def with_favourite(self, model: str, favourite: bool) -> Self:
        """Return a copy in which a model is a favourite, or no longer is.

        Raises:
            InvalidSetting: there are too many favourites.
        """
        others = tuple(other for other in self.favourite_models if other != model)
        return self.replace(favourite_models=(*others, model) if favourite else others)


SPECS: Mapping[str, SettingSpec] = specs_of(Settings)
"""The descriptions of all settings, by key, in the order in which to show them."""
