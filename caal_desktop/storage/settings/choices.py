"""What the settings that offer a choice let one choose from."""

from __future__ import annotations

from enum import StrEnum


class SetupStep(StrEnum):
    """Where the first-run wizard goes on."""

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
    """Where a provider's key was put. ``session`` does not outlive the program."""

    NONE = "none"
    KEYRING = "keyring"
    SESSION = "session"


class Theme(StrEnum):
    """Light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How much room is left around what is shown."""

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
    """By what OpenRouter chooses among those who host a model. The values but the first are OpenRouter's words."""

    DEFAULT = "default"
    PRICE = "price"
    THROUGHPUT = "throughput"
    LATENCY = "latency"


class SendKey(StrEnum):
    """What sends a message; the other one breaks the line."""

    ENTER = "enter"
    CTRL_ENTER = "ctrl_enter"


class LogLevel(StrEnum):
    """How much goes into the log."""

    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"
