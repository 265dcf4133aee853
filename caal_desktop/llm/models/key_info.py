"""Facts about a key: OpenRouter's answer to ``GET /key``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_bool, as_dict, as_float, as_int, as_moment, as_text

if TYPE_CHECKING:
    from datetime import datetime


class Funds(StrEnum):
    """What a key can pay for, as far as its facts tell; they do not tell the account's balance."""

    UNKNOWN = "unknown"
    NONE_BOUGHT = "none_bought"
    """Its account never bought credit: only free models answer."""
    SPENT = "spent"
    """Nothing is left of what this key may spend."""
    BOUGHT = "bought"


@dataclass(frozen=True, slots=True)
class FreeRequests:
    """Today's requests to free models, of the whole account. The count starts anew at midnight UTC.

    Attributes:
        limit: how many there are in a day.
        used, remaining: how many of them have been made, and how many are left; None where not told.
    """

    limit: int
    used: int | None = None
    remaining: int | None = None

    @property
    def left(self) -> int | None:
        """How many are left; None where that is not known."""
        if self.remaining is None and self.used is None:
            return None
        return max(0, self.limit - (self.used or 0) if self.remaining is None else self.remaining)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """The facts that ``GET /key`` tells about a key. It does not tell the account's balance.

    Attributes:
        label: the key's name on the keys page; may be a masked form of the key. None where not told.
        limit: US dollars that the key may spend; None means unlimited.
        limit_remaining: US dollars left of the limit; None means unlimited, or not told.
        limit_reset: ``daily``, ``weekly``, ``monthly``, or None for never.
        usage, usage_daily, usage_weekly, usage_monthly: US dollars spent; None where not told.
        byok_usage: US dollars' worth of what the account's own keys at hosting providers ("bring your own key") have
            answered; None where there was none, or
            it is not told.
        is_byok_limited: whether that counts against the limit; None where not told.
        is_free_tier: whether the account has never bought credits; None where not told.
        is_management_key: whether this is a management (provisioning) key, which cannot chat.
        expires_at: when the key ends (timezone-aware); None means never.
        free_requests: today's requests to free models; None where not told.
    """

    label: str | None = None
    limit: float | None = None
    limit_remaining: float | None = None
    limit_reset: str | None = None
    usage: float | None = None
    usage_daily: float | None = None
    usage_weekly: float | None = None
    usage_monthly: float | None = None
    byok_usage: float | None = None
    is_byok_limited: bool | None = None
    is_free_tier: bool | None = None
    is_management_key: bool = False
    expires_at: datetime | None = None
    free_requests: FreeRequests | None = None

    @property
    def name(self) -> str:
        """The name that the user gave the key; "" where the label is a masked form of the key."""
        return "" if self.label is None or self.label.startswith("sk-") else self.label

    @property
    def funds(self) -> Funds:
        """What it can pay for."""
        # Own keys at hosting providers answer without credit. Those that were never used are not told.
        answers_by_own_keys = bool(self.byok_usage)
        if self.is_free_tier:
            return Funds.UNKNOWN if answers_by_own_keys else Funds.NONE_BOUGHT
        if self.limit is not None and self.limit_remaining is not None and self.limit_remaining <= 0:
            return Funds.UNKNOWN if answers_by_own_keys and not self.is_byok_limited else Funds.SPENT
        return Funds.UNKNOWN if self.is_free_tier is None else Funds.BOUGHT


_BYOK_USAGES = ("byok_usage", "byok_usage_daily", "byok_usage_weekly", "byok_usage_monthly")


def parse_key_info(payload: object) -> KeyInfo:
    """Read an answer to ``GET /key``; any field may be missing, null or of the wrong type. Never raises."""
    body = as_dict(payload)
    data = body["data"] if isinstance(body.get("data"), dict) else body
    return KeyInfo(
        label=as_text(data.get("label")),
        limit=as_float(data.get("limit")),
        limit_remaining=as_float(data.get("limit_remaining")),
        limit_reset=as_text(data.get("limit_reset")),
        usage=as_float(data.get("usage")),
        usage_daily=as_float(data.get("usage_daily")),
        usage_weekly=as_float(data.get("usage_weekly")),
        usage_monthly=as_float(data.get("usage_monthly")),
        byok_usage=max(filter(None, (as_float(data.get(name)) for name in _BYOK_USAGES)), default=None),
        is_byok_limited=as_bool(data.get("include_byok_in_limit")),
        is_free_tier=as_bool(data.get("is_free_tier")),
        # The name changed from "provisioning" to "management"; either one says it.
        is_management_key=data.get("is_management_key") is True or data.get("is_provisioning_key") is True,
        expires_at=as_moment(data.get("expires_at")),
        free_requests=_free_requests(data.get("free_model_daily_requests")),
    )


def _free_requests(value: object) -> FreeRequests | None:
    fields = as_dict(value)
    limit = as_int(fields.get("limit"))
    if limit is None or limit < 0:
        return None
    return FreeRequests(limit, as_int(fields.get("used")), as_int(fields.get("remaining")))
