"""A browser that notes where it was sent, and sign-ins that use it: a pytest plugin (tests/conftest.py loads it)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from caal_desktop.services.keys.sign_in_service import SignInService
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.parts import Parts


class Browser:
    """Opens pages as told, and notes them.

    Attributes:
        opened: the addresses that it was given.
        installed: whether there is one at all.
    """

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.installed = True

    def open(self, url: str) -> bool:
        """Note a page; tell whether there is a browser."""
        self.opened.append(url)
        return self.installed

    @property
    def callback(self) -> str:
        """Where the latest page would send the browser back to."""
        return parse_qs(urlsplit(self.opened[-1]).query)["callback_url"][0]


@pytest.fixture
def browser() -> Browser:
    """A browser."""
    return Browser()


@pytest.fixture
def make_sign_in(parts: Parts, browser: Browser) -> Iterator[Callable[..., SignInService]]:
    """Makes sign-ins with the test's services, and closes them."""
    made: list[SignInService] = []

    def make(**options: object) -> SignInService:
        service = SignInService(parts.settings, parts.keys, parts.pool, parts._stand_in, browser.open, **options)  # type: ignore[arg-type]
        made.append(service)
        return service

    yield make
    for service in made:
        run_async(service.close())
