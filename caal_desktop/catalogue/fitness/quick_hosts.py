"""What it changes, and costs, to ask a model's quickest hosts first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.silence import quickest_of, silence_by_hosts
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.llm.models.routing import quick_route

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelInfo

# OpenRouter's names of formats in which weights have so few bits that answers suffer.
_COARSE = frozenset({"int4", "fp4", "nvfp4", "mxfp4", "fp6"})


@dataclass(frozen=True, slots=True)
class QuickHosts:
    """A model with its quickest host first, beside the same as usual.

    Attributes:
        host: the quickest host, which is asked first.
        seconds, usual_seconds: the predicted silence.
        usd: what an hour of talking costs there, in US dollars; None where that is not told. Priority tiers of the host
            cost more, and are not told.
        cheapest_usd: what it costs at the cheapest of all hosts, which is the one that is asked first where no order is
            asked for and all are well.
        is_coarser: the host rounds the model's weights to few bits, as not all of the others do.
    """

    host: EndpointInfo
    seconds: float
    usual_seconds: float
    usd: float | None
    cheapest_usd: float | None
    is_coarser: bool


def quick_hosts(model: ModelInfo, figures: Figures) -> QuickHosts | None:
    """Return what it changes to ask a model's quickest host first, whether that is done or not.

    Returns:
        None where that cannot be asked for, or no host tells figures.
    """
    hosts = figures.speaking_hosts(model.id)
    quickest = quickest_of(hosts) if quick_route(model.id) else None
    quick, usual = silence_by_hosts(model, (quickest,) if quickest else ()), silence_by_hosts(model, hosts)
    if quickest is None or quick is None or usual is None:
        return None
    told = (cost for host in hosts if (cost := hourly_cost(model, host).usd) is not None)
    cheapest_usd = min(told, default=None)
    usd = hourly_cost(model, quickest).usd
    return QuickHosts(quickest, quick.seconds, usual.seconds, usd, cheapest_usd, _is_coarser(quickest, hosts))


def _is_coarser(host: EndpointInfo, hosts: tuple[EndpointInfo, ...]) -> bool:
    finer = (other.quantization for other in hosts if other.quantization)
    return host.quantization in _COARSE and not _COARSE.issuperset(finer)
