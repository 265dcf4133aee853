"""One word for what a user sees of a key, read from its state; for tests that wait for it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_state import KeyState


class Stage(Enum):
    """What is seen."""

    WAITING = auto()
    READING = auto()
    CHECKING = auto()
    STORING = auto()
    REMOVING = auto()
    ASKING = auto()
    """Whether the key may be sent to another address."""
    VERIFIED = auto()
    UNVERIFIED = auto()
    REFUSED = auto()
    UNREACHABLE = auto()
    UNSTORED = auto()
    UNREADABLE = auto()


def stage_of(state: KeyState) -> Stage:
    """Return what a user sees of a key in this state."""
    busy = {
        KeyActivity.CHECKING: Stage.CHECKING,
        KeyActivity.STORING: Stage.STORING,
        KeyActivity.REMOVING: Stage.REMOVING,
    }
    marks = (
        (state.is_awaited, Stage.READING),
        (state.activity in busy, busy.get(state.activity)),
        (state.wants_consent, Stage.ASKING),
        (state.status is KeyStatus.REJECTED, Stage.REFUSED),
        (state.is_unreadable, Stage.UNREADABLE),
        (state.has_storing_failed, Stage.UNSTORED),
        (state.is_unreachable, Stage.UNREACHABLE),
        (state.status is KeyStatus.VERIFIED, Stage.VERIFIED),
        (state.status is KeyStatus.UNVERIFIED, Stage.UNVERIFIED),
    )
    return next((stage for holds, stage in marks if holds and stage is not None), Stage.WAITING)
