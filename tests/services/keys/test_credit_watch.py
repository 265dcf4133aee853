"""Looking at a key again when the user comes back from where credit is bought."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caal_desktop.llm.models.key_info import Funds, KeyInfo
from caal_desktop.services.keys.credit_watch import PAUSE_S, CreditWatch
from caal_desktop.services.keys.key_state import KeyActivity, KeyState

NONE_BOUGHT, BOUGHT = KeyInfo(is_free_tier=True), KeyInfo(is_free_tier=False)


class Desk:
    """A watch with a clock and a key of its own."""

    def __init__(self) -> None:
        self.now, self.state = 0.0, KeyState("openrouter", is_loaded=True, info=NONE_BOUGHT)
        self.checked: list[str] = []
        self.watch = CreditWatch(self.checked.append, lambda _name: self.state, lambda: self.now)

    def come_back(self, after_s: float = 0.0) -> int:
        """Come back to the program; return how often the key was checked by then."""
        self.now += after_s
        self.watch.look()
        return len(self.checked)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_nothing_is_asked_of_a_user_who_was_not_there(desk: Desk) -> None:
    assert desk.come_back() == 0
    assert desk.come_back(1000) == 0


def test_it_is_looked_at_once_and_again_after_a_while(desk: Desk) -> None:
    desk.watch.expect("openrouter")
    assert desk.come_back(5) == 1
    assert desk.come_back() == 1
    assert desk.come_back(PAUSE_S - 0.1) == 1
    assert desk.come_back(0.1) == 2
    assert desk.checked == ["openrouter", "openrouter"]


def test_going_there_again_is_looked_at_at_once(desk: Desk) -> None:
    desk.watch.expect("openrouter")
    assert desk.come_back() == 1
    desk.watch.expect("openrouter")
    assert desk.come_back(1) == 2


def test_what_is_being_done_with_the_key_is_not_disturbed(desk: Desk) -> None:
    desk.watch.expect("openrouter")
    desk.state = replace(desk.state, activity=KeyActivity.CHECKING)
    assert desk.come_back() == 0
    desk.state = replace(desk.state, activity=KeyActivity.IDLE)
    assert desk.come_back(1) == 1


def test_a_key_that_can_pay_is_looked_at_no_more(desk: Desk) -> None:
    desk.watch.expect("openrouter")
    assert desk.come_back() == 1
    desk.state = replace(desk.state, info=BOUGHT)
    assert BOUGHT.funds is Funds.BOUGHT
    assert desk.come_back(PAUSE_S) == 2
    assert desk.come_back(PAUSE_S) == 2


def test_a_key_that_could_pay_before_is_looked_at_once(desk: Desk) -> None:
    """Its account's credit may have been used up, which the key does not tell."""
    desk.state = replace(desk.state, info=BOUGHT)
    desk.watch.expect("openrouter")
    assert desk.come_back() == 1
    assert desk.come_back(PAUSE_S) == 1
