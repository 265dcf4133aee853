"""Who may ask the demo: programs of this computer and the demo's own pages, not every page that a browser has open.

The server listens on loopback, which keeps other computers out. A page in the user's browser gets there all the same:
by a name of its own that leads to this computer (DNS rebinding), or by sending a form here. The browser says so in
headers that no page can set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.demo.endpoints.control import PREFIX
from caal_desktop.demo.errors import ApiError

if TYPE_CHECKING:
    from caal_desktop.demo.http.messages import Request

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80


def check_sender(request: Request) -> None:
    """Let a request pass that was made for this server and, where it changes something, not by a foreign page.

    Raises:
        ApiError: 421, it was made for another host; 403, by a page of another site.
    """
    host, port = (request.header("host") or "").lower(), request.connection.port
    if host not in {f"{name}:{port}" for name in _NAMES} and not (port == _HTTP_PORT and host in _NAMES):
        raise ApiError(421, "Misdirected Request: this is the demo server of CAAL Desktop, on this computer only.")
    changes_something = request.method not in ("GET", "HEAD") or request.path.startswith(PREFIX)
    if changes_something and _is_foreign(request, host):
        raise ApiError(403, "Forbidden: the demo takes no requests from pages of other sites.")


def _is_foreign(request: Request, host: str) -> bool:
    # The sign-in page tells no referrer, so that its form comes from the origin "null".
    origin = (request.header("origin") or "null").lower()
    return request.header("sec-fetch-site") in ("cross-site", "same-site") or origin not in ("null", f"http://{host}")
