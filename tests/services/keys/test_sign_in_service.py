"""The whole sign-in against the demo server's consent page, over real HTTP; the browser is played by the test."""

from __future__ import annotations

import contextlib
import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from caal_desktop.llm.redaction import redact
from caal_desktop.services.keys.sign_in_service import SignInPhase, SignInProblem, SignInService
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.sign_in import Browser

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def visit(url: str) -> int:
    """Open a page in a thread, as a browser would."""
    request = urllib.request.Request(url, headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture
def service(make_sign_in: Callable[..., SignInService]) -> SignInService:
    return make_sign_in()


def until(service: SignInService, phase: SignInPhase) -> None:
    assert turn(until=lambda: service.view.phase is phase), f"stays {service.view}"


async def in_thread(call: Callable[[], object]) -> object:
    import asyncio

    return await asyncio.to_thread(call)


def begun(service: SignInService) -> None:
    service.begin("openrouter")
    until(service, SignInPhase.WAITING)


def test_allow_gives_a_key(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    keys: list[str] = []
    service.keyReceived.connect(keys.append)
    begun(service)
    assert browser.opened == [service.view.url]
    back = demo.decide_sign_in(browser.opened[0])
    assert run_async(in_thread(lambda: visit(back))) == 200
    until(service, SignInPhase.DONE)
    assert keys == [demo.key_for("signed_in")]
    # The verifier went to the exchange, and nowhere else.
    exchange = demo.requests("/auth/keys")
    assert len(exchange) == 1
    verifier = exchange[0]["body"]["code_verifier"]
    assert exchange[0]["body"]["code_challenge_method"] == "S256"
    assert all(verifier not in url for url in browser.opened)
    assert "authorization" not in {name.lower() for name in exchange[0]["headers"]}


def test_the_new_key_is_hidden_from_the_log_before_anybody_hears_of_it(
    service: SignInService, browser: Browser, demo: DemoControl, no_live_secrets: None
) -> None:
    # Behind a letter its shape does not tell what it is.
    assert redact(f"x{demo.key_for('signed_in')}") == f"x{demo.key_for('signed_in')}"
    logged: list[str] = []
    service.keyReceived.connect(lambda key: logged.append(redact(f"x{key}")))
    begun(service)
    back = demo.decide_sign_in(browser.opened[0])
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.DONE)
    assert logged == ["x[hidden]"]


def test_deny_changes_nothing_and_says_so(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    begun(service)
    back = demo.decide_sign_in(browser.opened[0], allow=False)
    assert run_async(in_thread(lambda: visit(back))) == 200
    until(service, SignInPhase.FAILED)
    assert service.view.problem is SignInProblem.DENIED
    assert demo.requests("/auth/keys") == []


def test_a_closed_tab_ends_with_the_deadline(make_sign_in: Callable[..., SignInService]) -> None:
    service = make_sign_in(deadline=0.1)
    service.begin("openrouter")
    until(service, SignInPhase.FAILED)
    assert service.view.problem is SignInProblem.EXPIRED


def test_a_late_callback_finds_no_server(
    make_sign_in: Callable[..., SignInService], browser: Browser, demo: DemoControl
) -> None:
    service = make_sign_in(deadline=0.1)
    service.begin("openrouter")
    until(service, SignInPhase.FAILED)
    back = demo.decide_sign_in(browser.opened[0])
    with pytest.raises(urllib.error.URLError):
        visit(back)
    assert demo.requests("/auth/keys") == []


def test_a_wrong_code_is_told_and_a_new_try_works(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    begun(service)
    assert run_async(in_thread(lambda: visit(f"{browser.callback}?code=auth_code_forged"))) == 200
    until(service, SignInPhase.FAILED)
    assert service.view.problem is SignInProblem.WRONG_CODE
    begun(service)
    assert len(set(browser.opened)) == 2
    back = demo.decide_sign_in(browser.opened[-1])
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.DONE)


def test_a_code_of_another_app_cannot_be_exchanged(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    begun(service)
    # The code of another user's attempt, which is injected here: the verifiers differ.
    stranger = f"{demo.root}/auth?callback_url={browser.callback}&code_challenge={'A' * 43}&code_challenge_method=S256"
    back = demo.decide_sign_in(stranger)
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.FAILED)
    assert service.view.problem is SignInProblem.WRONG_CODE


def test_without_a_browser_the_address_can_be_used_by_hand(
    service: SignInService, browser: Browser, demo: DemoControl
) -> None:
    browser.installed = False
    begun(service)
    assert service.view.problem is SignInProblem.NO_BROWSER
    back = demo.decide_sign_in(service.view.url)
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.DONE)


def test_on_another_device_a_page_shows_the_code(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    browser.installed = False
    begun(service)
    keys: list[str] = []
    service.keyReceived.connect(keys.append)
    assert "callback_url" not in service.view.code_url
    assert service.submit_code(demo.allow_and_read_code(service.view.code_url)) == ""
    until(service, SignInPhase.DONE)
    assert keys == [demo.key_for("signed_in")]


def test_the_page_that_shows_a_code_is_opened_when_asked_for(service: SignInService, browser: Browser) -> None:
    service.open_code_page()
    assert browser.opened == [], "nothing is waited for"
    begun(service)
    service.open_code_page()
    assert browser.opened == [service.view.url, service.view.code_url]
    assert service.view.problem is None
    browser.installed = False
    service.open_code_page()
    assert service.view.problem is SignInProblem.NO_BROWSER


def test_without_a_port_the_code_is_pasted_by_hand(
    make_sign_in: Callable[..., SignInService], browser: Browser, demo: DemoControl
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = make_sign_in(ports=(taken.getsockname()[1],))
        begun(service)
        assert service.view.problem is SignInProblem.PORT_BUSY
        code = demo.allow_and_read_code(browser.opened[0])
        assert service.submit_code("nonsense!") == "This is not a sign-in code."
        assert service.submit_code(code) == ""
        until(service, SignInPhase.DONE)


def test_the_code_can_be_pasted_while_the_browser_is_waited_for(
    service: SignInService, browser: Browser, demo: DemoControl
) -> None:
    begun(service)
    back = demo.decide_sign_in(browser.opened[0])
    assert service.submit_code(back) == ""
    until(service, SignInPhase.DONE)
    assert service.submit_code(back) != ""


def test_cancel_closes_the_port(service: SignInService, browser: Browser) -> None:
    begun(service)
    callback = browser.callback
    service.cancel()
    assert service.view.phase is SignInPhase.IDLE
    assert turn(until=lambda: not _answers(callback))
    assert service.submit_code("auth_code_1") != ""


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), 1):
        return True
    return False


def test_begun_again_the_first_try_is_over(service: SignInService, browser: Browser, demo: DemoControl) -> None:
    begun(service)
    first = browser.callback
    service.begin("openrouter")
    assert turn(until=lambda: len(browser.opened) == 2)
    assert turn(until=lambda: not _answers(first))
    back = demo.decide_sign_in(browser.opened[1])
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.DONE)


def test_a_server_that_fails_is_told_in_its_own_words(
    service: SignInService, browser: Browser, demo: DemoControl
) -> None:
    begun(service)
    back = demo.decide_sign_in(browser.opened[0])
    demo.fault("server_error_500", path="/auth/keys")
    run_async(in_thread(lambda: visit(back)))
    until(service, SignInPhase.FAILED)
    assert service.view.problem is SignInProblem.UNREACHABLE
    assert service.view.error is not None
