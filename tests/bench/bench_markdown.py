"""What a frame of a streaming answer costs: rendering, layout and paint, in a view of 700 pixels.

``python -m tests.bench.bench_markdown [SHAPE …]`` prints one detailed run of each shape; as a benchmark, a shape's
baseline is the same view painting the same answer when nothing arrives.
"""

from __future__ import annotations

import os
import sys
from statistics import median
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Self

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QTextBrowser

from caal_desktop.widgets.chat import warm_up_renderer
from caal_desktop.widgets.markdown.render.decorations import paint_decorations
from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from tests.bench.harness import Metric, benchmark

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent

ORDINARY = '''## A section about something

Here is a paragraph with **bold words**, *italic ones*, `inline code` and a [link](https://example.org/page). It goes on
for a while, as answers do, and it ends after a few sentences. Another sentence makes it a typical length.

- First item with **bold**
- Second item, a little longer than the first one, so that it wraps around at the end of a line in a usual window
  - Nested item
  - Another `nested` item
1. Numbered
2. Second

```python
def area(radius: float) -> float:
    """Return the area of a circle."""
    if radius < 0:
        raise ValueError("negative")
    return 3.14159 * radius**2  # close enough
```

> A quotation with *emphasis* in it.

| Name | Value | Note |
|------|------:|------|
| one  |     1 | the first |
| two  |     2 | the second **one** |

'''


