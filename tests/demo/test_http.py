"""The demo's HTTP: what is let in, how answers go out, and what happens when a client misbehaves or leaves."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.http.connection import HttpConnection, Limits
from caal_desktop.demo.http.listener import listening
from caal_desktop.demo.http.messages import Request, Response, Stream, encode_json, json_response
from caal_desktop.demo.http.routes import Routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from caal_desktop.demo.http.messages import Answer

T = TypeVar("T")
GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
SMALL = Limits(head=1000, body=5000, read_ahead=2000, linger=0.2)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run one test on a loop of its own, which nothing may outlive."""

    async def guarded() -> T:
        result = await asyncio.wait_for(coroutine, 20)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert {task.get_name() for task in left if not task.done()} == set()
        return result

    return asyncio.run(guarded())


async def echo(request: Request) -> Answer:
    """Answer with what arrived."""
    return json_response({"method": request.method, "path": request.path, "body": len(request.body)})


class Client:
    """A connection that sends bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value for name, value in headers.items()}

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer that tells its length."""
        status, headers = await self.head()
        return status, headers, await self.reader.readexactly(int(headers["content-length"]))

    async def chunk(self) -> bytes:
        """Read one chunk of an answer that is sent piece by piece; empty at its end."""
        length = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(length + 2))[:-2]

    async def rest(self) -> bytes:
        """Read until the server closes the connection."""
        return await self.reader.read()


@asynccontextmanager
async def serving(
    handler: Callable[[Request], Coroutine[Any, Any, Answer]] = echo, limits: Limits = SMALL
) -> AsyncIterator[Client]:
    """Start a server, and return one client of it."""
    async with listening(handler, limits=limits) as port, connected(port) as client:
        yield client


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


# --- what is let in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /?" + b"&".join(b"a=%d" % n for n in range(201)) + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(sent: bytes, status: int) -> None:
    async def test() -> None:
        async with serving(limits=Limits(linger=1000)) as client:
            client.send(GET.replace(b"GET", b"HEAD"))
            await client.head()
            client.send(sent)
            told, headers, body = await client.answer()
            assert (told, json.loads(body)["error"]["code"]) == (status, status)
            assert headers["connection"] == "close"
            assert await client.rest() == b""

    run(test())


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 1200 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1200 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 600,
    ],
)
def test_a_head_that_is_too_large_is_refused(sent: bytes) -> None:
    async def test() -> None:
        async with serving() as client:
            client.send(sent)
            assert (await client.answer())[0] == 431

    run(test())


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1389\r\n" + b"x" * 5001 + b"\r\n"]
)
def test_a_body_that_is_too_large_is_refused(head: bytes) -> None:
    async def test() -> None:
        async with serving() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + head)
            status, headers, body = await client.answer()
            assert (status, headers["connection"]) == (413, "close")
            assert "too large" in json.loads(body)["error"]["message"]

    run(test())


def test_a_refusal_reaches_a_client_that_sends_all_before_it_looks() -> None:
    def client(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000)
            return connection.recv(1000)

    async def test() -> None:
        async with listening(echo, limits=Limits(body=5000)) as port:
            assert (await asyncio.to_thread(client, port)).startswith(b"HTTP/1.1 413 ")

    run(test())


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /a%20b?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /a%20b HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"POST http://elsewhere:80/a%20b?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_a_request_arrives_whole(sent: bytes, slow: bool) -> None:
    async def test() -> None:
        async with serving() as client:
            for piece in (sent[i : i + 1] for i in range(len(sent))) if slow else (sent,):
                client.send(piece)
                await asyncio.sleep(0)
            assert json.loads((await client.answer())[2]) == {"method": "POST", "path": "/a b", "body": 5}

    run(test())


def test_a_client_that_waits_for_leave_to_send_gets_it() -> None:
    async def test() -> None:
        async with serving() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert (await client.head())[0] == 100
            client.send(b"hi")
            assert json.loads((await client.answer())[2])["body"] == 2

    run(test())


