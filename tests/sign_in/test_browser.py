"""A real browser walks the demo's consent page and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from caal_desktop.sign_in import Attempt, Callback, CallbackServer
from tests.support.chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import DemoControl

_ELSEWHERE = """
<!doctype html><title>elsewhere</title><body><script>
Promise.allSettled([
  fetch("{callback}?code=auth_code_stolen"),
  fetch("{callback}?code=auth_code_stolen", {{mode: "no-cors"}}),
  new Promise(done => {{
    const picture = new Image();
    picture.onload = picture.onerror = done;
    picture.src = "{callback}?code=auth_code_stolen";
  }}),
]).then(() => document.title = "tried");
</script>
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_the_browser_ends_on_our_page(chromium: Chromium, demo: DemoControl, decision: str) -> None:
    async def walk() -> Callback:
        attempt = Attempt()
        async with CallbackServer(attempt) as server:

            def browse() -> None:
                chromium.open(attempt.sign_in_url(demo.base_url, server.port))
                chromium.wait_for("document.querySelector('button[value=allow]') !== null")
                chromium.evaluate(f"document.querySelector('button[value={decision}]').click()")
                title = "You are signed in at OpenRouter" if decision == "allow" else "Nothing was changed"
                chromium.wait_for(f"document.title === '{title}'")
                assert "CAAL Desktop" in chromium.evaluate("document.body.innerText")
                # Nothing was loaded from anywhere, and nothing is kept.
                assert chromium.evaluate("performance.getEntriesByType('resource').length") == 0

            await asyncio.to_thread(browse)
            return server.answer.result()

    callback = asyncio.run(walk())
    assert (callback.code is not None) == (decision == "allow")


def test_a_page_of_somebody_else_cannot_slip_in_a_code_even_if_it_knew_the_path(
    chromium: Chromium, demo: DemoControl
) -> None:
    async def walk() -> bool:
        attempt = Attempt()
        async with CallbackServer(attempt) as server:
            page = _ELSEWHERE.format(callback=attempt.callback_url(server.port))

            visits: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

            async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                visit = asyncio.current_task()
                assert visit is not None
                visits[visit] = writer
                # A browser also opens connections that it never asks anything on.
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    await reader.readuntil(b"\r\n\r\n")
                    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
                    writer.write(f"{head}{page}".encode())
                    await writer.drain()
                writer.close()

            async with await asyncio.start_server(elsewhere, "127.0.0.1", 0) as other:
                port = other.sockets[0].getsockname()[1]

                def browse() -> None:
                    chromium.open(f"http://127.0.0.1:{port}/")
                    chromium.wait_for("document.title === 'tried'")

                await asyncio.to_thread(browse)
                other.close()
                for writer in visits.values():
                    writer.close()
                await asyncio.wait(visits)
            return server.answer.done()

    assert asyncio.run(walk()) is False


def test_without_a_way_back_the_browser_shows_the_code(chromium: Chromium, demo: DemoControl) -> None:
    attempt = Attempt()
    chromium.open(attempt.sign_in_url(demo.base_url))
    chromium.wait_for("document.querySelector('button[value=allow]') !== null")
    assert "CAAL Desktop" in chromium.evaluate("document.querySelector('main').innerText")
    chromium.evaluate("document.querySelector('button[value=allow]').click()")
    chromium.wait_for("document.title === 'Copy this code into CAAL Desktop'")
    shown = chromium.evaluate("document.querySelector('code').innerText")
    body = {"code": attempt.code_in(shown), "code_verifier": attempt.verifier, "code_challenge_method": "S256"}
    assert demo.call("POST", "/auth/keys", body).json()["key"] == demo.key_for("signed_in")
