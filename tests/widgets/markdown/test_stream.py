"""What is on screen at the end depends on the answer alone, never on how it was cut into pieces."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTextDocument

from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from tests.widgets.markdown.corpus import CORPUS
from tests.widgets.markdown.dump import dump

pytestmark = pytest.mark.usefixtures("qapp")


def whole(text: str) -> list[object]:
    document = QTextDocument()
    MarkdownStream.render_all(document, text)
    return dump(document)


def streamed(pieces: list[str], budget: float | None = None) -> list[object]:
    document = QTextDocument()
    stream = MarkdownStream(document)
    for piece in pieces:
        stream.feed(piece, budget)
    more = stream.finish(budget)
    while more:
        more = stream.pump(budget)
    assert stream.finished
    return dump(document)


@pytest.mark.parametrize("name", CORPUS)
def test_one_character_at_a_time(name: str) -> None:
    text = CORPUS[name]
    assert streamed(list(text)) == whole(text)


@pytest.mark.parametrize("name", CORPUS)
def test_cut_anywhere(name: str) -> None:
    text = CORPUS[name][:250]
    expected = whole(text)
    for cut in range(len(text) + 1):
        assert streamed([text[:cut], text[cut:]]) == expected, repr(text[:cut])


LONG = {
    "paragraph": "Some *words* and `code`, then more of them. " * 150,
    "paragraph that never closes": "an **open bold and `tick and [bracket " * 150,
    "no white space": "x" * 9000,
    "chinese": "这是一个很长的段落。" * 700,
    "heading": "# " + "h " * 2000,
    "code": "```python\n" + 'def f():\n    """a\n    b"""\n\n    return 1\n\n\n' * 60 + "```\nend",
    "c comment": "```c\n" + "/* a\n * b\n */\nint x = 1;\n" * 60,
    "code line": "```\n" + "A" * 9000 + "\n```\n",
    "lines": "line of a long paragraph with *some*\n" * 150,
    "many backticks": "`" * 3000 + " " + "``a` " * 500,
    "deep": "- " * 200 + "x\n" + "> " * 200 + "y\n" + "".join("  " * n + "- a\n" for n in range(60)),
    "long row": "|a|b|\n|-|-|\n|" + "x" * 3000 + "|y|\n|1|2|\n",
}


@pytest.mark.parametrize("name", LONG)
def test_long_shapes_in_random_pieces(name: str) -> None:
    text = LONG[name]
    expected = whole(text)
    chance = random.Random(name)  # noqa: S311 - not for secrets
    for longest in (40, 700):
        pieces, at = [], 0
        while at < len(text):
            size = chance.randint(1, longest)
            pieces.append(text[at : at + size])
            at += size
        assert streamed(pieces) == expected


# fmt: off
MARKS = st.sampled_from([
    "*", "**", "_", "`", "``", "```", "~~~", "[", "](", ")", "]", "!", "<", ">", "---", "===", "|", "|-|-|", "#",
    "a", "word", "https://e.org", "\\", "\\(", "\\)", "$$", "&amp;", "\u202e", "\u00e9", " ", "\t", "\n", "\n\n",
    "\n  ", "\n    ", "\r", "> ", "- ", "1. ", "# ", "[x] ", "```py\n", "|a|b|\n|-|-|\n", "[r]: https://e.org\n",
    "[r]",
])
# fmt: on


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(marks=st.lists(MARKS, max_size=40), data=st.data())
def test_any_text_in_any_pieces(marks: list[str], data: st.DataObject) -> None:
    text = "".join(marks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    edges = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert streamed(pieces) == whole(text)


def test_a_budget_leaves_the_rest_for_the_next_call() -> None:
    text = "".join(CORPUS.values()) * 3
    document = QTextDocument()
    stream = MarkdownStream(document)
    calls = 1
    more = stream.feed(text, 0.0)
    assert more
    while more:
        more = stream.pump(0.0)
        calls += 1
    stream.finish(None)
    assert calls > 20
    assert dump(document) == whole(text)


def test_feeding_after_the_end_is_an_error() -> None:
    stream = MarkdownStream(QTextDocument())
    stream.finish()
    with pytest.raises(RuntimeError):
        stream.feed("x")
