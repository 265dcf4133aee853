"""Provider clients: built once, lent out, closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.errors import ApiKeyMalformed
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.services.chat.chat_request import ChatRequest
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
from tests.support.qt_loop import run_async
from tests.support.scripted_server import delta, frame, json_reply, sse_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.llm.base import LLMProvider
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("qt_loop")


class Urls:
    """Gives OpenRouter's base URL, when it may."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, _provider: str) -> str:
        self.asked += 1
        await self.may_answer.wait()
        return self.url


@pytest.fixture
def urls(qt_loop: object, demo: DemoControl) -> Urls:
    return Urls(demo.base_url)


def is_closed(client: LLMProvider) -> bool:
    """Return whether a client refuses to work."""

    async def try_it() -> bool:
        try:
            await client.check_key()
        except Exception as error:  # whatever a closed client raises
            return "closed" in str(error).lower() or "closed" in repr(error.__cause__).lower()
        return False

    return run_async(try_it())


def test_one_client_serves_all_who_use_a_connection(urls: Urls, demo: DemoControl) -> None:
    pool, connection = ProviderPool(urls), Connection("openrouter", demo.key)

    async def use() -> None:
        async with pool.use(connection) as one, pool.use(Connection("openrouter", demo.key)) as other:
            assert one is other
            assert (await one.check_key()).limit == 5.0
        async with pool.use(connection) as later:
            assert later is one
        async with pool.use(Connection("openrouter", demo.key_for("limited"))) as foreign:
            assert foreign is not one
        await pool.close()

    run_async(use())


def test_a_first_use_by_several_at_once_builds_one_client(urls: Urls, demo: DemoControl) -> None:
    pool, connection = ProviderPool(urls), Connection("openrouter", demo.key)

    async def use() -> LLMProvider:
        async with pool.use(connection) as client:
            await asyncio.sleep(0)
            return client

    async def use_all() -> list[LLMProvider]:
        clients = await asyncio.gather(*(use() for _ in range(8)))
        await pool.close()
        return clients

    assert len(set(map(id, run_async(use_all())))) == 1
    assert urls.asked == 1


def test_a_dropped_client_works_until_its_last_user_has_finished(urls: Urls, demo: DemoControl) -> None:
    pool, connection = ProviderPool(urls), Connection("openrouter", demo.key)

    async def use() -> LLMProvider:
        async with pool.use(connection) as old:
            await pool.drop("openrouter")
            assert (await old.check_key()).limit == 5.0
            async with pool.use(connection) as new:
                assert new is not old
        return old

    assert is_closed(run_async(use()))
    run_async(pool.close())


def test_an_unused_client_is_closed_at_once_when_it_is_dropped(urls: Urls, demo: DemoControl) -> None:
    pool, connection = ProviderPool(urls), Connection("openrouter", demo.key)

    async def use() -> LLMProvider:
        async with pool.use(connection) as client:
            pass
        await pool.drop("groq")
        async with pool.use(connection) as same:
            assert same is client
        await pool.drop("openrouter")
        return client

    assert is_closed(run_async(use()))
    run_async(pool.close())


def test_closing_closes_what_is_in_use_too(urls: Urls, demo: DemoControl) -> None:
    pool = ProviderPool(urls)

    async def use() -> LLMProvider:
        async with pool.use(Connection("openrouter", demo.key)) as client:
            await pool.close()
        return client

    assert is_closed(run_async(use()))


def test_a_closed_pool_builds_nothing(urls: Urls, demo: DemoControl) -> None:
    pool = ProviderPool(urls)

    async def use() -> None:
        await pool.close()
        async with pool.use(Connection("openrouter", demo.key)):
            pass

    with pytest.raises(RuntimeError, match="closed"):
        run_async(use())


def test_who_gives_up_while_the_client_is_built_leaves_none_open(urls: Urls, demo: DemoControl) -> None:
    pool, connection = ProviderPool(urls), Connection("openrouter", demo.key)

    async def use() -> None:
        async with pool.use(connection):
            await asyncio.Event().wait()

    async def give_up() -> LLMProvider:
        await pool.warm_up()
        task = asyncio.get_running_loop().create_task(use())
        while not pool._building:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        async with pool.use(connection) as client:
            pass
        await pool.close()
        return client

    assert is_closed(run_async(give_up()))
    assert not pool._building
    assert not pool._entries


def test_closing_while_a_client_is_built_leaves_none_open(urls: Urls, demo: DemoControl) -> None:
    pool = ProviderPool(urls)

    async def use() -> None:
        async with pool.use(Connection("openrouter", demo.key)):
            await asyncio.Event().wait()

    async def close() -> None:
        await pool.warm_up()
        task = asyncio.get_running_loop().create_task(use())
        while not pool._building:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, pool.close(), return_exceptions=True)

    run_async(close())
    assert not pool._building
    assert not pool._entries


