"""The demo server for tests: a pytest plugin (add ``"tests.support.demo"`` to ``pytest_plugins``).

``demo_process`` starts one server for the whole run; ``demo`` gives a test a :class:`DemoControl` for it, with faults,
spending and the log of requests reset before and after.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.demo.accounts.keys import demo_key
from caal_desktop.demo.launcher import DemoProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEADLINE_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered to :meth:`DemoControl.call`.

    Attributes:
        status: the HTTP status.
        headers: names in lower case.
        body: the bytes.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    def chunks(self) -> list[dict[str, Any]]:
        """Return the JSON of a stream's events, without ``[DONE]`` and comments."""
        lines = [line[6:] for line in self.text.splitlines() if line.startswith("data: ")]
        return [json.loads(line) for line in lines if line != "[DONE]"]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


# Without the environment's proxies: what is asked here is on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


class DemoControl:
    """Switches faults of a running demo server and reads its log.

    Standard library only, so that it shares nothing with the clients under test.

    Attributes:
        base_url: ``http://127.0.0.1:PORT/api/v1``.
        root: the same without ``/api/v1``.
        key: the demo's ordinary key.
    """

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.root = base_url.removesuffix("/api/v1")
        self.key = key

    @staticmethod
    def key_for(name: str) -> str:
        """Return the key called ``name``; see ``caal_desktop.demo.accounts.keys.KEYS``."""
        return demo_key(name)

    def fault(self, name: str, arg: object = None, *, times: int | None = None, path: str | None = None) -> None:
        """Switch a fault on; ``times`` limits how many requests it applies to, ``path`` which (by their path's end)."""
        fault = {"name": name, "arg": arg, "times": times, "path": path}
        answer = self.call("POST", "/_demo/faults", fault)
        if answer.status != 201:
            raise ValueError(answer.text)

    def clear_faults(self) -> None:
        self.call("DELETE", "/_demo/faults")

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Return the requests since the last reset, oldest first; ``path`` keeps those whose path ends so."""
        entries = self.call("GET", "/_demo/requests").json()["requests"]
        return [entry for entry in entries if entry["path"].endswith(path)]

    def clear_requests(self) -> None:
        self.call("DELETE", "/_demo/requests")

    def reset(self) -> None:
        """Restore faults, log, spending, generations and sign-in codes as they were at the start."""
        self.call("POST", "/_demo/reset")

    def open_streams(self) -> int:
        """Return how many chat streams are under way."""
        return int(self.call("GET", "/_demo/requests").json()["open_streams"])

    def closed_by_client(self) -> int:
        """Return how many answers the client did not wait for."""
        return int(self.call("GET", "/_demo/requests").json()["closed_by_client"])

    def wait_for_open_streams(self, count: int) -> None:
        """Wait until exactly ``count`` streams are under way; fail the test when that does not come."""
        self.wait_for(lambda: self.open_streams() == count, f"{count} streams are open")

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something has become true on the server; fail the test when that does not come."""
        deadline = time.monotonic() + _DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"this did not come: {what}")
            time.sleep(0.01)

    def decide_sign_in(self, url: str, *, allow: bool = True) -> str:
        """Do what a user does on the consent page at ``url``; return the address that the browser is sent to."""
        page = self.call("GET", url)
        if page.status != 200:
            raise ValueError(page.text)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        form = urllib.parse.urlencode({**query, "decision": "allow" if allow else "deny"}).encode()
        answer = self.call("POST", "/auth", form, content_type="application/x-www-form-urlencoded")
        return answer.headers["location"]

    def allow_and_read_code(self, url: str) -> str:
        """Allow on the consent page at ``url``, which names no callback; return the code that the next one shows."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        form = urllib.parse.urlencode({**query, "decision": "allow"}).encode()
        answer = self.call("POST", "/auth", form, content_type="application/x-www-form-urlencoded")
        return answer.text.partition("<code>")[2].partition("</code>")[0]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one plain HTTP request; redirects are not followed.

        Args:
            method: the HTTP method.
            path: below ``/api/v1`` (``/key``), another path of the server (``/_demo/...``, ``/auth...``), or a URL.
            body: JSON, or bytes that are sent as they are.
            key: sent as the bearer key; None sends none.
            content_type: of the body.
        """
        if path.startswith("http"):
            url = path
        elif path.startswith("/_demo") or (path.startswith("/auth") and not path.startswith("/auth/keys")):
            url = self.root + path
        else:
            url = self.base_url + path
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - loopback, by the tests
        if data is not None:
            request.add_header("Content-Type", content_type)
        if key is not None:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with _OPENER.open(request, timeout=_DEADLINE_S) as response:
                return Answer(response.status, _lower(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.fixture(scope="session")
def demo_process() -> Iterator[DemoProcess]:
    """Run one demo server without pauses, for all tests of this worker."""
    with DemoProcess(["--speed", "0"]) as process:
        yield process


@pytest.fixture
def demo(demo_process: DemoProcess) -> Iterator[DemoControl]:
    """Return the demo server, as it was at its start."""
    control = DemoControl(demo_process.base_url, demo_process.key)
    control.reset()
    yield control
    control.reset()
