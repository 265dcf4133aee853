"""What every test is held to: nothing leaves this machine, and nothing is complained about unheard.

A pytest plugin (tests/conftest.py loads it). After each test it fails the test

* when something in this process tried to reach, or to look up, anything but this machine;
* when something logged at WARNING or above that the test had not announced with ``expected_logs``, or did not log
  what was announced.

:mod:`tests.support.qt_messages` does the same for what Qt says; this module needs no Qt.

With ``--fail-on-skip`` a test that is skipped fails: ``scripts/test`` installs what the tests need, so that nothing has
to be left out there. Without the option a test may skip what this machine does not have.

It also takes away what would make a test depend on the person who runs it: their proxies, keys, keyring, display and
stored settings.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import socket
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

# Matched against whole names, without regard to case: proxies come in both.
_PERSONAL = re.compile(
    r"(https?|all|no|ftp)_proxy"
    r"|(openrouter|openai|groq|anthropic)_.*|caal_desktop_(?!full_catalogue$).*"
    r"|python_keyring_.*|dbus_session_bus_address|display|wayland_display|qt_.*|qsg_.*|pythonasynciodebug",
    re.IGNORECASE,
)


def clean_environment(environment: os._Environ[str] | dict[str, str]) -> None:
    """Removes what belongs to a person, and sets what the tests need."""
    for name in [name for name in environment if _PERSONAL.fullmatch(name)]:
        del environment[name]
    environment["QT_QPA_PLATFORM"] = "offscreen"


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Cleans the environment before anything is imported that reads it."""
    clean_environment(os.environ)


@pytest.fixture(scope="session", autouse=True)
def _stored_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Moves what the program stores, and where it meets other starts of it, away from the person's own."""
    os.environ["CAAL_DESKTOP_HOME"] = str(tmp_path_factory.mktemp("caal-desktop-home"))
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("run"))


# --- skipped tests ----------------------------------------------------------------------------------------------------

ALLOWED_SKIPS: Final = frozenset({"nothing is forbidden to the superuser"})
"""Reasons to skip a test although every tool is there."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--fail-on-skip``."""
    parser.addoption(
        "--fail-on-skip", action="store_true", help="fail a test that is skipped, but for a few known reasons"
    )


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn the report of a skip into that of a failure, unless its reason is an allowed one.

    Args:
        report: of a test's phase, or of the collection of a module. An expected failure is no skip.
    """
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason not in ALLOWED_SKIPS:
        report.outcome = "failed"
        report.longrepr = f"skipped, and --fail-on-skip allows that for known reasons alone: {reason}"


# Outermost, so that what pytest itself makes of a skip or an expected failure is known.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge each phase of each test."""
    report = yield
    if item.config.getoption("fail_on_skip"):
        fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge what skips a whole module."""
    report = yield
    if collector.config.getoption("fail_on_skip"):
        fail_if_skipped(report)
    return report


# --- the network ------------------------------------------------------------------------------------------------------


class NotLoopbackError(ConnectionRefusedError):
    """Raised in place of the connection. An OSError, so that the code under test treats it as it would any other."""


class NetworkGuard:
    """Stands before the ways out of this process: connecting, and looking names up."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._connect = socket.socket.connect
        self._connect_ex = socket.socket.connect_ex
        self._getaddrinfo = socket.getaddrinfo

    def install(self) -> None:
        """Takes the place of the socket module's own."""
        guard = self

        def connect(sock: socket.socket, address: Any) -> None:
            guard.check(sock.family, address)
            guard._connect(sock, address)

        def connect_ex(sock: socket.socket, address: Any) -> int:
            guard.check(sock.family, address)
            return guard._connect_ex(sock, address)

        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode("idna") if isinstance(host, bytes) else host
            if isinstance(name, str) and name.endswith(".invalid"):
                # RFC 6761: this name never exists. Answered here, for a resolver would go and ask.
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if not is_here(name) and not is_address(name):  # an address asks nobody; connecting to it is caught
                guard.refuse(f"looked up {name!r}")
            return guard._getaddrinfo(host, *args, **kwargs)

        socket.socket.connect = connect  # type: ignore[method-assign, assignment]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign, assignment]
        socket.getaddrinfo = getaddrinfo

    def remove(self) -> None:
        """Puts the socket module's own back."""
        socket.socket.connect = self._connect  # type: ignore[method-assign]
        socket.socket.connect_ex = self._connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = self._getaddrinfo

    def check(self, family: int, address: Any) -> None:
        """Refuses an address that is not this machine's."""
        if family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
            self.refuse(f"connected to {address[0]}:{address[1]}")

    def refuse(self, attempt: str) -> None:
        """Notes the attempt, for the code under test may well swallow the exception."""
        self.attempts.append(attempt)
        raise NotLoopbackError(f"a test {attempt}: tests stay on this machine")


def is_address(host: str) -> bool:
    """Whether this is an IP address, not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_here(host: str | None) -> bool:
    """Whether a host name or address means this machine; an empty one does."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    if not is_address(host):
        return False
    address = ipaddress.ip_address(host.partition("%")[0])
    return address.is_loopback or address.is_unspecified


# --- the logs ---------------------------------------------------------------------------------------------------------


class LogGuard(logging.Handler):
    """Holds back what was logged at WARNING or above until somebody says that it was expected."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Notes the record as one line; a traceback's last line says what was raised."""
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" [{record.exc_info[1]!r}]"
        self.lines.append(line)

    def complaints(self) -> list[str]:
        """What is wrong with this test's logs."""
        surprises = [line for line in self.lines if not any(re.search(regex, line) for regex in self.expected)]
        silent = [regex for regex in self.expected if not any(re.search(regex, line) for line in self.lines)]
        return [f"logged, and not announced with expected_logs(): {line}" for line in surprises] + [
            f"announced with expected_logs(), and not logged: {regex}" for regex in silent
        ]


@pytest.fixture(scope="session")
def _network() -> Iterator[NetworkGuard]:
    guard = NetworkGuard()
    guard.install()
    yield guard
    guard.remove()


@pytest.fixture(autouse=True)
def _guards(_network: NetworkGuard) -> Iterator[LogGuard]:
    """Set up before the test's own fixtures, so that theirs are torn down when this one looks."""
    logs = LogGuard()
    logging.getLogger().addHandler(logs)
    yield logs
    logging.getLogger().removeHandler(logs)
    complaints = [f"a test {attempt}" for attempt in _network.attempts] + logs.complaints()
    _network.attempts.clear()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.fixture
def expected_logs(_guards: LogGuard) -> Callable[..., None]:
    """Announces what the test makes the program log at WARNING or above.

    Call it with regular expressions; each has to match, somewhere, at least one line of the form
    ``LEVEL logger.name: message``, with ``[exception]`` behind it where one was logged.
    """

    def announce(*regexes: str) -> None:
        _guards.expected.extend(regexes)

    return announce


@pytest.fixture
def no_live_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of an earlier test is hidden in this one, nor this one's in a later."""
    monkeypatch.setattr("caal_desktop.llm.redaction._live_secrets", set())