def test_a_request_that_does_not_come_to_its_end_is_given_up() -> None:
    async def test() -> None:
        async with serving(limits=Limits(arrival=0.02, linger=0.02)) as client:
            client.send(b"GET / HTTP/1.1\r\n")
            assert (await client.answer())[0] == 408
            assert await client.rest() == b""

    run(test())


def test_a_silent_connection_is_closed_without_a_word() -> None:
    async def test() -> None:
        async with serving(limits=Limits(idle=0.02)) as client:
            client.send(GET)
            assert (await client.answer())[0] == 200
            assert await client.rest() == b""

    run(test())


# --- one after another ----------------------------------------------------------------------------------------------


def test_a_connection_serves_many_requests_in_their_order() -> None:
    async def test() -> None:
        async with serving() as client:
            for path in ("/1", "/2"):
                client.send(GET.replace(b"/a", path.encode()))
                assert json.loads((await client.answer())[2])["path"] == path
            client.send(b"".join(GET.replace(b"/a", b"/%d" % n) for n in range(3, 60)))
            for number in range(3, 60):
                assert json.loads((await client.answer())[2])["path"] == f"/{number}"
            client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            status, headers, _ = await client.answer()
            assert (status, headers["connection"]) == (200, "close")
            assert await client.rest() == b""

    run(test())


