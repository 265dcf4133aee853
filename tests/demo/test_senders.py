"""Who may ask the demo server: no page of another site, by whatever way it comes here."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.demo.test_sign_in import auth_url

if TYPE_CHECKING:
    from tests.support.demo import DemoControl


def ask(demo: DemoControl, method: str, path: str, **headers: str) -> int:
    """Send a request with these headers alone, and return the status."""
    place = urlsplit(demo.root)
    connection = http.client.HTTPConnection("127.0.0.1", place.port or 0, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def port_of(demo: DemoControl) -> int:
    return urlsplit(demo.root).port or 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
@pytest.mark.parametrize("path", ["/api/v1/models", "/_demo/faults", "/"])
def test_this_computers_names_are_answered(demo: DemoControl, host: str, path: str) -> None:
    assert ask(demo, "GET", path, Host=f"{host}:{port_of(demo)}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:{port}",
        "rebound.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "127.0.0.1.rebound.example:{port}",
        "127.0.0.2:{port}",
        "0.0.0.0:{port}",
        "2130706433:{port}",
        "user@127.0.0.1:{port}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/models", "/_demo/keys", "/", "/_demo/elsewhere", "/nowhere"])
def test_a_name_that_was_led_here_is_not(demo: DemoControl, host: str, path: str) -> None:
    assert ask(demo, "GET", path, Host=host.format(port=port_of(demo))) == 421


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_demo/reset"), ("DELETE", "/_demo/requests"), ("GET", "/_demo/keys"), ("POST", "/auth")],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_page_elsewhere_changes_nothing(demo: DemoControl, method: str, path: str, headers: dict[str, str]) -> None:
    assert ask(demo, method, path, Host=f"127.0.0.1:{port_of(demo)}", **headers) == 403


def test_a_link_elsewhere_may_open_the_sign_in(demo: DemoControl) -> None:
    path = auth_url(demo).removeprefix(demo.root)
    assert ask(demo, "GET", path, Host=f"127.0.0.1:{port_of(demo)}", Sec_Fetch_Site="cross-site") == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:{port}"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_programs_and_its_own_pages_may(demo: DemoControl, headers: dict[str, str]) -> None:
    given = {name: value.format(port=port_of(demo)) for name, value in headers.items()}
    assert ask(demo, "POST", "/_demo/reset", Host=f"127.0.0.1:{port_of(demo)}", **given) == 200
