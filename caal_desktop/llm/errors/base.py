"""The base of the provider layer's errors. Import it from :mod:`caal_desktop.llm.errors`, which has the whole tree."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from caal_desktop.llm.errors.text import DescribedError, ErrorTemplate
from caal_desktop.llm.redaction import clean_metadata, clean_text
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, Duration, FilledText, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.errors.availability import Availability

MAX_PARAM_LENGTH: Final = 300
"""Characters of a text from outside that fills a placeholder."""
THE_SERVER: Final = QT_TRANSLATE_NOOP("ProviderError", "The server")
"""Stands for the name of a provider that is not known."""


class Remedy(StrEnum):
    """What helps against an error: the command that a user interface offers beside its text.

    Each value is the id of a command; in CAAL Desktop they are described in :mod:`caal_desktop.commands`.
    """

    RETRY = "retry"
    WAIT = "wait"
    """Retry once :attr:`ProviderError.retry_after` seconds have passed; at once where that is None."""
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

    Args:
        provider: see the attributes, as for the following.
        status: the HTTP status.
        reason: the template that takes the place of the class's ``why``.
        detail: the server's or the system's own words, as they came.
        retry_after: seconds.
        metadata: the error body's ``metadata``, as it came.
        availability: why no host could answer, without secrets.
        params: the values of the templates' placeholders: texts from outside as ``str``, others as
            :class:`~caal_desktop.llm.translation.FilledText` has them.
        secrets: removed from ``detail``, ``metadata`` and ``params``, and not kept.

    Attributes:
        provider: the provider's name in the registry (``openrouter``, ...); "" where none is involved yet.
        status: the HTTP status, or the code inside an error body; None where the server gave none.
        reason: why it happened, where that is known more exactly than the class's ``why`` tells; else "".
        detail: the server's or the system's own words, in whatever language: one line, secrets hidden, bounded. May be
            "".
        retry_after: seconds to wait, as the server asked; None where it did not.
        metadata: the error body's ``metadata``, cleaned and bounded.
        availability: why no host could answer, and which models the server offers instead; None where it does not say.
        params: the values of the templates' placeholders, cleaned and bounded. ``params["hint"]`` is a sentence
            of the server's own for the user, where there is one.
    """

    what: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "{provider} could not answer.")
    why: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The request ended with an error that this program does not know."
    )
    advice: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Try again; if it happens again, the details below help to find the reason."
    )
    remedy: ClassVar[Remedy] = Remedy.RETRY
    transient: ClassVar[bool] = False
    """Whether the same request may well succeed a moment later, as long as nothing of an answer has come."""

    def __init__(
        self,
        provider: str = "",
        *,
        status: int | None = None,
        reason: SourceText = NO_TEXT,
        detail: str = "",
        retry_after: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        availability: Availability | None = None,
        params: Mapping[str, object] | None = None,
        secrets: tuple[str | None, ...] = (),
    ) -> None:
        self.provider = provider
        self.status = status
        self.reason = reason
        self.detail = clean_text(detail, *secrets)
        self.retry_after = retry_after
        self.metadata: dict[str, Any] = clean_metadata(dict(metadata or {}), *secrets)
        self.availability = availability
        filling: dict[str, object] = {"provider": provider or THE_SERVER, **(params or {})}
        if retry_after is not None:
            filling["wait"] = Duration(retry_after)
        super().__init__({name: _cleaned(value, secrets) for name, value in filling.items()})

    def template(self) -> ErrorTemplate:
        """Return the templates that fit this instance; its own reason comes before the class's."""
        return ErrorTemplate(self.what, self.reason or self.why, self.advice)

    def __str__(self) -> str:
        facts = ": ".join(part for part in (str(self.status or ""), self.detail) if part)
        return super().__str__() + (f" ({facts})" if facts else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self.provider!r}, status={self.status!r}, detail={self.detail!r})"


def _cleaned(value: object, secrets: tuple[str | None, ...]) -> object:
    """Return the value of a placeholder without secrets; texts of the program's own need no cleaning."""
    if isinstance(value, FilledText):
        return FilledText(value.text, {name: _cleaned(item, secrets) for name, item in value.values.items()})
    if isinstance(value, tuple):
        return tuple(_cleaned(item, secrets) for item in value)
    if isinstance(value, str) and not isinstance(value, SourceText):
        return clean_text(value, *secrets, limit=MAX_PARAM_LENGTH)
    return value
