"""One desktop session for all end-to-end tests of a worker: starting one takes longer than most of the tests."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.e2e.program import Program, ScreenReader
from tests.support.desktop_session import DesktopSession, require_desktop_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.support.demo import DemoControl

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is an end-to-end test, and walks through several steps."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(120))


@pytest.fixture(scope="session")
def desktop_session() -> Iterator[DesktopSession]:
    """The session that the tests share; a test that bends it puts it right again."""
    require_desktop_tools(display=True)
    with DesktopSession(display=True) as session:
        yield session


@pytest.fixture(scope="session")
def reader(desktop_session: DesktopSession) -> ScreenReader:
    """Sees what programs in the session show."""
    return ScreenReader(desktop_session)


@pytest.fixture
def session(desktop_session: DesktopSession) -> DesktopSession:
    """The session with an empty, unlocked keyring."""
    desktop_session.clear_secrets()
    return desktop_session


class Start(Protocol):
    """Starts the program."""

    def __call__(
        self,
        *,
        url: str | None = ...,
        home: Path | None = ...,
        arguments: Iterable[str] = ...,
        environment: Mapping[str, str] | None = ...,
    ) -> Program: ...


@pytest.fixture
def start(session: DesktopSession, reader: ScreenReader, demo: DemoControl, tmp_path: Path) -> Iterator[Start]:
    """Starts the program with the test's own, at first clean, profile; with the demo's server unless told otherwise."""
    programs: list[Program] = []

    def begin(
        *,
        url: str | None = demo.base_url,
        home: Path | None = None,
        arguments: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Program:
        folder = home or tmp_path / "profile"
        program = Program(session, reader, folder, url=url, arguments=arguments, environment=environment)
        programs.append(program)
        return program

    yield begin
    for program in programs:
        program.__exit__()


@pytest.fixture
def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
