"""Whatever is sent to the sign-in's page, or pasted in its place: it is answered, and nothing but a code is taken."""

from __future__ import annotations

import asyncio
import contextlib
import re

from hypothesis import example, given
from hypothesis import strategies as st

from caal_desktop.sign_in import Attempt, CallbackServer
from caal_desktop.sign_in.attempt import CodeRefusedError, is_code
from tests.support.fuzzing import damaged_bytes, fuzz, texts

ATTEMPT = Attempt()
CODE = "auth_code_0123456789abcdef"
PORT = 4321
PASTED = f"http://127.0.0.1:{PORT}/{ATTEMPT.token}?code={CODE}".encode()
HEAD = (
    f"GET /{ATTEMPT.token}?code={CODE} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nOrigin: null\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"
).encode()


def judged(head: bytes) -> tuple[str, str | None]:
    """Return the status, and the code that was taken."""

    async def test() -> tuple[str, str | None]:
        server = CallbackServer(ATTEMPT)
        server.port = PORT
        status, _page = server._judge(head)
        return status, server.answer.result().code if server.answer.done() else None

    return asyncio.run(test())


def test_the_request_that_is_damaged_below_is_a_good_one() -> None:
    assert judged(HEAD) == ("200 OK", CODE)
    assert ATTEMPT.code_in(PASTED.decode()) == CODE


@fuzz(60)
@given(damaged_bytes(HEAD) | st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "replace")))
@example(b"GET //[ HTTP/1.1\r\n\r\n")
@example(b"GET /?" + b"&".join([b"a=b"] * 30) + b" HTTP/1.1\r\n\r\n")
def test_any_request(head: bytes) -> None:
    status, code = judged(head)
    assert re.match(r"(200|400|403|404|405|410) ", status)
    if code is not None:
        assert status == "200 OK"
        assert is_code(code)
        assert f"/{ATTEMPT.token}?".encode() in head
        assert f"127.0.0.1:{PORT}".encode() in head


@fuzz(30)
@given(damaged_bytes(HEAD))
def test_any_request_over_a_socket_is_answered_or_closed(head: bytes) -> None:
    async def test() -> None:
        async with CallbackServer(ATTEMPT) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            with contextlib.suppress(ConnectionError):
                writer.write(head)
                writer.write_eof()
                answer = await reader.read()
                assert not answer or answer.startswith(b"HTTP/1.1 ")
            writer.close()

    asyncio.run(test())


@fuzz(60)
@given(
    texts
    | damaged_bytes(f"http://127.0.0.1:{PORT}/{ATTEMPT.token}?code={CODE}".encode()).map(
        lambda raw: raw.decode("latin-1")
    )
    | st.text(st.sampled_from("http://[]127.0.0.1?code=&%"), max_size=40)
)
@example(f"http://127.0.0.1:{PORT}/\ud800?code={CODE}")
@example(f"http://127.0.0.1:{PORT}/{ATTEMPT.token}")
@example(f"http://127.0.0.1:{PORT}/{ATTEMPT.token}?code={CODE}&code={CODE}")
@example(f"http://127.0.0.1:{PORT}/{ATTEMPT.token}?code=%00{CODE}")
@example("http://[/")
def test_any_pasted_text(text: str) -> None:
    try:
        code = ATTEMPT.code_in(text)
    except CodeRefusedError as error:
        assert str(error)  # noqa: PT017 - either way is right
    else:
        assert is_code(code)