def test_what_is_sent_far_ahead_stays_with_the_client() -> None:
    async def test() -> None:
        go, requests = asyncio.Event(), []

        async def handler(request: Request) -> Answer:
            requests.append(request)
            await go.wait()
            return Response(b"x")

        async with serving(handler) as client:
            client.send(GET)
            while not requests:
                await asyncio.sleep(0)
            client.send((GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 4000\r\n\r\n") + b"x" * 4000) * 500)
            connection = requests[0].connection
            assert isinstance(connection, HttpConnection)
            transport = connection._transport
            while transport.is_reading():
                await asyncio.sleep(0)
            go.set()
            for _ in range(501):
                assert (await client.answer())[0] == 200

    run(test())


def test_an_old_client_gets_an_answer_and_then_the_end() -> None:
    async def handler(request: Request) -> Answer:
        if request.path == "/a":
            return Response(b"whole")
        stream = Stream(request, {})
        await stream.start()
        await stream.write(b"piece by ")
        await stream.write(b"piece")
        return stream

    async def test(path: bytes) -> bytes:
        async with serving(handler) as client:
            client.send(b"GET %s HTTP/1.0\r\n\r\n" % path)
            _, headers = await client.head()
            assert "transfer-encoding" not in headers
            return await client.rest()

    assert run(test(b"/a")) == b"whole"
    assert run(test(b"/b")) == b"piece by piece"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_question_for_the_head_alone_gets_no_body(streamed: bool) -> None:
    async def handler(request: Request) -> Answer:
        if not streamed:
            return Response(b"hello", "text/plain")
        stream = Stream(request, {"Content-Type": "text/plain"})
        await stream.start()
        await stream.write(b"hello")
        return stream

    async def test() -> None:
        async with serving(handler) as client:
            for _ in range(2):
                client.send(GET.replace(b"GET", b"HEAD"))
                status, headers = await client.head()
                assert (status, headers["content-type"]) == (200, "text/plain")
                assert streamed or headers["content-length"] == "5"

    run(test())


# --- piece by piece -------------------------------------------------------------------------------------------------


def test_each_piece_is_on_its_way_at_once() -> None:
    async def test() -> None:
        go = asyncio.Event()

        async def handler(request: Request) -> Answer:
            stream = Stream(request, {"Content-Type": "text/event-stream"}, 201)
            await stream.start()
            for piece in (b"one", b"", b"two"):
                await go.wait()
                go.clear()
                await stream.write(piece)
            return stream

        async with serving(handler) as client:
            for _ in range(2):
                client.send(GET)
                status, headers = await client.head()
                assert (status, headers["content-type"]) == (201, "text/event-stream")
                go.set()
                assert await client.chunk() == b"one"
                go.set()
                while go.is_set():
                    await asyncio.sleep(0)
                go.set()
                assert await client.chunk() == b"two"
                assert await client.chunk() == b""

    run(test())


def test_a_slow_reader_holds_the_writer_up() -> None:
    async def test() -> None:
        written = 0

        async def handler(request: Request) -> Answer:
            nonlocal written
            stream = Stream(request, {})
            await stream.start()
            for _ in range(400):
                await stream.write(b"x" * 100_000)
                written += 1
            return stream

        async with serving(handler) as client:
            client.writer.transport.pause_reading()
            client.send(GET)
            before = -1
            while before != written:
                before = written
                await asyncio.sleep(0.05)
            assert 0 < written < 400
            client.writer.transport.resume_reading()
            await client.head()
            total = 0
            while chunk := await client.chunk():
                total += len(chunk)
            assert total == 40_000_000

    run(test())


def test_a_handler_hears_at_once_that_its_client_has_left() -> None:
    async def test() -> None:
        here, left = asyncio.Event(), asyncio.Event()

        async def handler(request: Request) -> Answer:
            here.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                left.set()
                raise
            return Response()

        async with listening(handler) as port:
            for leave in ("close", "abort"):
                here.clear(), left.clear()
                async with connected(port) as client:
                    client.send(GET)
                    await here.wait()
                    getattr(client.writer.transport, leave)()
                    await left.wait()

    run(test())


def test_writing_to_a_client_that_has_left_fails() -> None:
    async def test() -> None:
        failed = asyncio.Event()

        async def handler(request: Request) -> Answer:
            stream = Stream(request, {})
            await stream.start()
            request.connection.abort()
            try:
                await stream.write(b"x")
            except ConnectionError:
                failed.set()
                raise
            return stream

        async with serving(handler) as client:
            client.send(GET)
            await failed.wait()

    run(test())


@pytest.mark.parametrize("at_once", [True, False])
def test_a_handler_can_break_off(at_once: bool) -> None:
    async def handler(request: Request) -> Answer:
        if at_once:
            request.connection.close()
            return Response(b"never seen")
        stream = Stream(request, {})
        await stream.start()
        await stream.write(b"abc")
        request.connection.close()
        return stream

    async def test() -> None:
        async with serving(handler) as client:
            client.send(GET)
            if not at_once:
                await client.head()
                assert await client.chunk() == b"abc"
            assert await client.rest() == b""

    run(test())


# --- failures -------------------------------------------------------------------------------------------------------


def test_an_error_of_the_api_is_an_answer_like_others() -> None:
    async def handler(request: Request) -> Answer:
        raise ApiError(529, "Overloaded", headers={"Retry-After": "3"})

    async def test() -> None:
        async with serving(handler) as client:
            for _ in range(2):
                client.send(GET)
                status, headers, body = await client.answer()
                assert (status, headers["retry-after"]) == (529, "3")
                assert json.loads(body) == {"error": {"code": 529, "message": "Overloaded"}}

    run(test())


@pytest.mark.parametrize("streamed", [False, True])
def test_a_broken_handler_is_told_of_in_the_log(expected_logs: Callable[[str], None], streamed: bool) -> None:
    expected_logs(r"ERROR caal_desktop\.demo\.http.*: GET /a could not be answered")
    if streamed:
        expected_logs(r"ERROR caal_desktop\.demo\.http.*: An answer was aborted")

    async def handler(request: Request) -> Answer:
        if streamed:
            await Stream(request, {}).start()
        raise RuntimeError("broken")

    async def test() -> None:
        async with serving(handler) as client:
            client.send(GET)
            if streamed:
                assert (await client.head())[0] == 200
                assert await client.rest() == b""
            else:
                assert (await client.answer())[0] == 500

    run(test())


def test_an_answer_that_is_not_http_is_not_sent(expected_logs: Callable[[str], None]) -> None:
    expected_logs(r"ERROR caal_desktop\.demo\.http.*: An answer was aborted")

    async def handler(request: Request) -> Answer:
        return Response(headers={"Location": "/a\r\nSet-Cookie: b"})

    async def test() -> None:
        async with serving(handler) as client:
            client.send(GET)
            assert await client.rest() == b""

    run(test())


# --- the end --------------------------------------------------------------------------------------------------------


def test_the_end_waits_for_quick_answers_and_for_no_slow_ones() -> None:
    async def test() -> None:
        arrived, may_finish, cancelled = asyncio.Event(), asyncio.Event(), []

        async def handler(request: Request) -> Answer:
            arrived.set()
            try:
                await (may_finish if request.path == "/quick" else asyncio.Event()).wait()
            except asyncio.CancelledError:
                cancelled.append(request.path)
                raise
            return Response(request.path.encode())

        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            reading = []
            async with listening(handler) as port:
                clients = [await stay(port) for _ in range(3)]
                for client, path in zip(clients, (b"/quick", b"/slow"), strict=False):
                    arrived.clear()
                    client.send(GET.replace(b"/a", path) + GET)
                    await arrived.wait()
                    reading.append(tasks.create_task(client.rest()))
                # In the loop's next round, when the end waits for the answers: no request starts before it.
                asyncio.get_running_loop().call_soon(may_finish.set)
        quick, slow = (task.result() for task in reading)
        assert quick.endswith(b"/quick")
        assert slow == b""
        assert cancelled == ["/slow"]
        assert await clients[2].rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        for client in clients:
            client.writer.close()

    run(test())


async def stay(port: int) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", port))


# --- requests and routes --------------------------------------------------------------------------------------------


def request_with(target: str = "/", body: bytes = b"", **headers: str) -> Request:
    return Request.build(None, "GET", target, tuple(headers.items()), body)  # type: ignore[arg-type]


def test_the_parts_of_a_request() -> None:
    request = request_with("/a%2Fb?x=1&x=2&y=&z=a+b%26", b'{"a": 1}', Accept="*/*", ACCEPT="none")
    assert (request.raw_path, request.path) == ("/a%2Fb", "/a/b")
    assert request.query == {"x": "1", "y": "", "z": "a b&"}
    assert (request.header("accept"), request.header("cookie")) == ("*/*", None)
    assert request.json() == {"a": 1}
    assert request_with(body=b"a=1&b=%C3%BC+").form() == {"a": "1", "b": "ü "}
    for bad in (b"", b"{", b"\xff"):
        with pytest.raises(ApiError, match="400"):
            request_with(body=bad).json()


def test_json_that_utf8_cannot_hold_is_sent_in_escapes() -> None:
    assert encode_json("ü") == '"ü"'.encode()
    assert encode_json("ü\ud83d") == b'"\\u00fc\\ud83d"'


def test_routes() -> None:
    routes = Routes([("GET", "/a", 1), ("POST", "/a", 2), ("GET", "/a/{x}/{y}/z", 3), ("*", "/any", 4)])
    assert routes.find("GET", "/a") == routes.find("HEAD", "/a") == (1, {})
    assert routes.find("POST", "/a") == (2, {})
    assert routes.find("GET", "/a/b%2Fc/~d:free/z") == (3, {"x": "b/c", "y": "~d:free"})
    assert routes.find("PATCH", "/any") == (4, {})
    for path in ("/", "/a/", "/a//d/z", "a", "*", "/A"):
        with pytest.raises(ApiError, match="404"):
            routes.find("GET", path)
    with pytest.raises(ApiError, match="405") as refusal:
        routes.find("DELETE", "/a")
    assert refusal.value.headers == {"Allow": "GET,HEAD,POST"}
