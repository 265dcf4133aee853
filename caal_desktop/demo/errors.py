"""OpenRouter's error body, as an exception that the server turns into an answer."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: the HTTP status.
        message: what ``error.message`` says.
        metadata: ``error.metadata``; None leaves it out.
        code: ``error.code``; the HTTP status unless told otherwise. OpenRouter also sends words.
        headers: further response headers, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        metadata: dict[str, Any] | None = None,
        *,
        code: int | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.metadata = metadata
        self.code = status if code is None else code
        self.headers = headers or {}

    def error(self) -> dict[str, Any]:
        """The inner ``error`` object."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.metadata is not None:
            error["metadata"] = self.metadata
        return error

    def body(self) -> dict[str, Any]:
        """The whole JSON body."""
        return {"error": self.error()}
