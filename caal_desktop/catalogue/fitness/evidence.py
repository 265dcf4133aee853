"""What a judgement on a model can rest on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.models.routing import quick_route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelInfo

# Per cent of the requests. Below, one of ten goes wrong, and the router avoids the host.
HEALTHY_UPTIME = 90.0


class Evidence(StrEnum):
    """Where a predicted silence is from, the better one first."""

    MEASURED = "measured"
    """The last answers that this computer got, asked as a voice turn is."""
    HOSTS = "hosts"
    """The figures of the hosts that requests may reach: of everybody's requests in the last half hour."""
    KIND = "kind"
    """The model's kind: what its list tells of thinking, weights and price."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a model was silent in its last answers to this computer.

    Attributes:
        seconds: of a whole voice turn: the median, and of an even number the shorter one of the two in the middle.
        turns: how many answers it is of, at least 1.
        newest: the day of the newest.
    """

    seconds: float
    turns: int
    newest: date


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of models beside their list: their hosts, the user's choice among these, and what was measured.

    Attributes:
        hosts: by the models' ids, as their server listed them lately; empty where a model has none. A model that is
            missing was not asked about.
        allowed: names or tags of the hosts that alone may answer; empty for any.
        ignored: names or tags of the hosts that may not.
        quick: whether the host with the greatest throughput is wanted first.
        asked_at: by the models' ids, when the server listed the hosts (timezone-aware UTC).
        measured: by the models' ids, how long they were silent here, asked as they would be asked now.
    """

    hosts: Mapping[str, tuple[EndpointInfo, ...]] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    quick: bool = False
    asked_at: Mapping[str, datetime] = field(default_factory=dict)
    measured: Mapping[str, Measured] = field(default_factory=dict)

    def allowed_hosts(self, model_id: str) -> tuple[EndpointInfo, ...] | None:
        """Return the hosts that the user's choice leaves, well or not; None where they were not asked about."""
        hosts = self.hosts.get(model_id)
        return None if hosts is None else tuple(filter(self._is_allowed, hosts))

    def speaking_hosts(self, model_id: str) -> tuple[EndpointInfo, ...]:
        """Return the hosts that a voice turn may reach: allowed, in good health, and able to call tools."""
        return tuple(host for host in self.allowed_hosts(model_id) or () if is_healthy(host) and takes_tools(host))

    def asks_quickest(self, model_id: str) -> bool:
        """Return whether the quickest of a model's hosts is asked first: that is wanted, and its id leaves a choice."""
        return self.quick and quick_route(model_id) is not None

    def _is_allowed(self, host: EndpointInfo) -> bool:
        if not self.allowed and not self.ignored:
            return True
        names = {name.casefold() for name in (host.tag, host.tag.partition("/")[0], host.provider_name)}
        return not names & _folded(self.ignored) and (not self.allowed or bool(names & _folded(self.allowed)))


NO_FIGURES: Final = Figures()
"""No host was asked about."""


def is_healthy(host: EndpointInfo) -> bool:
    """Return whether requests reach the host, and most of them are answered, as far as is known."""
    return not host.is_degraded and (host.uptime is None or host.uptime >= HEALTHY_UPTIME)


def takes_tools(host: EndpointInfo) -> bool:
    """Return whether the model can call tools at this host; it can where the host does not tell."""
    return host.supported_parameters is None or "tools" in host.supported_parameters


def is_own_host(host: EndpointInfo, model: ModelInfo) -> bool:
    """Return whether the host is the model's maker: one of their names begins with the other."""
    maker = _letters(model.author)
    names = (_letters(host.tag.partition("/")[0]), _letters(host.provider_name))
    return bool(maker) and any(name.startswith(maker) or maker.startswith(name) for name in names if name)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
