"""A program that is killed, at many moments of the first walk and of a chat.

What is on the disk is whole, and the next start goes on from there. The moments come from a seed: a step, and how long
after its decisive key the program is killed. What the program has reached by then is up to the machine; what is asked
for holds wherever it was.
"""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.history.draft_file import load_draft
from caal_desktop.storage.paths import AppPaths
from tests.e2e import walking
from tests.e2e.remains import look
from tests.support.profiles import finish_setup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

pytestmark = pytest.mark.long

SEED = 20261126


def kill(program: Program, after_s: float) -> None:
    """Kill a program after some seconds."""
    time.sleep(after_s)
    assert program.process.poll() is None, "it has ended by itself"
    program.process.send_signal(signal.SIGKILL)
    program.process.wait(10)


# --- the first walk


def press_return(program: Program, _key: str) -> None:
    program.press("Return")


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the first walk.

    Attributes:
        step: the wizard's step at its beginning, by the name that the settings have for it.
        go: walks it to its end.
        ready: waits until its decisive key can be pressed.
        press: presses it.
    """

    step: str
    go: Callable[[Program, str], None]
    ready: Callable[[Program, str], object]
    press: Callable[[Program, str], None] = press_return


def _key_works(program: Program, key: str) -> None:
    walking.give_key(program, key)
    program.wait_for("wizard.key.message.title", name="This key works")
    program.wait_for("wizard.next", "focused", "enabled")


def _key_kept(program: Program, _key: str) -> None:
    program.wait_for("wizard.next", "focused", "enabled")
    program.press("Return")
    program.wait_for("wizard.model")


def _answer_came(program: Program, _key: str) -> None:
    program.wait_for("wizard.try.ask", "focused")
    program.press("Return")
    program.wait_for("wizard.next", "focused", "enabled")


def _past_trial(program: Program, _key: str) -> None:
    program.press("Return")
    program.wait_for("wizard.done")


LEGS = (
    Leg(
        "welcome",
        lambda program, _key: walking.to_key(program),
        lambda program, _key: program.wait_for("wizard.provider.openrouter", "focused", "checked"),
    ),
    Leg(
        "key",
        _key_works,
        lambda program, _key: program.wait_for("wizard.key.field.edit", "focused"),
        lambda program, key: program.type(key),
    ),
    Leg("key", _key_kept, lambda program, _key: program.wait_for("wizard.next", "focused", "enabled")),
    Leg(
        "model",
        lambda program, _key: walking.to_trial(program),
        lambda program, _key: program.wait_for("wizard.next", "enabled"),
    ),
    Leg("try", _answer_came, lambda program, _key: program.wait_for("wizard.try.ask", "focused")),
    Leg("try", _past_trial, lambda program, _key: program.wait_for("wizard.next", "focused", "enabled")),
    Leg(
        "done",
        lambda program, _key: walking.to_chat(program),
        lambda program, _key: program.wait_for("wizard.next", "enabled", name="Open the chat"),
    ),
)
STORING = 2
"""The leg in which the key goes into the keyring."""


def walk_points() -> list[tuple[int, float]]:
    """Which leg, and how many seconds after its key; the key's way into the keyring is met more often."""
    chance = random.Random(SEED)  # noqa: S311 - the same moments every time
    legs = [*range(len(LEGS)), *[STORING] * 5]
    return [(leg, round(chance.uniform(0, 0.6) if leg != STORING else chance.uniform(0, 0.4), 3)) for leg in legs]


@pytest.mark.parametrize(("leg", "after_s"), walk_points())
def test_the_first_walk_goes_on_where_it_was_killed(
    start: Start,
    session: DesktopSession,
    demo: DemoControl,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    leg: int,
    after_s: float,
) -> None:
    with start() as program:
        for earlier in LEGS[:leg]:
            earlier.go(program, demo.key)
        LEGS[leg].ready(program, demo.key)
        step = LEGS[leg].step
        # Written a moment after it was reached.
        program.wait_until(lambda: program.settings().get("setup_step", "welcome") == step, f"{step} in the settings")
        LEGS[leg].press(program, demo.key)
        kill(program, after_s)
    remains = look(tmp_path / "profile", session, demo.key)
    assert remains.step in (step, LEGS[leg + 1].step if leg + 1 < len(LEGS) else "chat")
    record_property("killed_between_keyring_and_settings", bool(remains.secrets) and not remains.promises_key)

    with start() as program:
        program.wait_for("main" if remains.step == "chat" else f"wizard.{remains.step}")
        steps = [leg.step for leg in LEGS] + ["chat"]
        # A key that has reached the keyring is not asked for again.
        first = STORING if remains.step == "key" and remains.secrets else steps.index(remains.step)
        for later in LEGS[first:]:
            later.go(program, demo.key)
        walking.in_chat(program)
        program.press("ctrl+q")
        program.assert_ended_well()
    remains = look(tmp_path / "profile", session, demo.key)
    assert (remains.step, remains.secrets, remains.promises_key) == ("chat", [demo.key], True)
    program.assert_hides(demo.key)


