"""The keys that the demo server knows.

They have the shape of real ones (``sk-or-v1-`` and 64 hex digits) and are derived from their public names, so they
open nothing anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.pseudorandom import token_hex


class KeyAdmission(StrEnum):
    """Whether a key is accepted."""

    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DemoKey:
    """One key of the table below.

    Attributes:
        name: by which tests ask for it.
        about: what is special about it.
        limit: USD it may spend; None means unlimited.
        used: USD already spent when the server starts.
        limit_reset: ``daily``, ``weekly``, ``monthly`` or None.
        credit: USD left on the account behind it; a request that could cost more is refused with 402.
        is_free_tier: the account never bought credits.
        is_management: manages other keys and cannot chat.
        expires_in_days: days from today to its end; None means never.
        state: whether it is accepted.
    """

    name: str
    about: str
    limit: float | None = None
    used: float = 0.0
    limit_reset: str | None = None
    credit: float = 2.5
    is_free_tier: bool = False
    is_management: bool = False
    expires_in_days: int | None = None
    state: KeyAdmission = KeyAdmission.ACTIVE

    @property
    def secret(self) -> str:
        """The key itself."""
        return f"sk-or-v1-{token_hex(64, 'caal-desktop demo key', self.name)}"

    @property
    def masked(self) -> str:
        """The form in which OpenRouter's keys page and ``label`` show it."""
        return f"{self.secret[:12]}...{self.secret[-3:]}"


KEYS: dict[str, DemoKey] = {
    key.name: key
    for key in (
        DemoKey("default", "an ordinary key with a limit of 5 USD", limit=5.0, used=1.42),
        DemoKey("signed_in", "what signing in through the browser gives", limit=None, used=0.0),
        DemoKey("unlimited", "no limit, rich account", used=12.5, credit=1000.0),
        DemoKey("limited", "20 USD a month, a quarter spent", limit=20.0, used=5.0, limit_reset="monthly"),
        DemoKey("nearly_spent", "0.0004 USD left of 1 USD", limit=1.0, used=0.9996, limit_reset="daily"),
        DemoKey("spent", "nothing left of 10 USD", limit=10.0, used=10.0, limit_reset="weekly"),
        DemoKey("free_tier", "the account never bought credits; free models only", credit=0.0, is_free_tier=True),
        DemoKey("expiring", "ends in three days", limit=5.0, used=0.5, expires_in_days=3),
        DemoKey("expired", "ended yesterday: 401", expires_in_days=-1, state=KeyAdmission.EXPIRED),
        DemoKey("disabled", "switched off on the keys page: 401", state=KeyAdmission.DISABLED),
        DemoKey("management", "manages keys, cannot chat: 403", is_management=True, credit=88.75),
    )
}


def demo_key(name: str = "default") -> str:
    """Return the key called ``name``.

    Args:
        name: one of :data:`KEYS`.

    Raises:
        KeyError: there is none of that name.
    """
    return KEYS[name].secret


class KeyTable:
    """The keys with what was spent on them since the server started."""

    def __init__(self) -> None:
        self._by_secret = {key.secret: key for key in KEYS.values()}
        self._spent: dict[str, float] = {}

    def reset(self) -> None:
        """Forget what was spent."""
        self._spent.clear()

    def authenticate(self, authorization: str | None) -> DemoKey:
        """Return the key of an ``Authorization`` header.

        Raises:
            ApiError: 401 with OpenRouter's words.
        """
        scheme, _, secret = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise ApiError(401, "No auth credentials found" if authorization else "Missing Authentication header")
        key = self._by_secret.get(secret.strip())
        if key is None:
            raise ApiError(401, "User not found.")
        if key.state is KeyAdmission.DISABLED:
            raise ApiError(401, "This API key is disabled.")
        if key.state is KeyAdmission.EXPIRED:
            raise ApiError(401, "This API key has expired.")
        return key

    def charge(self, key: DemoKey, cost: float) -> None:
        """Book ``cost`` USD on the key."""
        self._spent[key.name] = self._spent.get(key.name, 0.0) + cost

    def used(self, key: DemoKey) -> float:
        """Return what was spent on the key in all, in USD."""
        return key.used + self._spent.get(key.name, 0.0)

    def remaining(self, key: DemoKey) -> float | None:
        """Return what is left of the key's own limit, in USD; None means unlimited."""
        return None if key.limit is None else max(0.0, key.limit - self.used(key))

    def affordable(self, key: DemoKey) -> float:
        """Return what a single request may cost, in USD: the smaller of the key's limit and the account's credit."""
        credit = max(0.0, key.credit - self._spent.get(key.name, 0.0))
        remaining = self.remaining(key)
        return credit if remaining is None else min(credit, remaining)

    def describe(self, key: DemoKey) -> dict[str, Any]:
        """Return the ``data`` of ``GET /key``."""
        used, spent = self.used(key), self._spent.get(key.name, 0.0)
        remaining = self.remaining(key)
        expires = None
        if key.expires_in_days is not None:
            end = datetime.now(UTC).replace(hour=23, minute=59, second=59, microsecond=0)
            expires = (end + timedelta(days=key.expires_in_days)).isoformat().replace("+00:00", "Z")
        free_requests = {"limit": 50, "used": 12, "remaining": 38}
        return {
            "label": key.masked,
            "limit": key.limit,
            "limit_remaining": None if remaining is None else round(remaining, 9),
            "limit_reset": key.limit_reset,
            "usage": round(used, 9),
            "usage_daily": round(spent + key.used * 0.05, 9),
            "usage_weekly": round(spent + key.used * 0.3, 9),
            "usage_monthly": round(used, 9),
            "byok_usage": 0,
            "byok_usage_daily": 0,
            "byok_usage_weekly": 0,
            "byok_usage_monthly": 0,
            "include_byok_in_limit": False,
            "is_free_tier": key.is_free_tier,
            "is_management_key": key.is_management,
            "is_provisioning_key": key.is_management,
            "creator_user_id": f"user_{token_hex(26, 'demo user')}",
            "expires_at": expires,
            "rate_limit": {
                "requests": -1,
                "interval": "10s",
                "note": "This field is deprecated and safe to ignore.",
            },
            # Sent for some keys and not for others, so that no client comes to rely on it.
            **({"free_model_daily_requests": free_requests} if key.is_free_tier else {}),
        }
