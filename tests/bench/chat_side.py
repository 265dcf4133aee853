"""One sample of the chat benchmark, in a process of its own: the window, or a bare loop. Prints figures as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time


def bare(base_url: str, key: str, model: str, prompt: str) -> dict[str, float]:
    """Read the stream with the SDK and nothing else."""
    from openai import AsyncOpenAI

    async def read() -> float:
        async with AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
            await client.models.list()  # the first request builds what the later ones use
            began = time.thread_time()
            text: list[str] = []
            stream = await client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": prompt}], stream=True, max_tokens=100_000
            )
            async for chunk in stream:
                if chunk.choices:
                    text += chunk.choices[0].delta.content or ""
            assert text
            return time.thread_time() - began

    return {"cpu": asyncio.run(read()) * 1000, "p50": 0.0, "p99": 0.0, "slowest": 0.0, "frames": 0.0}


def window(base_url: str, key: str, model: str, prompt: str) -> dict[str, float]:
    """Stream the answer into the chat's page, everything drawn."""
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.widgets.chat import warm_up_renderer
    from caal_desktop.widgets.chat.chat_page import ChatPage
    from caal_desktop.widgets.common.command_set import CommandSet

    frames: list[float] = []

    class Application(QApplication):
        """Times what a frame consists of: the delivery of text, layout and paint."""

        def notify(self, receiver: QObject, event: QEvent) -> bool:
            kind = event.type()
            if kind not in (QEvent.Type.Timer, QEvent.Type.UpdateRequest, QEvent.Type.LayoutRequest):
                return super().notify(receiver, event)
            began = time.perf_counter()
            result = super().notify(receiver, event)
            frames.append((time.perf_counter() - began) * 1000)
            return result

    app = Application(["bench"])
    warm_up_renderer()
    loop = QEventLoop(app)

    async def url(_provider: str) -> str:
        return base_url

    async def read() -> float:
        pool = ProviderPool(url)
        chat = ChatService(pool)
        page = ChatPage(chat, CommandSet())
        page.resize(960, 720)
        page.show()
        connection = Connection("openrouter", key)
        async with pool.use(connection) as provider:
            await provider.list_models()
        await asyncio.sleep(0.2)
        frames.clear()
        began = time.thread_time()
        chat.send(prompt, ChatRequest(connection, model, max_tokens=100_000, reasoning={"enabled": False}))
        while chat.is_busy or page.transcript.view.renderer.is_rendering:
            await asyncio.sleep(0.02)
        spent = time.thread_time() - began
        assert len(chat.messages[1].text) > 5000
        await chat.close()
        await pool.close()
        page.close()
        page.deleteLater()
        return spent

    with loop:
        cpu = loop.run_until_complete(read()) * 1000
    ordered = sorted(frames)
    return {
        "cpu": cpu,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "slowest": ordered[-1],
        "frames": float(len(ordered)),
    }


if __name__ == "__main__":
    side, *arguments = sys.argv[1:]
    print(json.dumps((window if side == "window" else bare)(*arguments)))