def test_giving_up_before_the_demo_has_started(urls: Urls, demo: DemoControl) -> None:
    pool = ProviderPool(urls)
    urls.may_answer.clear()

    async def use() -> str:
        async with pool.use(Connection("openrouter", demo.key)) as client:
            return (await client.check_key()).label or ""

    async def give_up_and_try_again() -> str:
        task = asyncio.get_running_loop().create_task(use())
        while not urls.asked:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        urls.may_answer.set()
        label = await use()
        await pool.close()
        return label

    assert run_async(give_up_and_try_again())


# --- what the server sees of it

KEY, OTHER_KEY = "sk-or-v1-" + "1a" * 32, "sk-or-v1-" + "2b" * 32
FACTS = json_reply({"data": {"label": "a key", "usage": 0}})


def check(parts: Parts) -> None:
    """Send one request with the current settings and key."""

    async def ask() -> None:
        connection = connection_for(parts.settings.current, parts.keys)
        assert connection is not None
        async with parts.pool.use(connection) as client:
            await client.check_key()

    run_async(ask())


def change_patience(parts: Parts) -> None:
    parts.settings.update(read_timeout=parts.settings.current.read_timeout + 1)


def change_proxy(parts: Parts) -> None:
    parts.settings.update(proxy_mode=ProxyMode.NONE)


def change_key(parts: Parts) -> None:
    parts.use_key(OTHER_KEY)


@pytest.mark.parametrize("change", [change_patience, change_proxy, change_key])
def test_the_connections_of_a_replaced_client_are_closed(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts], change: Callable[[Parts], None]
) -> None:
    server = serve(FACTS)
    parts = make_parts(server.base_url)
    parts.use_key(KEY)
    check(parts)
    check(parts)
    assert (len(server.connections), server.open_connections) == (1, 1), "a connection is used again"
    change(parts)
    check(parts)
    assert len(server.connections) == 2, "another client has asked"
    parts.until(lambda: server.open_connections == 1, "the end of the earlier client's connection")


def test_the_context_length_of_the_settings_is_asked_for(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts]
) -> None:
    server = serve(json_reply({"message": {"role": "assistant", "content": "Hi"}, "done": True}))
    parts = make_parts(server.url)

    async def ask() -> None:
        connection = connection_for(parts.settings.current, parts.keys)
        assert connection is not None
        async with parts.pool.use(connection) as client:
            await client.chat([{"role": "user", "content": "Hello"}])

    parts.settings.update(provider="ollama", ollama_base_url=server.url)
    run_async(ask())
    parts.settings.update(ollama_num_ctx=4096)
    run_async(ask())
    assert [request.body["options"]["num_ctx"] for request in server.requests] == [8192, 4096]


def test_the_connections_of_a_removed_key_are_closed(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts]
) -> None:
    server = serve(FACTS)
    parts = make_parts(server.base_url)
    parts.use_key(KEY)
    check(parts)
    run_async(parts.keys.remove("openrouter"))
    parts.until(lambda: not server.open_connections, "the end of the connection")


@pytest.mark.parametrize("change", [change_patience, change_key])
def test_an_answer_under_way_outlives_the_change_and_its_connection_does_not(
    serve: Callable[..., ScriptedServer], make_parts: Callable[..., Parts], change: Callable[[Parts], None]
) -> None:
    may_go_on = asyncio.Event()
    answer = sse_reply(frame(delta("Hel")), may_go_on, frame(delta("lo")), frame(delta(finish="stop")), frame("[DONE]"))
    server = serve(answer, FACTS)
    parts = make_parts(server.base_url)
    parts.use_key(KEY)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send("Hello", ChatRequest(connection, "vendor/model"))
    parts.until(lambda: parts.chat.messages[-1].parts, "the first words")
    change(parts)
    check(parts)
    assert server.open_connections == 2
    may_go_on.set()
    parts.until(lambda: not parts.chat.is_busy, "the end of the answer")
    assert parts.chat.messages[-1].text == "Hello"
    assert parts.chat.messages[-1].status is AnswerStatus.COMPLETE
    parts.until(lambda: server.open_connections == 1, "the end of the earlier client's connection")


def test_a_key_that_cannot_be_used_is_an_error_of_its_use(urls: Urls) -> None:
    pool = ProviderPool(urls)

    async def use() -> None:
        async with pool.use(Connection("openrouter", "two words")):
            pass

    with pytest.raises(ApiKeyMalformed):
        run_async(use())
    run_async(pool.close())


def test_a_connection_does_not_show_its_key(demo: DemoControl) -> None:
    assert demo.key not in repr(Connection("openrouter", demo.key))
