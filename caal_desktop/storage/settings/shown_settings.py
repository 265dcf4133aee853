"""The settings that the dialog shows, each described once."""

# ruff: noqa: RUF009 - setting() returns a dataclass field

from __future__ import annotations

from dataclasses import dataclass

from caal_desktop.llm.transport.headers import check_header, parse_header
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.storage.settings.choices import Density, LogLevel, Provider, ProviderSort, Reasoning, SendKey, Theme
from caal_desktop.storage.settings.setting import Editor, Group, setting

DEFAULT_SYSTEM_PROMPT = (
    "You are CAAL, a friendly voice assistant. Your answers are read aloud, so keep them short: one to three "
    "sentences, in plain spoken language, without lists, tables, links or other formatting. Say numbers, dates and "
    "units the way people say them. Answer in the language you are spoken to. If you do not know something, say so; "
    "if a question is unclear, ask one short question back."
)

_AT_OPENROUTER = ("provider", (Provider.OPENROUTER,))
_AT_GROQ = ("provider", (Provider.GROQ,))
_AT_OWN_SERVER = ("provider", (Provider.OPENAI_COMPATIBLE,))
_AT_OLLAMA = ("provider", (Provider.OLLAMA,))
_BY_MANUAL_PROXY = ("proxy_mode", (ProxyMode.MANUAL,))


