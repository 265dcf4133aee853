"""What an error tells about the request that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.translation import NO_TEXT, Duration, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.errors.availability import Availability


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The facts of a request that its errors need.

    Attributes:
        provider: the provider's name in the registry.
        display_name: the provider's name as it is shown.
        location: host and port, as they are shown.
        model: the model asked for; None for requests that name none.
        secrets: texts that must not appear in an error.
        read_timeout: seconds without a byte after which the client gave up.
        routes: the server forwards requests to the hosts of a model, so that a 404 can only mean a missing model.
        has_own_interface: the server is asked by an interface of its own, not by that of chat completions, so that what
            does not know it is another server.
    """

    provider: str
    display_name: str
    location: str
    model: str | None = None
    secrets: tuple[str | None, ...] = ()
    read_timeout: float = 60.0
    routes: bool = False
    has_own_interface: bool = False

    def __repr__(self) -> str:
        return f"RequestContext({self.provider}, {self.model})"

    def error(
        self,
        cls: type[ProviderError],
        detail: str = "",
        *,
        reason: SourceText = NO_TEXT,
        status: int | None = None,
        retry_after: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        availability: Availability | None = None,
        **params: object,
    ) -> ProviderError:
        """Return an error about this request.

        Args:
            cls: the error's class.
            detail: as :class:`~caal_desktop.llm.errors.ProviderError` takes it, like the following.
            reason: the template of the reason.
            status: the HTTP status.
            retry_after: seconds.
            metadata: the error body's ``metadata``.
            availability: why no host could answer, without secrets.
            **params: values of placeholders, besides those that are known of the request.
        """
        return cls(
            self.provider,
            status=status,
            reason=reason,
            detail=detail,
            retry_after=retry_after,
            metadata=metadata,
            availability=availability,
            params={
                "provider": self.display_name,
                "host": self.location,
                "model": self.model or self.display_name,
                "time": Duration(self.read_timeout),
                **params,
            },
            secrets=self.secrets,
        )
