"""OpenRouter's error body, as an exception that the server turns into an answer."""

from __future__ import annotations

from typing import Any

ERROR_DOCS = "https://openrouter.ai/docs/errors"
SUGGESTED = "openai/gpt-5.4-mini"
"""The model that is suggested in place of one that cannot answer."""


def availability(code: str, *models: str, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """Return why no provider could answer, in OpenRouter's form.

    Args:
        code: one of OpenRouter's words for it.
        models: the ids that were asked for.
        retryable: whether it can work in a moment.
        more: what else applies, such as ``fallback_models``.
    """
    docs_url = f"{ERROR_DOCS}#{code}"
    return {"code": code, "retryable": retryable, "requested_models": list(models), "docs_url": docs_url, **more}


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: the HTTP status.
        message: what ``error.message`` says.
        metadata: ``error.metadata``; None leaves it out.
        code: ``error.code``; the HTTP status unless given. OpenRouter also sends words.
        headers: further response headers, such as ``Retry-After``.
        availability: ``error.availability``: why no provider could answer; None leaves it out.
    """

    def __init__(
        self,
        status: int,
        message: str,
        metadata: dict[str, Any] | None = None,
        *,
        code: int | str | None = None,
        headers: dict[str, str] | None = None,
        availability: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.metadata = metadata
        self.code = status if code is None else code
        self.headers = headers or {}
        self.availability = availability

    def error(self) -> dict[str, Any]:
        """Return the inner ``error`` object."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.metadata is not None:
            error["metadata"] = self.metadata
        if self.availability is not None:
            error["availability"] = self.availability
        return error

    def body(self) -> dict[str, Any]:
        """Return the whole JSON body."""
        return {"error": self.error()}