def _header_problem(line: str) -> str:
    try:
        return check_header(*parse_header(line))
    except ValueError as exc:
        return str(exc)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSettings:
    """What a person can change in the dialog, in the order in which to show it."""

    provider: Provider = setting(
        Provider.OPENROUTER,
        short="Provider",
        long="Who serves the language model.",
        group=Group.PROVIDER,
        agent_key="llm_provider",
        labels={
            Provider.OPENROUTER: "OpenRouter",
            Provider.GROQ: "Groq",
            Provider.OPENAI_COMPATIBLE: "Another OpenAI-compatible server",
            Provider.OLLAMA: "Ollama",
        },
    )
    openrouter_model: str = setting(
        "",
        short="OpenRouter model",
        long="The model's id at OpenRouter, such as vendor/model.",
        group=Group.MODEL,
        editor=Editor.MODEL,
        when=_AT_OPENROUTER,
        max_length=200,
        agent_key="openrouter_model",
    )
    groq_model: str = setting(
        "",
        short="Groq model",
        long="The model's id at Groq.",
        group=Group.MODEL,
        editor=Editor.MODEL,
        when=_AT_GROQ,
        max_length=200,
        agent_key="groq_model",
    )
    openai_compatible_model: str = setting(
        "",
        short="Model of your server",
        long="The model's id as your own server names it.",
        group=Group.MODEL,
        editor=Editor.MODEL,
        when=_AT_OWN_SERVER,
        max_length=200,
        agent_key="openai_model",
    )
    ollama_model: str = setting(
        "",
        short="Ollama model",
        long="The model's name as “ollama list” shows it.",
        group=Group.MODEL,
        editor=Editor.MODEL,
        when=_AT_OLLAMA,
        max_length=200,
        agent_key="ollama_model",
    )
    openai_compatible_base_url: str = setting(
        "",
        short="Address of your server",
        long="The address below which your OpenAI-compatible server answers, usually ending in /v1.",
        group=Group.PROVIDER,
        when=_AT_OWN_SERVER,
        url=True,
        agent_key="openai_base_url",
    )
    ollama_base_url: str = setting(
        "http://localhost:11434/v1",
        short="Address of Ollama",
        long="The address of Ollama's OpenAI-compatible interface, ending in /v1.",
        group=Group.PROVIDER,
        when=_AT_OLLAMA,
        url=True,
        agent_key="ollama_host",
    )
    openai_compatible_headers: tuple[str, ...] = setting(
        (),
        short="Further headers",
        long="Sent with each request to your server, one “Name: value” a line. Kept in plain text: no keys here.",
        group=Group.PROVIDER,
        max_length=20,
        editor=Editor.LINES,
        item_check=_header_problem,
        when=_AT_OWN_SERVER,
        words="http header",
    )
    spend_limit_day: float = setting(
        0.0,
        short="Warn when a day costs more than",
        long="Shows a warning when the answers of one day have cost more than this. Nothing is stopped.",
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.25,
        unit="USD",
        off="Never warn",
        words="spend guard budget cost money limit",
    )
    spend_limit_conversation: float = setting(
        0.0,
        short="Warn when a conversation costs more than",
        long="Shows a warning when the answers of one conversation have cost more than this. Nothing is stopped.",
        group=Group.PROVIDER,
        minimum=0.0,
        maximum=1000.0,
        step=0.05,
        unit="USD",
        off="Never warn",
        words="spend guard budget cost money limit",
    )
    temperature: float = setting(
        0.7,
        short="Temperature",
        long="How freely the model chooses its words: 0 is the most predictable, 2 the most surprising.",
        group=Group.MODEL,
        minimum=0.0,
        maximum=2.0,
        step=0.1,
        agent_key="temperature",
    )
    max_tokens: int = setting(
        4096,
        short="Longest answer",
        long="The most tokens that one answer may take. A small credit at OpenRouter may need a smaller number.",
        group=Group.MODEL,
        minimum=1,
        maximum=1_000_000,
        step=256,
        unit="tokens",
        words="max_tokens length credit",
    )
    reasoning: Reasoning = setting(
        Reasoning.DEFAULT,
        short="Reasoning",
        long=(
            "How long a reasoning model thinks before it speaks: more is wiser, slower and dearer. "
            "Models without reasoning ignore it; some cannot do without and refuse “none”."
        ),
        group=Group.MODEL,
        labels={
            Reasoning.DEFAULT: "As little as the model allows",
            Reasoning.NONE: "None",
            Reasoning.LOW: "A little",
            Reasoning.MEDIUM: "Medium",
            Reasoning.HIGH: "A lot",
        },
        when=_AT_OPENROUTER,
        words="thinking effort",
    )
    fallback_models: tuple[str, ...] = setting(
        (),
        short="Fallback models",
        long="OpenRouter asks these in turn when the chosen model cannot answer. One model id a line, at most three.",
        group=Group.MODEL,
        max_length=3,
        editor=Editor.LINES,
        when=_AT_OPENROUTER,
    )
    deny_data_collection: bool = setting(
        False,
        short="Refuse providers that collect data",
        long="Only those who neither store what you send nor train on it may answer. Fewer models remain.",
        group=Group.PRIVACY,
        when=_AT_OPENROUTER,
        words="data collection training privacy",
    )
    zero_data_retention: bool = setting(
        False,
        short="Require zero data retention",
        long="Only those who keep nothing at all once the answer is sent may answer. The strictest choice.",
        group=Group.PRIVACY,
        when=_AT_OPENROUTER,
        words="zdr privacy",
    )
    provider_sort: ProviderSort = setting(
        ProviderSort.DEFAULT,
        short="Prefer providers by",
        long="Most models are hosted by several providers. OpenRouter balances price and reliability unless told more.",
        group=Group.PRIVACY,
        labels={
            ProviderSort.DEFAULT: "OpenRouter's own balance",
            ProviderSort.PRICE: "Lowest price",
            ProviderSort.THROUGHPUT: "Highest speed",
            ProviderSort.LATENCY: "Shortest wait for the first word",
        },
        when=_AT_OPENROUTER,
        words="sort routing latency throughput price speed",
    )
    allowed_providers: tuple[str, ...] = setting(
        (),
        short="Only these providers",
        long="If any are named, nobody else may answer. One name a line, as OpenRouter writes it, such as “together”.",
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        when=_AT_OPENROUTER,
        words="allowed routing",
    )
    ignored_providers: tuple[str, ...] = setting(
        (),
        short="Never these providers",
        long="They may never answer. One name a line.",
        group=Group.PRIVACY,
        max_length=50,
        editor=Editor.LINES,
        when=_AT_OPENROUTER,
        words="ignored blocked routing",
    )
    proxy_mode: ProxyMode = setting(
        ProxyMode.SYSTEM,
        short="Proxy",
        long="Company networks often let requests out by a proxy only. Requests to this computer never take one.",
        group=Group.NETWORK,
        labels={
            ProxyMode.SYSTEM: "As the system says",
            ProxyMode.NONE: "None",
            ProxyMode.MANUAL: "This one:",
        },
    )
    proxy_url: str = setting(
        "",
        short="Address of the proxy",
        long="For example http://proxy.example.com:3128.",
        group=Group.NETWORK,
        url=True,
        when=_BY_MANUAL_PROXY,
    )
    proxy_user: str = setting(
        "",
        short="User name at the proxy",
        long="Empty where the proxy asks for none. The password is kept in the system's keyring.",
        group=Group.NETWORK,
        max_length=200,
        when=_BY_MANUAL_PROXY,
        words="proxy authentication sign-in password",
    )
    ca_bundle: str = setting(
        "",
        short="Further certificate authorities",
        long="A PEM file, for networks that read along with a certificate of their own. The network's owner has it.",
        group=Group.NETWORK,
        max_length=4000,
        editor=Editor.FILE,
        words="ca bundle tls ssl certificate pem",
    )
    trust_system_certificates: bool = setting(
        True,
        short="Trust the system's authorities, too",
        long="Switched off, only those of the file above are trusted.",
        group=Group.NETWORK,
        words="tls ssl store",
    )
    connect_timeout: float = setting(
        10.0,
        short="Wait for a connection",
        long="After this long without a connection the request fails.",
        group=Group.NETWORK,
        minimum=1.0,
        maximum=120.0,
        step=1.0,
        unit="seconds",
        words="timeout",
    )
    read_timeout: float = setting(
        60.0,
        short="Wait for an answer",
        long="After this long without any sign of life the request fails. Large models may be silent for a while.",
        group=Group.NETWORK,
        minimum=5.0,
        maximum=600.0,
        step=5.0,
        unit="seconds",
        words="timeout",
    )
    max_retries: int = setting(
        2,
        short="Try again",
        long="How often a request that failed for a passing reason is sent again before you hear of it.",
        group=Group.NETWORK,
        minimum=0,
        maximum=5,
        step=1,
        unit="times",
        off="Never",
        words="retries",
    )
    system_prompt: str = setting(
        DEFAULT_SYSTEM_PROMPT,
        short="Instructions",
        long="What the model is told before every conversation.",
        group=Group.CHAT,
        max_length=50_000,
        words="system prompt",
        multiline=True,
    )
    send_key: SendKey = setting(
        SendKey.ENTER,
        short="Send a message with",
        long="With Enter, Shift+Enter breaks the line; with Ctrl+Enter, Enter alone does.",
        group=Group.CHAT,
        labels={SendKey.ENTER: "Enter", SendKey.CTRL_ENTER: "Ctrl+Enter"},
        words="shortcut keyboard return",
    )
    history_days: int = setting(
        0,
        short="Keep conversations for",
        long="Conversations in which nothing was said for longer are deleted for good.",
        group=Group.CHAT,
        minimum=0,
        maximum=3650,
        step=30,
        unit="days",
        off="Always",
        words="history retention delete",
    )
    theme: Theme = setting(
        Theme.SYSTEM,
        short="Colours",
        long="Light, dark, or as the system does.",
        group=Group.APPEARANCE,
        labels={Theme.SYSTEM: "As the system does", Theme.LIGHT: "Light", Theme.DARK: "Dark"},
        words="theme dark mode",
    )
    font_scale: float = setting(
        1.0,
        short="Text size",
        long="Scales all text on top of the system's own setting.",
        group=Group.APPEARANCE,
        minimum=0.5,
        maximum=3.0,
        step=0.1,
        unit="×",
        words="font scale zoom",
    )
    density: Density = setting(
        Density.COMFORTABLE,
        short="Density",
        long="How much room lists, messages, fields and buttons take. Compact shows more at once.",
        group=Group.APPEARANCE,
        labels={Density.COMFORTABLE: "Comfortable", Density.COMPACT: "Compact"},
        words="compact spacing row height padding",
    )
    log_level: LogLevel = setting(
        LogLevel.INFO,
        short="Log",
        long="How much is written into the log file. Keys never are, whatever is chosen.",
        group=Group.ADVANCED,
        labels={LogLevel.WARNING: "Problems only", LogLevel.INFO: "Normal", LogLevel.DEBUG: "Everything"},
        words="debug verbose logging level",
    )
