"""The base of the error tree: what every error of the provider layer carries.

The tree itself, and the way to import all of this, is :mod:`caal_desktop.llm.errors`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.redaction import clean_metadata, clean_text
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping


class Remedy(StrEnum):
    """What helps: the command that a user interface offers next to the text.

    Each value is the id of a command; in CAAL Desktop :mod:`caal_desktop.commands` says what it is called and what it
    needs.
    """

    RETRY = "retry"
    WAIT = "wait"
    """Another try when :attr:`ProviderError.retry_after` seconds have passed; at once where they are not known."""
    CHECK_KEY = "check_key"
    ADD_CREDIT = "add_credit"
    CHOOSE_MODEL = "choose_model"
    PRIVACY_SETTINGS = "privacy_settings"
    SHORTEN = "shorten"
    DEFAULT_PARAMETERS = "default_parameters"
    NETWORK_SETTINGS = "network_settings"
    PROVIDER_SETTINGS = "provider_settings"


class ProviderError(DescribedError):
    """The base of all errors of the provider layer.

    Attributes:
        provider: the provider's name (``openrouter``, ...); "" where none is involved yet.
        status: the HTTP status, or the code inside an error body; None where the server gave none.
        detail: the server's or the system's own words: one line, secrets hidden, bounded. May be "".
        retry_after: seconds to wait, as the server asked; None where it did not.
        metadata: the error body's ``metadata``, cleaned and bounded.
        params: what the templates are filled with.
    """

    what: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "{provider} could not answer.")
    why: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The request ended with an error that this program does not know."
    )
    advice: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Try again; if it happens again, the details below help to find the reason."
    )
    remedy: ClassVar[Remedy] = Remedy.RETRY
    #: Whether the same request may well succeed a moment later, as long as nothing of an answer has come.
    transient: ClassVar[bool] = False

    def __init__(
        self,
        provider: str = "",
        *,
        status: int | None = None,
        detail: str = "",
        retry_after: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        params: Mapping[str, object] | None = None,
        secrets: tuple[str | None, ...] = (),
    ) -> None:
        """Create the error; ``secrets`` are removed from ``detail``, ``metadata`` and ``params`` and not kept."""
        self.provider = provider
        self.status = status
        self.detail = clean_text(detail, *secrets)
        self.retry_after = retry_after
        self.metadata: dict[str, Any] = clean_metadata(dict(metadata or {}), *secrets)
        cleaned = {
            name: clean_text(value, *secrets, limit=300) if isinstance(value, str) else value
            for name, value in (params or {}).items()
        }
        super().__init__({"provider": provider or "The server", **cleaned})

    def __str__(self) -> str:
        facts = ": ".join(part for part in (str(self.status or ""), self.detail) if part)
        return super().__str__() + (f" ({facts})" if facts else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self.provider!r}, status={self.status!r}, detail={self.detail!r})"
