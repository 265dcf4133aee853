"""From a method and a path to a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote

from caal_desktop.demo.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

H = TypeVar("H")


class Routes(Generic[H]):
    """A table of handlers.

    Args:
        table: method (``*`` for every one; ``GET`` answers ``HEAD`` too), path (``{name}`` stands for one segment), and
            handler.
    """

    def __init__(self, table: Iterable[tuple[str, str, H]]) -> None:
        self._paths: dict[tuple[str, ...], dict[str, H]] = {}
        for method, path, handler in table:
            methods = self._paths.setdefault(tuple(path.split("/")), {})
            methods[method] = handler
            if method == "GET":
                methods["HEAD"] = handler

    def find(self, method: str, raw_path: str) -> tuple[H, dict[str, str]]:
        """Return the handler of a request, with the values of the path's ``{name}`` segments.

        Args:
            method: of the request.
            raw_path: percent-encoded, so that an encoded slash does not separate segments.

        Raises:
            ApiError: 404 for a path that is not in the table, 405 for one that does not take the method.
        """
        segments = tuple(unquote(segment) for segment in raw_path.split("/"))
        for template, methods in self._paths.items():
            values = _match(template, segments)
            if values is None:
                continue
            handler = methods.get(method, methods.get("*"))
            if handler is None:
                raise ApiError(405, "Method Not Allowed", headers={"Allow": ",".join(sorted(methods))})
            return handler, values
        raise ApiError(404, "Not Found")


def _match(template: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    values = {}
    for wanted, segment in zip(template, segments, strict=True):
        if wanted.startswith("{") and segment:
            values[wanted[1:-1]] = segment
        elif wanted != segment:
            return None
    return values
