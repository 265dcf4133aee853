"""From nothing to a streamed answer, in the real program, by keyboard."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.recommend import recommend
from caal_desktop.demo.launcher import DemoProcess
from caal_desktop.llm.models.listing import parse_model_list
from tests.e2e import walking
from tests.support.catalogues import RealList, on_real_lists
from tests.support.demo import DemoControl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Start
    from tests.support.desktop_session import DesktopSession


def test_from_nothing_to_an_answer_and_straight_to_the_chat_the_next_time(
    start: Start, session: DesktopSession, demo: DemoControl
) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        (trial,) = demo.requests("/chat/completions")
        assert trial["status"] == 200
        program.wait_for_setting("providers.openrouter.model", trial["body"]["model"])
        assert trial["body"]["max_tokens"] > 0

        program.type(walking.QUESTION)
        program.press("Return")
        program.wait_until(lambda: len(demo.requests("/chat/completions")) == 2, "the question has been asked")
        demo.wait_for_open_streams(0)
        question = demo.requests("/chat/completions")[1]
        assert question["body"]["messages"][-1] == {"role": "user", "content": walking.QUESTION}
        assert not question["closed_by_client"]

        (item,) = session.secret_items()
        assert (item.service, item.user, item.secret) == ("caal-desktop", "openrouter", demo.key)
        program.assert_hides(demo.key)
        program.press("ctrl+q")
        program.assert_ended_well()

    demo.clear_requests()
    with start() as program:
        walking.in_chat(program)
        assert program.find("wizard") is None
        program.press("ctrl+q")
        program.assert_ended_well()
    assert demo.requests("/key") == []
    program.assert_hides(demo.key)


@pytest.fixture
def real_demo(real: RealList) -> Iterator[DemoControl]:
    """A demo server with a real list of models."""
    with DemoProcess(["--speed", "0", "--models", str(real.path)]) as process:
        yield DemoControl(process.base_url, process.key)


@on_real_lists
def test_a_real_list_fills_the_model_step_and_a_sensible_model_answers(
    start: Start, real: RealList, real_demo: DemoControl
) -> None:
    models = parse_model_list(real_demo.call("GET", "/models").json()).models
    assert {model.id for model in models} == {row["id"] for row in real.rows()}
    best = recommend(models, datetime.now(UTC).date())
    assert best is not None
    assert best.id != models[0].id

    with start(url=real_demo.base_url) as program:
        walking.to_key(program)
        walking.to_model(program, real_demo.key)
        program.wait_for_text(best.name)
        program.wait_for_setting("providers.openrouter.model", best.id)
        walking.to_trial(program)
        walking.to_done(program)
        (trial,) = real_demo.requests("/chat/completions")
        assert (trial["status"], trial["body"]["model"], trial["body"]["stream"]) == (200, best.id, True)
        walking.to_chat(program)
        program.close_window()
        program.assert_ended_well()


def test_a_wrong_key_is_refused_and_the_next_one_taken(start: Start, demo: DemoControl) -> None:
    wrong = "sk-or-v1-" + secrets.token_hex(32)
    with start() as program:
        walking.to_key(program)
        walking.give_key(program, wrong)
        program.wait_for("wizard.key.message.title")
        program.wait_for("wizard.key.message.get", "enabled")
        assert "enabled" not in program.wait_for("wizard.next").states
        program.press("ctrl+a")
        walking.to_model(program, demo.key)
        program.assert_hides(wrong)
        program.close_window()
        program.assert_ended_well()
    assert [entry["status"] for entry in demo.requests("/key")] == [401, 200]


def test_a_key_that_cannot_be_checked_is_saved_and_checked_at_the_next_start(
    start: Start, session: DesktopSession, demo: DemoControl
) -> None:
    demo.fault("html_200", path="/key")
    with start() as program:
        walking.to_key(program)
        walking.give_key(program, demo.key)
        program.choose("wizard.key.message.keep")
        program.wait_for("wizard.model")
        program.wait_for_setting("providers.openrouter.key_status", "unverified")
        program.close_window()
        program.assert_ended_well()
    assert [item.secret for item in session.secret_items()] == [demo.key]

    demo.clear_faults()
    demo.clear_requests()
    with start() as program:
        program.wait_for("wizard.model")
        program.wait_for_setting("providers.openrouter.key_status", "verified")
        walking.to_trial(program)
        program.close_window()
        program.assert_ended_well()
    assert [entry["status"] for entry in demo.requests("/key")] == [200]
    program.assert_hides(demo.key)


def test_a_key_given_offline_goes_to_another_address_only_when_the_user_says_so(
    start: Start, session: DesktopSession, demo: DemoControl, closed_port: int
) -> None:
    with start(url=f"http://127.0.0.1:{closed_port}/api/v1") as program:
        walking.to_key(program)
        walking.give_key(program, demo.key)
        program.choose("wizard.key.message.keep")
        program.wait_for("wizard.model")
        program.wait_for_setting("providers.openrouter.key_status", "unverified")
        program.close_window()
        program.assert_ended_well()
    assert [item.secret for item in session.secret_items()] == [demo.key]

    with start() as program:
        program.wait_for("wizard.key.message.title", name=f"http://127.0.0.1:{closed_port}")
        assert demo.requests("/key") == []
        assert all(entry["key"] is None for entry in demo.requests())
        program.choose("wizard.key.message.send")
        program.wait_for("wizard.key.message.title", name="This key works")
        program.wait_for_setting("providers.openrouter.key_status", "verified")
        program.close_window()
        program.assert_ended_well()
    assert [entry["status"] for entry in demo.requests("/key")] == [200]
    program.assert_hides(demo.key)


def test_the_demo_needs_neither_account_nor_server(start: Start, session: DesktopSession) -> None:
    with start(url=None, arguments=["--demo"]) as program:
        program.wait_for("demoStrip")
        walking.to_key(program)
        program.choose("wizard.key.demo")
        program.wait_for("wizard.next", "focused", "enabled")
        program.press("Return")
        walking.to_trial(program)
        walking.to_done(program)
        walking.to_chat(program)
        assert len(program.relatives()) == 2  # itself and the server
        program.close_window()
        program.assert_ended_well()
    (item,) = session.secret_items()
    # The demo's key must never take the place of a real one.
    assert item.service == "caal-desktop-demo"
    program.assert_hides(item.secret)
