"""What the running server knows, in one place, and one request with what its handler works on."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caal_desktop.demo.accounts.keys import KeyRing
from caal_desktop.demo.accounts.sign_in import SignIn
from caal_desktop.demo.faults.registry import FaultBook
from caal_desktop.demo.generations import GenerationStore
from caal_desktop.demo.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.demo.accounts.keys import DemoKey
    from caal_desktop.demo.catalogue.listing import DemoCatalogue
    from caal_desktop.demo.faults.registry import ActiveFault
    from caal_desktop.demo.http.messages import Request

ORDINARY_SPEED = 60.0
"""Tokens per second at which models show their own pace; another ``--speed`` makes all of them quicker or slower."""


@dataclass(slots=True)
class DemoState:
    """The server's whole state.

    Attributes:
        catalogue, faults, ring, generations, sign_in, recorder: see their classes.
        speed: tokens per second of an ordinary model; 0 never waits.
        open_streams: chat streams under way.
        closed_by_client: answers that the client did not wait for.
        answered: chat completions so far, from which their ids are derived.
    """

    catalogue: DemoCatalogue
    faults: FaultBook = field(default_factory=FaultBook)
    speed: float = ORDINARY_SPEED
    ring: KeyRing = field(default_factory=KeyRing)
    generations: GenerationStore = field(default_factory=GenerationStore)
    sign_in: SignIn = field(default_factory=SignIn)
    recorder: Recorder = field(default_factory=Recorder)
    open_streams: int = 0
    closed_by_client: int = 0
    answered: int = 0

    def reset(self) -> None:
        """Back to how the server started; requests under way go on."""
        self.faults.reset()
        self.ring.reset()
        self.generations.reset()
        self.sign_in.reset()
        self.recorder.clear()
        self.closed_by_client = 0

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Counts one stream as open."""
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
        fault: what goes wrong with it; None when all is well.
        values: of the ``{name}`` segments of its path.
    """

    request: Request
    state: DemoState
    fault: ActiveFault | None = None
    values: dict[str, str] = field(default_factory=dict)

    def plays(self, name: str) -> bool:
        """Whether the fault of that name is what goes wrong."""
        return self.fault is not None and self.fault.name == name

    def authenticate(self) -> DemoKey:
        """The key that came along; raises a 401 :class:`~caal_desktop.demo.errors.ApiError` without a good one."""
        return self.state.ring.authenticate(self.request.header("Authorization"))
