"""The base of the error tree: what every error of the provider layer carries, and how it is put into words.

The tree itself, and the way to import all of this, is :mod:`caal_desktop.llm.errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from caal_desktop.llm.redaction import clean_metadata, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Remedy(StrEnum):
    """What helps: the action that a user interface offers next to the text."""

    RETRY = "retry"
    WAIT = "wait"
    CHECK_KEY = "check_key"
    ADD_CREDIT = "add_credit"
    CHOOSE_MODEL = "choose_model"
    PRIVACY_SETTINGS = "privacy_settings"
    SHORTEN = "shorten"
    DEFAULT_PARAMETERS = "default_parameters"
    NETWORK_SETTINGS = "network_settings"
    PROVIDER_SETTINGS = "provider_settings"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """An error in words, each part a sentence or two."""

    what: str
    why: str
    advice: str


class _Params(dict[str, object]):
    """Template parameters; one that is not known leaves an ellipsis instead of failing while an error is shown."""

    def __missing__(self, key: str) -> str:
        return "…"


def _same(text: str) -> str:
    return text


class ProviderError(Exception):
    """The base of all errors of the provider layer.

    Attributes:
        provider: the provider's name (``openrouter``, ...); "" where none is involved yet.
        status: the HTTP status, or the code inside an error body; None where the server gave none.
        detail: the server's or the system's own words: one line, secrets hidden, bounded. May be "".
        retry_after: seconds to wait, as the server asked; None where it did not.
        metadata: the error body's ``metadata``, cleaned and bounded.
        params: what the templates are filled with.
    """

    what: ClassVar[str] = "{provider} could not answer."
    why: ClassVar[str] = "The request ended with an error that this program does not know."
    advice: ClassVar[str] = "Try again; if it happens again, the details below help to find the reason."
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
        self.params: dict[str, object] = {"provider": provider or "The server"}
        for name, value in (params or {}).items():
            self.params[name] = clean_text(value, *secrets, limit=300) if isinstance(value, str) else value
        super().__init__()

    def templates(self) -> tuple[str, str, str]:
        """Return the templates of what, why and advice that fit this instance."""
        return self.what, self.why, self.advice

    def describe(self, translate: Callable[[str], str] = _same) -> ErrorText:
        """Return the error in words.

        Args:
            translate: turns an English template into another language's, with the same ``{placeholders}``.
        """
        return ErrorText(*(self._fill(template, translate(template)) for template in self.templates()))

    def _fill(self, template: str, translated: str) -> str:
        try:
            return translated.format_map(_Params(self.params))
        except (ValueError, IndexError, AttributeError, TypeError):
            return template.format_map(_Params(self.params))  # a translation with broken placeholders

    def __str__(self) -> str:
        text = self.describe()
        facts = ": ".join(part for part in (str(self.status or ""), self.detail) if part)
        return f"{text.what} {text.why}" + (f" ({facts})" if facts else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self.provider!r}, status={self.status!r}, detail={self.detail!r})"


def error_classes() -> Iterator[type[ProviderError]]:
    """Yield every class of the tree, the base first."""
    waiting: list[type[ProviderError]] = [ProviderError]
    while waiting:
        cls = waiting.pop(0)
        yield cls
        waiting.extend(cls.__subclasses__())


def all_templates() -> tuple[str, ...]:
    """Return every English template of the tree once, in the tree's order: what a translation has to cover."""
    names = ("what", "why", "why_named", "advice", "advice_with_wait")
    found = (vars(cls).get(name) for cls in error_classes() for name in names)
    return tuple(dict.fromkeys(template for template in found if isinstance(template, str)))
