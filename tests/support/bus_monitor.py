"""Hears every message of a D-Bus, as any program of the same user may.

The accessibility bus is one of its own. A program sends its events there only while somebody has asked for them, which
the monitor of that bus does.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest
from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.desktop_session import DesktopSession

_DEADLINE_S = 20.0
_DAEMON = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus.Monitoring")
_LAUNCHER = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
_REGISTRY = DBusAddress("/org/a11y/atspi/registry", "org.a11y.atspi.Registry", interface="org.a11y.atspi.Registry")
_EVENTS = ("object:", "window:", "focus:")


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text that came or went, as the accessibility bus tells of it.

    Attributes:
        place: sender and path of the control.
        kind: ``insert`` or ``delete``.
        position: where.
        text: what.
    """

    place: tuple[str, str]
    kind: str
    position: int
    text: str


class BusMonitor:
    """Keeps every message that goes over a bus while the block runs.

    Args:
        address: of the bus.
        wants_events: whether to ask for all accessibility events.

    Attributes:
        messages: those so far, in their order.
    """

    def __init__(self, address: str, *, wants_events: bool = False) -> None:
        self._address, self._wants_events = address, wants_events
        self._cleanup = contextlib.ExitStack()
        self.messages: list[Message] = []
        self._texts: set[str] = set()
        self._read_up_to = 0

    @classmethod
    def of_session(cls, session: DesktopSession) -> BusMonitor:
        """Return a monitor of a session's own bus."""
        return cls(session.env["DBUS_SESSION_BUS_ADDRESS"])

    @classmethod
    def of_accessibility(cls, session: DesktopSession) -> BusMonitor:
        """Return a monitor of a session's accessibility bus."""
        with open_dbus_connection(bus=session.env["DBUS_SESSION_BUS_ADDRESS"]) as connection:
            (address,) = _call(connection, _LAUNCHER, "GetAddress")
        return cls(address, wants_events=True)

    def __enter__(self) -> Self:
        if self._wants_events:
            # No rule of a match: the events themselves do not come to this connection, which nobody reads.
            asker = self._cleanup.enter_context(open_dbus_connection(bus=self._address))
            for event in _EVENTS:
                _call(asker, _REGISTRY, "RegisterEvent", "s", event)
        monitor = self._cleanup.enter_context(open_dbus_connection(bus=self._address))
        _call(monitor, _DAEMON, "BecomeMonitor", "asu", [], 0)
        reader = threading.Thread(target=self._read, args=(monitor,), daemon=True)
        reader.start()
        self._cleanup.callback(reader.join)
        # Wakes the reader, which the connection's own end does not.
        self._cleanup.callback(monitor.sock.shutdown, 2)
        return self

    def __exit__(self, *_error: object) -> None:
        self._cleanup.close()

    def wait_for(self, is_there: Callable[[], object], what: str) -> None:
        """Wait until something has been heard; fail the test when it does not come."""
        deadline = time.monotonic() + _DEADLINE_S
        while not is_there():
            if time.monotonic() > deadline:
                pytest.fail(f"this was not heard: {what}")
            time.sleep(0.01)

    def text_changes(self) -> list[TextChange]:
        """Return which texts came and went in all controls."""
        found = []
        for message in list(self.messages):
            fields = message.header.fields
            if fields.get(HeaderFields.member) == "TextChanged":
                place = fields.get(HeaderFields.sender, ""), fields[HeaderFields.path]
                kind, position, _length, (_type, text) = message.body[:4]
                found.append(TextChange(place, kind, position, text))
        return found

    def texts(self) -> Iterator[str]:
        """Yield every text of all messages, each once; and what came, and went, in each control, put together."""
        new = self.messages[self._read_up_to :]
        self._read_up_to += len(new)
        for message in new:
            self._texts.update(_texts_in([message.body, *message.header.fields.values()]))
        yield from self._texts
        streams: dict[tuple[object, str], list[str]] = defaultdict(list)
        for change in self.text_changes():
            streams[change.place, change.kind].append(change.text)
        for stream in streams.values():
            yield "".join(stream)
            # Deleted from the end, one by one.
            yield "".join(reversed(stream))

    def _read(self, monitor: DBusConnection) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.messages.append(monitor.receive())


def _call(connection: DBusConnection, address: DBusAddress, method: str, *signature_and_body: Any) -> Any:
    signature, *body = signature_and_body or (None,)
    answer = connection.send_and_get_reply(
        new_method_call(address, method, signature, tuple(body)), timeout=_DEADLINE_S
    )
    assert answer.header.message_type is MessageType.method_return, answer.body
    return answer.body


def _texts_in(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, bytes):
            yield item.decode("latin-1")
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            # A run of bytes comes as a list of numbers.
            if item and all(isinstance(part, int) and 0 <= part < 256 for part in item):
                yield bytes(item).decode("latin-1")
            waiting += item