# --- a chat


CHATS: tuple[tuple[str, object], ...] = (
    ("slow_trickle", 40),
    ("fast_flood", 20_000),
    ("huge_answer", 50_000),
    ("stall_after", 8),
)
"""How the answer comes that is cut off: the demo's fault, and its argument."""


def chat_points() -> list[tuple[str, object, bool, float]]:
    """How the answer comes, whether another one came before it, and how many seconds after the question."""
    chance = random.Random(SEED)  # noqa: S311 - the same moments every time
    return [(*how, second, round(chance.uniform(0, 1), 3)) for second in (False, True) for how in CHATS]


@pytest.mark.parametrize(("fault", "arg", "second", "after_s"), chat_points())
def test_a_chat_keeps_what_came_before_it_was_killed(
    start: Start,
    session: DesktopSession,
    demo: DemoControl,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    fault: str,
    arg: object,
    second: bool,
    after_s: float,
) -> None:
    home = tmp_path / "profile"
    finish_setup(home, session, demo)

    def answers() -> list[str]:
        return [text for role, text in look(home, session, demo.key).texts if role == "assistant"]

    with start() as program:
        walking.in_chat(program)
        if second:
            walking.ask(program)
            program.wait_until(lambda: len(demo.requests("/chat/completions")) == 1, "the first question is asked")
            demo.wait_for_open_streams(0)
        demo.fault(fault, arg, path="/chat/completions")
        walking.ask(program)
        kill(program, after_s)
    demo.wait_for_open_streams(0)
    demo.clear_faults()
    remains = look(home, session, demo.key)
    record_property("characters_of_the_answer_kept", len(remains.unfinished or ""))

    with start() as program:
        walking.in_chat(program)
        if remains.unfinished:
            first_words = remains.unfinished.split("\n")[0][:20].strip()
            program.wait_until(
                lambda: any("chat.message." in c.id and first_words in c.name for c in program.controls()),
                "what had come is shown",
            )
        before = len(demo.requests("/chat/completions"))
        walking.ask(program)
        program.wait_until(lambda: len(demo.requests("/chat/completions")) > before, "the next question is asked")
        demo.wait_for_open_streams(0)
        program.press("ctrl+q")
        program.assert_ended_well()
    after = look(home, session, demo.key)
    assert after.texts[: len(remains.texts)] == remains.texts, "nothing of it is lost"
    assert after.unfinished is None
    assert (after.texts[-2], bool(after.texts[-1][1])) == (("user", walking.QUESTION), True), "the next one answers"


# --- a message that is being written


KEPT_AFTER_S = 0.5
"""Seconds after which what is seen in the composer has to be on the disk, however fast the user types on."""


DRAFT_POINTS = 5
"""Kills of one test while a message is being written; each start finds what the kill before has left."""


def draft_of(home: Path) -> str:
    """Return the draft on the disk; "" where there is none."""
    return load_draft(AppPaths.below(home).draft_file).text


def type_for(program: Program, seconds: float) -> list[tuple[float, str]]:
    """Type numbers until some seconds after the first was seen; return when each text was seen, and that text."""
    seen: list[tuple[float, str]] = []
    number = 0
    while not seen or seen[-1][0] < seen[0][0] + seconds:
        number += 1
        program.type(f"{number} ")
        shown = [control.text for control in program.controls() if control.has_name("chat.composer.edit")]
        if any(shown):
            seen.append((time.monotonic(), max(shown, key=len)))
    return seen


@pytest.mark.parametrize("series", range(4))
def test_what_was_typed_before_a_kill_is_there(
    start: Start,
    session: DesktopSession,
    demo: DemoControl,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    series: int,
) -> None:
    home = tmp_path / "profile"
    finish_setup(home, session, demo)
    chance = random.Random(SEED + series)  # noqa: S311 - the same moments every time
    lost, kept, texts = [], "", 0
    for _point in range(DRAFT_POINTS):
        with start() as program:
            walking.in_chat(program)
            # What the kill before has left is shown, and what is typed now takes its place.
            program.wait_for("chat.composer.edit", "focused", text=kept.strip()[-20:])
            program.press("ctrl+a", "BackSpace")
            seen = type_for(program, chance.uniform(KEPT_AFTER_S, 2.0))
            killed = time.monotonic()
            kill(program, 0)
        kept = draft_of(home)
        old_enough = [text for when, text in seen if when <= killed - KEPT_AFTER_S]
        assert kept.startswith(old_enough[-1]), "it is on the disk"
        texts += 1
        lost.append(len(seen[-1][1]) - len(kept))
    record_property("drafts_kept", texts)
    record_property("characters_lost_at_the_end", max(lost))
