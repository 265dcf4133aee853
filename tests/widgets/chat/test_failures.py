"""Every way in which the demo server can fail an answer, through the window.

The text is kept, the message is right, something can be done, and the next answer comes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from caal_desktop.demo.errors import SUGGESTED
from caal_desktop.demo.faults.registry import FAULTS, EndpointGroup
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.common.translation import words_of
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from caal_desktop.widgets.chat.failure_panel import FailurePanel
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.widgets.chat.conftest import ChatWindow

FAILS = {
    # fault: the error's class, whether text had come, the action that helps most
    "bad_parameter": ("BadRequest", False, "defaults"),
    "wrong_key": ("AuthenticationFailed", False, "key"),
    "disabled_key": ("AuthenticationFailed", False, "key"),
    "no_credit": ("InsufficientCredit", False, "lower"),
    "moderation": ("ModerationRefused", False, "shorten"),
    "guardrail": ("PermissionRefused", False, "model"),
    "model_404": ("NotHosted", False, "model"),
    "retired_404": ("ModelEnded", False, "model"),
    "free_ended_404": ("FreeVariantEnded", False, "model"),
    "removed_404": ("ModelEnded", False, "model"),
    "price_limit_404": ("RequirementUnmet", False, "model"),
    "region_403": ("RegionRefused", False, "model"),
    "wrong_endpoint_400": ("NotAChatModel", False, "model"),
    "data_policy_404": ("NoProviderAllowed", False, "model"),
    "proxy_407": ("ProxyAuthenticationRequired", False, "retry"),
    "request_timeout_408": ("RequestTimedOut", False, "retry"),
    "too_large_413": ("RequestTooLarge", False, "shorten"),
    "unprocessable_422": ("UnprocessableRequest", False, "shorten"),
    "rate_limit": ("RateLimited", False, "retry"),
    "daily_cap": ("DailyLimitReached", False, "retry"),
    "no_capacity_429": ("CapacityExhausted", False, "retry"),
    "upstream_rate_limit": ("CapacityExhausted", False, "retry"),
    "server_error_500": ("ServerFailed", False, "retry"),
    "bad_gateway_502": ("ProviderUnavailable", False, "retry"),
    "html_502": ("ProviderUnavailable", False, "retry"),
    "no_provider_503": ("ProviderUnavailable", False, "retry"),
    "timeout_524": ("RequestTimedOut", False, "retry"),
    "overloaded_529": ("ProviderUnavailable", False, "retry"),
    "string_code": ("RateLimited", False, "retry"),
    "error_in_200": ("", False, "retry"),
    "html_200": ("CaptivePortalSuspected", False, "retry"),
    "broken_json": ("InvalidResponse", False, "retry"),
    "empty_body": ("InvalidResponse", False, "retry"),
    "redirect": ("", False, "retry"),
    "cut_before": ("ConnectionDropped", False, "retry"),
    "cut_after": ("StreamInterrupted", True, "continue"),
    "end_without_done": ("StreamInterrupted", True, "continue"),
    "error_event": ("", True, "continue"),
    "availability_event": ("CapacityExhausted", True, "continue"),
    "broken_chunk": ("", True, "continue"),
    "empty_answer": ("EmptyAnswer", False, "retry"),
}
SILENT = ("stall_before", "only_comments", "stall_after", "slow_first_token", "slow_trickle")
"""Nothing comes, or nearly nothing: the user stops it."""
SUCCEEDS = (
    "broken_utf8",
    "no_usage",
    "anonymous_chunks",
    "fast_flood",
    "huge_answer",
    "truncated",
    "filtered",
    "tool_call_only",
    "bad_tool_arguments",
    "two_tool_calls",
    "ignores_tools",
)


def test_no_fault_of_a_chat_is_forgotten() -> None:
    known = {name for name, fault in FAULTS.items() if EndpointGroup.CHAT in fault.places}
    assert known == {*FAILS, *SILENT, *SUCCEEDS}


@pytest.mark.parametrize("fault", FAILS)
def test_a_failure_is_told_in_place_and_can_be_mended(chat_window: ChatWindow, demo: DemoControl, fault: str) -> None:
    error_class, has_text, helps = FAILS[fault]
    demo.fault(fault, times=1, path="/chat/completions")
    answer = chat_window.ask("Hello there")
    assert answer.status is AnswerStatus.FAILED
    if error_class:
        assert type(answer.error).__name__ == error_class
    assert bool(answer.text) is has_text
    item = chat_window.view.items[1]
    assert item.body is not None
    assert item.body.document.toPlainText().split() == answer.text.split(), "what came is on the screen"
    assert answer.error is not None
    assert item.panel is not None
    assert item.panel.isVisible()
    assert item.panel.title == words_of(answer.error).what
    assert item.panel.button(helps) is not None, [b.objectName() for b in item.panel.findChildren(type(item.panel))]
    assert chat_window.chat.messages[0].text == "Hello there"
    request = chat_window.window.control.request()
    assert request is not None
    if has_text:
        chat_window.click(f"chat.message.1.failure.{helps}")
        again = chat_window.ended()
        assert again is answer
        assert again.text.startswith(answer.text[:5])
    else:
        chat_window.chat.regenerate(1, request)
        again = chat_window.ended()
    assert again.status is AnswerStatus.COMPLETE
    assert chat_window.view.items[1].panel is None


@pytest.mark.parametrize("fault", SILENT)
def test_a_silent_answer_is_stopped_with_escape(chat_window: ChatWindow, demo: DemoControl, fault: str) -> None:
    demo.fault(fault, times=1)
    chat_window.begin("Hello there")
    chat_window.until(lambda: demo.requests("/chat/completions"), "the request")
    has_text = fault == "stall_after"
    if has_text:
        chat_window.until(lambda: chat_window.chat.messages[-1].text, "the first words")
    elif fault == "only_comments":
        chat_window.until(lambda: "working on it" in chat_window.window.page._status.text(), "a sign of life")
    chat_window.press(Qt.Key.Key_Escape)
    answer = chat_window.ended()
    assert answer.status is AnswerStatus.STOPPED
    assert not has_text or answer.text
    assert chat_window.ask("Once more").status is AnswerStatus.COMPLETE


@pytest.mark.parametrize("fault", SUCCEEDS)
def test_an_odd_answer_is_shown(chat_window: ChatWindow, demo: DemoControl, fault: str) -> None:
    arg = {"fast_flood": 2000, "huge_answer": 20_000, "truncated": 6, "filtered": 6}.get(fault)
    demo.fault(fault, arg, times=1)
    answer = chat_window.ask("Hello there")
    assert answer.status is AnswerStatus.COMPLETE
    item = chat_window.view.items[1]
    assert item.panel is None
    assert item.footer is not None
    facts = item.footer.facts.text()
    if fault == "truncated":
        assert "longest answer" in facts
        chat_window.click("chat.message.1.continue")
        assert chat_window.ended().text.startswith(answer.text[:4])
    elif fault == "filtered":
        assert "content filter" in facts
    elif "tool_call" in fault or fault == "bad_tool_arguments":
        assert len(item.documents) == 2
        assert answer.tool_calls[0].name in item.documents[1].document.toPlainText()
    elif fault == "huge_answer":
        assert item.height > 5000
    else:
        assert "first word after" in facts


def test_a_pause_is_counted_down(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("rate_limit", 2, times=1)
    chat_window.ask("Hello there")
    panel = chat_window.view.items[1].panel
    assert panel is not None
    button = panel.button("retry")
    assert button is not None
    assert not button.isEnabled()
    assert re.fullmatch(r"Try again in \d seconds?", button.text())
    chat_window.until(button.isEnabled, "the end of the pause")
    chat_window.click("chat.message.1.failure.retry")
    assert chat_window.ended().status is AnswerStatus.COMPLETE


def test_a_shorter_answer_is_asked_for_where_the_credit_is_small(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("no_credit", times=1)
    chat_window.ask("Hello there")
    chat_window.click("chat.message.1.failure.lower")
    assert chat_window.ended().status is AnswerStatus.COMPLETE
    first, second = (entry["body"]["max_tokens"] for entry in demo.requests("/chat/completions"))
    assert second < first


def test_parameters_that_a_model_refused_are_left_out(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("bad_parameter", times=1)
    chat_window.ask("Hello there")
    chat_window.click("chat.message.1.failure.defaults")
    assert chat_window.ended().status is AnswerStatus.COMPLETE
    assert "temperature" not in demo.requests("/chat/completions")[-1]["body"]


# --- the model that the server suggests instead


@pytest.fixture
def listed(chat_window: ChatWindow) -> ChatWindow:
    """The window, once the list of models is there."""
    load_list(chat_window.parts)
    return chat_window


def load_list(parts: Parts) -> None:
    parts.open_catalogue()
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list of models")


def panel_of(window: ChatWindow) -> FailurePanel:
    turn(3)
    panel = window.view.items[-1].panel
    assert panel is not None
    return panel


def asked(demo: DemoControl) -> list[str]:
    return [entry["body"]["model"] for entry in demo.requests("/chat/completions")]


@pytest.mark.parametrize("fault", ["retired_404", "region_403", "no_capacity_429"])
def test_a_click_asks_the_model_that_the_server_suggests(listed: ChatWindow, demo: DemoControl, fault: str) -> None:
    demo.fault(fault, times=1)
    before = listed.parts.settings.current.of().model
    listed.ask("Hello there")
    panel = panel_of(listed)
    button = panel.button("fallback")
    assert button is not None
    assert button.text() == "Use GPT-5.4 Mini"
    assert "Suggested instead: GPT-5.4 Mini. It costs about $0.0" in panel.body
    assert "($0.25 in, $2 out per million tokens)" in panel.body
    assert panel.accessibleDescription() == panel.body
    assert asked(demo) == [before], "nothing is switched by itself"
    assert listed.parts.settings.current.of().model == before
    listed.click("chat.message.1.failure.fallback")
    assert listed.ended().status is AnswerStatus.COMPLETE
    assert asked(demo) == [before, SUGGESTED]
    assert listed.parts.settings.current.of().model == SUGGESTED
    assert listed.chat.messages[0].text == "Hello there"


def test_without_a_list_no_model_is_suggested_until_it_comes(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("retired_404", times=1)
    chat_window.ask("Hello there")
    assert panel_of(chat_window).button("fallback") is None
    assert "GPT" not in panel_of(chat_window).body
    load_list(chat_window.parts)
    button = panel_of(chat_window).button("fallback")
    assert button is not None
    chat_window.window.page.transcript.show_fallbacks()
    assert panel_of(chat_window).button("fallback") is button, "it stays under the pointer"
    chat_window.click("chat.message.1.failure.fallback")
    assert chat_window.ended().status is AnswerStatus.COMPLETE


def test_what_came_before_the_failure_stays_as_another_version(listed: ChatWindow, demo: DemoControl) -> None:
    demo.fault("availability_event", times=1)
    broken = listed.ask("Hello there")
    assert broken.text
    listed.click("chat.message.1.failure.fallback")
    answer = listed.ended()
    assert answer.status is AnswerStatus.COMPLETE
    assert listed.chat.conversation.siblings(answer) == [broken, answer]
    assert asked(demo)[-1] == SUGGESTED


def test_a_free_variant_that_has_ended_goes_on_at_its_price(listed: ChatWindow, demo: DemoControl) -> None:
    listed.parts.settings.use_model(f"{SUGGESTED}:free")
    answer = listed.ask("Hello there")
    assert type(answer.error).__name__ == "FreeVariantEnded"
    assert panel_of(listed).title == f"“{SUGGESTED}:free” is no longer free."
    assert "per million tokens" in panel_of(listed).body
    listed.click("chat.message.1.failure.fallback")
    assert listed.ended().status is AnswerStatus.COMPLETE
    assert asked(demo)[-1] == SUGGESTED


def test_the_keyboard_reaches_what_is_suggested(listed: ChatWindow, demo: DemoControl) -> None:
    demo.fault("retired_404", times=1)
    listed.ask("Hello there")
    button = panel_of(listed).button("fallback")
    assert button is not None
    button.setFocus()
    listed.press(Qt.Key.Key_Space, button)
    assert listed.ended().status is AnswerStatus.COMPLETE


def test_in_a_comparison_only_its_own_column_changes(listed: ChatWindow, demo: DemoControl) -> None:
    made: list[ChatService] = []

    def make() -> ChatService:
        made.append(ChatService(listed.parts.pool))
        return made[-1]

    listed.window.control.enable_compare(make)
    listed.click("main.compare")
    (compare,) = listed.window.findChildren(CompareWindow)
    before = listed.parts.settings.current.of().model
    demo.fault("retired_404", times=1)
    compare.composer.submitted.emit("Hello")
    listed.until(lambda: made[0].messages and not made[0].is_busy, "the refusal")
    listed.until(lambda: listed.find("compare.0.message.1.failure.fallback"), "the suggestion")
    listed.click("compare.0.message.1.failure.fallback")
    listed.until(lambda: not made[0].is_busy and made[0].messages[-1].text, "the answer")
    assert compare.columns[0].model == SUGGESTED
    assert listed.parts.settings.current.of().model == before
    compare.close()
    turn(3)
    for chat in made:
        run_async(chat.close())


def test_the_servers_advice_is_told(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("no_capacity_429", times=1)
    chat_window.ask("Hello there")
    assert "OpenRouter adds: Retry later, or use a model with more hosts." in panel_of(chat_window).body
