"""The values of the settings that offer a choice."""

from __future__ import annotations

from enum import StrEnum


class SetupStep(StrEnum):
    """The step at which the first-run wizard continues."""

    WELCOME = "welcome"
    KEY = "key"
    MODEL = "model"
    TRY = "try"
    DONE = "done"


class KeyStatus(StrEnum):
    """What is known about a provider's key."""

    NONE = "none"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REJECTED = "rejected"


class KeyStore(StrEnum):
    """Where a provider's key is kept. ``session`` means in memory, until the program ends."""

    NONE = "none"
    KEYRING = "keyring"
    SESSION = "session"


class Theme(StrEnum):
    """Light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """The spacing of the widgets."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


class Reasoning(StrEnum):
    """How long a reasoning model thinks before it answers. The values but the first are OpenRouter's efforts."""

    DEFAULT = "default"
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ProviderSort(StrEnum):
    """The order in which OpenRouter prefers a model's hosts. The values but the first are OpenRouter's words."""

    DEFAULT = "default"
    PRICE = "price"
    THROUGHPUT = "throughput"
    LATENCY = "latency"


class SendKey(StrEnum):
    """The key that sends a message; the other one breaks the line."""

    ENTER = "enter"
    CTRL_ENTER = "ctrl_enter"


class LogLevel(StrEnum):
    """How much goes into the log."""

    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"
