"""What an error has to know about the request that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.translation import Duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.errors import ProviderError


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What the translation must know about a request.

    Attributes:
        provider: the provider's name in the registry.
        display_name: the name for people.
        location: host and port.
        model: the model asked for; None for requests that name none.
        secrets: texts that must not appear in an error.
        read_timeout: seconds without a byte after which the client gave up.
        routes: the server passes requests on to whoever hosts the model, so that nothing but a model can be missing.
    """

    provider: str
    display_name: str
    location: str
    model: str | None = None
    secrets: tuple[str | None, ...] = ()
    read_timeout: float = 60.0
    routes: bool = False

    def __repr__(self) -> str:
        return f"RequestContext({self.provider}, {self.model})"

    def error(
        self,
        cls: type[ProviderError],
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        **params: object,
    ) -> ProviderError:
        """Return an error of ``cls`` about this request."""
        return cls(
            self.provider,
            status=status,
            detail=detail,
            retry_after=retry_after,
            metadata=metadata,
            params={
                "provider": self.display_name,
                "host": self.location,
                "model": self.model or self.display_name,
                "time": Duration(self.read_timeout),
                **params,
            },
            secrets=self.secrets,
        )