def ordinary(length: int) -> str:
    """Return an ordinary answer of that many characters."""
    return (ORDINARY * (length // len(ORDINARY) + 1))[:length]


SHAPES: dict[str, tuple[Callable[[], str], int]] = {
    "ordinary-10k": (lambda: ordinary(10_000), 60),
    "ordinary-100k": (lambda: ordinary(100_000), 100),
    "ordinary-200k": (lambda: ordinary(200_000), 100),
    "paragraph-100k": (lambda: ("Words in *one* very long paragraph with `code` in it. " * 1900)[:100_000], 100),
    "no-spaces-100k": (lambda: "x" * 100_000, 100),
    "code-5000-lines": (
        lambda: "```python\n" + "".join(f"    v_{i} = compute({i}, 'text')  # note\n" for i in range(5000)) + "```\n",
        120,
    ),
    "table-1000-rows": (
        lambda: (
            "| a | b | c | d |\n|-|-|-|-|\n"
            + "".join(f"| row {i} | **{i * i}** | some text here | x |\n" for i in range(1000))
        ),
        60,
    ),
    "table-30-columns": (
        lambda: (
            "".join(f"| column {i} " for i in range(30))
            + "|\n"
            + "|-" * 30
            + "|\n"
            + "".join("".join(f"| cell {row} {i} " for i in range(30)) + "|\n" for row in range(100))
        ),
        100,
    ),
    "deep-lists": (lambda: "".join("  " * (i % 30) + f"- item {i} with some text\n" for i in range(3000)), 100),
    "flat-list": (lambda: "".join(f"- item {i} with some text\n" for i in range(3000)), 100),
    "tiny-chunks": (lambda: ordinary(80_000), 4),
    "burst-200k": (lambda: ordinary(200_000), 200_000),
}
"""Shape → the answer's text, and characters that arrive between two frames."""


class View(QTextBrowser):
    """The chat's answer, as simple as it can be."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(700, 800)
        self.document().setDocumentMargin(16)
        self.stream: MarkdownStream | None = None
        self.show()
        QApplication.processEvents()  # a window's first paint of all is no answer's

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what belongs behind the text first."""
        if self.stream is not None:
            painter = QPainter(self.viewport())
            top = self.verticalScrollBar().value()
            painter.translate(0, -top)
            area = QRectF(0, top, self.viewport().width(), self.viewport().height())
            paint_decorations(painter, self.document(), area, self.stream.style)
            painter.end()
        super().paintEvent(event)

    def show_end(self) -> None:
        """Lay out, scroll to the end, paint."""
        self.document().documentLayout().documentSize()
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        self.viewport().repaint()


def stream_frames(view: View, text: str, step: int) -> tuple[list[float], list[float], list[float]]:
    """Stream a text through a view.

    Returns:
        Each frame's milliseconds, those that rendering took of them, and those that the thread was computing: on a
        machine with other work the first are more.
    """
    view.stream = stream = MarkdownStream(view.document())
    frames, feeds, computing = [], [], []
    at, more, ended = 0, False, False
    while at < len(text) or more or not ended:
        start, busy = perf_counter(), thread_time()
        if at < len(text):
            more = stream.feed(text[at : at + step])
            at += step
        elif not ended:
            more, ended = stream.finish(), True
        else:
            more = stream.pump()
        feeds.append((perf_counter() - start) * 1000)
        view.show_end()
        frames.append((perf_counter() - start) * 1000)
        computing.append((thread_time() - busy) * 1000)
        QApplication.processEvents()
    return frames, feeds, computing


def idle_frames(view: View, count: int) -> list[float]:
    """Return what the same frames cost when nothing arrives."""
    frames = []
    for _ in range(count):
        start = perf_counter()
        view.show_end()
        frames.append((perf_counter() - start) * 1000)
    return frames


def quantile(values: list[float], share: float) -> float:
    """Return the value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Shape:
    shape = ""

    def __enter__(self) -> Self:
        self.app = QApplication.instance() or QApplication([])
        warm_up_renderer()
        make, self.step = SHAPES[self.shape]
        self.text = make()
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def ours(self) -> dict[str, float]:
        view = View()
        frames, *_ = stream_frames(view, self.text, self.step)
        return self.figures(view, frames)

    def baseline(self) -> dict[str, float]:
        view = View()
        view.stream = MarkdownStream.render_all(view.document(), self.text)
        QApplication.processEvents()  # until then the scroll bar knows an estimate, and the end is empty
        return self.figures(view, idle_frames(view, 200))

    @staticmethod
    def figures(view: View, frames: list[float]) -> dict[str, float]:
        view.close()
        view.deleteLater()
        return {"p50": median(frames), "p99": quantile(frames, 0.99), "slowest": max(frames)}


def _declare(name: str) -> None:
    hostile = not name.startswith("ordinary")
    metrics = [
        Metric("p50", "ms", aim=6, absolute=True),
        Metric("p99", "ms", aim=8, absolute=True),
        Metric("slowest", "ms", aim=50 if hostile else 33, absolute=True),
    ]
    members = {"shape": name, "__doc__": f"Frames of a streaming answer: {name}."}
    benchmark(f"md-{name}", metrics)(type(f"Markdown_{name}", (_Shape,), members))


for _name in SHAPES:
    _declare(_name)


@benchmark("md-growth", [Metric("200k after 100k", "ms", aim=2.2)])
class Growth(_Shape):
    """The whole stream of 200,000 characters against that of 100,000, in computing time."""

    shape = "ordinary-200k"

    def _total(self, length: int) -> dict[str, float]:
        view = View()
        *_, computing = stream_frames(view, self.text[:length], self.step)
        self.figures(view, computing)
        return {"200k after 100k": sum(computing)}

    def ours(self) -> dict[str, float]:
        return self._total(200_000)

    def baseline(self) -> dict[str, float]:
        return self._total(100_000)


@benchmark("md-qt", [Metric("frame at 40k", "ms", aim=0.1)])
class AgainstQt(_Shape):
    """A frame at 40,000 characters against QTextBrowser.setMarkdown of the whole."""

    shape = "ordinary-100k"

    def ours(self) -> dict[str, float]:
        view = View()
        view.stream = MarkdownStream(view.document())
        view.stream.feed(self.text[:40_000], None)
        frames = []
        for at in range(40_000, 50_000, self.step):
            start = perf_counter()
            view.stream.feed(self.text[at : at + self.step])
            view.show_end()
            frames.append((perf_counter() - start) * 1000)
        self.figures(view, frames)
        return {"frame at 40k": median(frames)}

    def baseline(self) -> dict[str, float]:
        view = View()
        frames = []
        for at in range(40_000, 41_000, self.step):
            start = perf_counter()
            view.setMarkdown(self.text[:at])
            view.show_end()
            frames.append((perf_counter() - start) * 1000)
        self.figures(view, frames)
        return {"frame at 40k": median(frames)}


def main() -> None:
    """Print one run of each shape."""
    app = QApplication.instance() or QApplication([])
    warm_up_renderer()
    wall = f"{'shape':18} {'frames':>7} {'sum/s':>8} {'p50':>6} {'p99':>6} {'max':>6}"
    print(wall, "  cpu sum, p50, p99, max      feed p50, p99, max   half 2/1")
    for name in sys.argv[1:] or SHAPES:
        make, step = SHAPES[name]
        view = View()
        frames, feeds, cpu = stream_frames(view, make(), step)
        view.close()
        half = len(frames) // 2
        print(
            f"{name:18} {len(frames):7} {sum(frames) / 1000:8.2f} {median(frames):6.2f} {quantile(frames, 0.99):6.2f} "
            f"{max(frames):6.1f}  {sum(cpu) / 1000:8.2f} {median(cpu):5.2f} {quantile(cpu, 0.99):5.2f} {max(cpu):5.1f}"
            f"     {median(feeds):6.2f} {quantile(feeds, 0.99):5.2f} {max(feeds):5.1f} "
            f"{sum(cpu[half:]) / sum(cpu[:half]):8.2f}",
            flush=True,
        )
    del app


if __name__ == "__main__":
    main()
