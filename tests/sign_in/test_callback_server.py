"""The page that waits for the browser, asked over real sockets: by browsers, by strangers, twice, late and at once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from caal_desktop.sign_in import Attempt, Callback, CallbackServer, PortBusyError, callback_server
from caal_desktop.sign_in.pages import ENGLISH, PageName, PageTexts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

CODE = "auth_code_0123456789abcdef"


def run(coroutine: Coroutine[object, object, None]) -> None:
    asyncio.run(coroutine)


@asynccontextmanager
async def listening(attempt: Attempt) -> AsyncIterator[CallbackServer]:
    async with CallbackServer(attempt) as server:
        yield server


async def ask(port: int, head: str) -> tuple[int, str]:
    """Send raw bytes and return status and page; status 0 where the connection was closed without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode("latin-1"))
    try:
        await writer.drain()
        answer = (await reader.read()).decode()
    except ConnectionError:
        answer = ""
    finally:
        writer.close()
    return (int(answer.split(" ")[1]), answer) if answer else (0, "")


def get(port: int, path: str, *headers: str, host: str | None = None, method: str = "GET") -> str:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{port}'}", *headers]
    return "\r\n".join(lines) + "\r\n\r\n"


def test_the_browsers_own_request_brings_the_code_once() -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            navigation = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site")
            status, page = await ask(server.port, get(server.port, f"/{attempt.token}?code={CODE}", *navigation))
            assert status == 200
            assert "You are signed in" in page
            assert CODE not in page
            assert attempt.token not in page
            assert "Cache-Control: no-store" in page
            assert "Referrer-Policy: no-referrer" in page
            assert "default-src 'none'" in page
            assert await server.answer == Callback(CODE)
            # Replayed, and with another code: the first one stands.
            for code in (CODE, "auth_code_of_a_stranger"):
                status, _ = await ask(server.port, get(server.port, f"/{attempt.token}?code={code}"))
                assert status == 410
            assert server.answer.result() == Callback(CODE)

    run(test())


def test_of_callbacks_at_the_same_time_one_counts() -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            codes = [f"auth_code_{number}" for number in range(12)]
            answers = await asyncio.gather(
                *(ask(server.port, get(server.port, f"/{attempt.token}?code={code}")) for code in codes)
            )
            assert sorted(status for status, _ in answers) == [200] + [410] * 11
            winner = next(code for code, (status, _) in zip(codes, answers, strict=True) if status == 200)
            assert server.answer.result() == Callback(winner)

    run(test())


@pytest.mark.parametrize(
    ("status", "path", "headers", "host", "method"),
    [
        (404, "/", (), None, "GET"),
        (404, "/wrong?code=" + CODE, (), None, "GET"),
        (404, "/favicon.ico", (), None, "GET"),
        (404, "/TOKEN/more?code=" + CODE, (), None, "GET"),
        (400, "/TOKEN", (), None, "GET"),
        (400, "/TOKEN?code=", (), None, "GET"),
        (400, "/TOKEN?code=a&code=b", (), None, "GET"),
        (400, f"/TOKEN?code={CODE}&error=access_denied", (), None, "GET"),
        (400, "/TOKEN?code=%3Cscript%3E", (), None, "GET"),
        (400, "/TOKEN?code=" + "x" * 600, (), None, "GET"),
        (400, "/TOKEN?" + "&".join(f"a{n}=1" for n in range(30)), (), None, "GET"),
        (405, f"/TOKEN?code={CODE}", (), None, "POST"),
        (405, f"/TOKEN?code={CODE}", (), None, "OPTIONS"),
        (405, f"/TOKEN?code={CODE}", (), None, "get"),
        (405, f"http://evil.example/TOKEN?code={CODE}", (), None, "GET"),
        (403, f"/TOKEN?code={CODE}", (), "evil.example", "GET"),
        (403, f"/TOKEN?code={CODE}", (), "127.0.0.1", "GET"),
        (403, f"/TOKEN?code={CODE}", (), "localhost:1", "GET"),
        (400, f"/TOKEN?code={CODE}", ("Host: evil.example",), None, "GET"),
        (403, f"/TOKEN?code={CODE}", ("Origin: https://evil.example",), None, "GET"),
        (403, f"/TOKEN?code={CODE}", ("Origin: https://openrouter.ai",), None, "GET"),
        (403, f"/TOKEN?code={CODE}", ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"), None, "GET"),
        (403, f"/TOKEN?code={CODE}", ("Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"), None, "GET"),
        (403, f"/TOKEN?code={CODE}", ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"), None, "GET"),
    ],
)
def test_what_no_browser_window_of_this_try_would_send_is_refused(
    status: int, path: str, headers: tuple[str, ...], host: str | None, method: str
) -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            head = get(server.port, path.replace("TOKEN", attempt.token), *headers, host=host, method=method)
            got, page = await ask(server.port, head)
            assert got == status
            assert attempt.token not in page
            assert not server.answer.done()
            # The user's own answer is still accepted.
            assert (await ask(server.port, get(server.port, f"/{attempt.token}?code={CODE}")))[0] == 200

    run(test())


@pytest.mark.parametrize(
    "junk", ["\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"]
)
def test_garbage_is_answered_or_dropped_and_the_server_goes_on(junk: str) -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            assert (await ask(server.port, junk))[0] in (0, 400, 403, 405)
            assert (await ask(server.port, get(server.port, f"/{attempt.token}?code={CODE}")))[0] == 200

    run(test())


def test_a_head_without_an_end_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_server, "READ_DEADLINE_S", 0.05)

    async def test() -> None:
        async with listening(Attempt()) as server:
            assert await ask(server.port, "GET / HTTP/1.1\r\n" + "X-Long: " + "a" * 40_000) == (0, "")
            assert await ask(server.port, "GET / HTTP/1.1\r\nHost: no-end") == (0, "")

    run(test())


def test_declining_is_an_answer() -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            status, page = await ask(server.port, get(server.port, f"/{attempt.token}?error=access_denied"))
            assert status == 200
            assert "Nothing was changed" in page
            assert await server.answer == Callback(None)

    run(test())


def test_after_the_end_nobody_listens() -> None:
    async def test() -> None:
        attempt = Attempt()
        async with listening(attempt) as server:
            port = server.port
        with pytest.raises(ConnectionRefusedError):
            await ask(port, get(port, f"/{attempt.token}?code={CODE}"))

    run(test())


def test_it_listens_on_loopback_alone() -> None:
    async def test() -> None:
        async with listening(Attempt()) as server:
            assert server._server is not None
            assert [sock.getsockname()[0] for sock in server._server.sockets] == ["127.0.0.1"]

    run(test())


def test_a_busy_port_gives_way_to_the_next_one() -> None:
    async def test() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            async with CallbackServer(Attempt(), ports=(port, 0)) as server:
                assert server.port not in (0, port)
            with pytest.raises(PortBusyError):
                await CallbackServer(Attempt(), ports=(port,)).__aenter__()

    run(test())


def test_the_pages_are_in_the_users_language() -> None:
    async def test() -> None:
        attempt = Attempt()
        done = ("Angemeldet <b>", "Zurück zur App & fertig.")
        texts = PageTexts("de", {**ENGLISH.of, PageName.DONE: done})
        async with CallbackServer(attempt, texts=texts) as server:
            _, page = await ask(server.port, get(server.port, f"/{attempt.token}?code={CODE}"))
            assert '<html lang="de">' in page
            assert "<title>Angemeldet &lt;b&gt;</title>" in page
            assert "<h1>Angemeldet &lt;b&gt;</h1>" in page
            assert "Zurück zur App &amp; fertig." in page

    run(test())
