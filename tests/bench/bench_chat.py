"""What a streaming answer costs the chat's window: processor time of the GUI thread, and frames.

The baseline is a bare ``openai`` loop that reads the same stream without any window. Both sides are processes of their
own and read from the same demo server, which sends as fast as it can. ``python -m tests.bench.bench_chat [SHAPE …]``
prints one run of each shape.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from caal_desktop.demo.launcher import DemoProcess
from tests.bench.harness import Metric, benchmark

if TYPE_CHECKING:
    from types import TracebackType

SHAPES = {
    "ordinary-10k": "/fault huge_answer 10000",
    "ordinary-100k": "/fault huge_answer 100000",
    "ordinary-200k": "/fault huge_answer 200000",
    "tiny-chunks": "/fault fast_flood 20000",
}
"""Shape → the prompt that makes the demo server answer so."""
_REPOSITORY = Path(__file__).parents[2]
_MODEL = "openai/gpt-5.4-nano"


def run_side(side: str, prompt: str, demo: DemoProcess) -> dict[str, float]:
    """One sample in a process of its own.

    Args:
        side: ``window`` or ``bare``.
        prompt: what is asked.
        demo: the server.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_REPOSITORY)}
    command = [sys.executable, "-P", "-m", "tests.bench.chat_side", side, demo.base_url, demo.key or "", _MODEL, prompt]
    done = subprocess.run(command, env=environment, cwd=_REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


class _Shape:
    shape = ""

    def __enter__(self) -> Self:
        self.demo = DemoProcess(["--speed", "0"])
        self.demo.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.demo.stop()

    def ours(self) -> dict[str, float]:
        return run_side("window", SHAPES[self.shape], self.demo)

    def baseline(self) -> dict[str, float]:
        return run_side("bare", SHAPES[self.shape], self.demo)


def _declare(name: str) -> None:
    metrics = [
        Metric("cpu", "ms", aim=2),
        Metric("p50", "ms", aim=6, absolute=True),
        Metric("p99", "ms", aim=8, absolute=True),
        Metric("slowest", "ms", aim=50 if name == "tiny-chunks" else 33, absolute=True),
    ]
    members = {"shape": name, "__doc__": f"The chat's window while an answer streams: {name}."}
    benchmark(f"chat-{name}", metrics)(type(f"Chat_{name}", (_Shape,), members))


for _name in SHAPES:
    _declare(_name)


def main() -> None:
    """Print one run of each shape."""
    with DemoProcess(["--speed", "0"]) as demo:
        for name in sys.argv[1:] or SHAPES:
            bare, window = (run_side(side, SHAPES[name], demo) for side in ("bare", "window"))
            print(
                f"{name:14} cpu {window['cpu']:7.0f} ms, bare {bare['cpu']:7.0f} ms, {window['cpu'] / bare['cpu']:.2f}x"
                f"   frames {window['frames']:.0f}: p50 {window['p50']:.2f} p99 {window['p99']:.2f} "
                f"max {window['slowest']:.1f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
