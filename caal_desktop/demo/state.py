"""The running server's state, and one request with what its handler needs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caal_desktop.demo.accounts.keys import KeyTable
from caal_desktop.demo.accounts.sign_in import SignIn
from caal_desktop.demo.faults.registry import ActiveFaults
from caal_desktop.demo.generations import GenerationStore
from caal_desktop.demo.request_log import RequestLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.demo.accounts.keys import DemoKey
    from caal_desktop.demo.catalogue.listing import DemoCatalogue
    from caal_desktop.demo.faults.registry import ActiveFault
    from caal_desktop.demo.http.messages import Request

ORDINARY_SPEED = 60.0
"""Tokens per second at which models have their own speed; another ``--speed`` makes all of them quicker or slower."""


@dataclass(slots=True)
class DemoState:
    """The server's whole state.

    Attributes:
        catalogue, faults, keys, generations, sign_in, request_log: see their classes.
        speed: tokens per second of an ordinary model; 0 never waits.
        open_streams: chat streams under way.
        closed_by_client: answers that the client did not wait for.
        answered: chat completions so far, from which their ids are derived.
    """

    catalogue: DemoCatalogue
    faults: ActiveFaults = field(default_factory=ActiveFaults)
    speed: float = ORDINARY_SPEED
    keys: KeyTable = field(default_factory=KeyTable)
    generations: GenerationStore = field(default_factory=GenerationStore)
    sign_in: SignIn = field(default_factory=SignIn)
    request_log: RequestLog = field(default_factory=RequestLog)
    open_streams: int = 0
    closed_by_client: int = 0
    answered: int = 0

    def reset(self) -> None:
        """Restore the state in which the server started; requests under way go on."""
        self.faults.reset()
        self.keys.reset()
        self.generations.reset()
        self.sign_in.reset()
        self.request_log.clear()
        self.closed_by_client = 0

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Count one stream as open."""
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1


@dataclass(slots=True)
class DemoRequest:
    """One request on its way through the server.

    Attributes:
        request: as it came.
        state: the server's.
        fault: what goes wrong with it; None for nothing.
        values: of the ``{name}`` segments of its path.
    """

    request: Request
    state: DemoState
    fault: ActiveFault | None = None
    values: dict[str, str] = field(default_factory=dict)

    def has_fault(self, name: str) -> bool:
        """Return whether the fault of that name is what goes wrong."""
        return self.fault is not None and self.fault.name == name

    def authenticate(self) -> DemoKey:
        """Return the request's key.

        Raises:
            ApiError: 401 without one that is accepted.
        """
        return self.state.keys.authenticate(self.request.header("Authorization"))
