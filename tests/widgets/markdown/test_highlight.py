"""Colours of code."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pygments.lexers import get_lexer_by_name
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette, QTextDocument

from caal_desktop.widgets.markdown.parse.highlight import CHUNK_LINES, Highlighter, ends_chunk, language_of
from caal_desktop.widgets.markdown.render.decorations import paint_decorations, visible_code_blocks
from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle
from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from tests.widgets.markdown.corpus import CORPUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.widgets.markdown.render.decorations import CodeBlock

PYTHON = 'import os\n\n\nclass A(B):\n    """Doc\n    string."""\n\n    def f(self) -> int:\n        return 1  # c\n'


@pytest.mark.parametrize("language", ["python", "c", "html", "js", "bash", "json", "yaml", "rust", "diff", "console"])
def test_a_chunk_keeps_every_character(language: str) -> None:
    lines = (PYTHON + "<a href='x'>&amp;</a>\n/* c */ $x {y: \"z\"}\n- a\n+ b").split("\n")
    runs = Highlighter(language).chunk(lines)
    assert ["".join(run.text for run in line) for line in runs] == lines


WARM_UP = """
import sys
from pygments.lexers.python import PythonLexer
from caal_desktop.widgets.chat import warm_up_renderer

warm_up_renderer()
assert "markdown_it" in sys.modules
assert "_tokens" in vars(PythonLexer), "the lexer's rules are still to be compiled"
assert "PySide6" not in sys.modules
"""


def test_the_first_block_of_code_finds_its_lexer_ready() -> None:
    subprocess.run([sys.executable, "-c", WARM_UP], check=True)


def test_lexing_resumes_in_the_middle_of_a_string() -> None:
    lines = PYTHON.split("\n")
    whole = Highlighter("python").chunk(lines)
    parts = Highlighter("python")
    assert parts.chunk(lines[:5]) + parts.chunk(lines[5:]) == whole
    by_line = Highlighter("python")
    assert [by_line.line(line) for line in lines] == whole


def test_resumed_lexing_is_pygments_own() -> None:
    source = PYTHON * 3
    expected = [value for _, _, value in get_lexer_by_name("python").get_tokens_unprocessed(source)]
    runs = Highlighter("python").chunk(source.split("\n"))
    assert "\n".join("".join(run.text for run in line) for line in runs) == "".join(expected)
    assert {run.role for line in runs for run in line} >= {"keyword", "string", "comment", "type", "function", "number"}


def test_unknown_languages_and_long_lines_are_plain() -> None:
    assert Highlighter("no-such-language").plain
    assert Highlighter("").plain
    assert Highlighter("python").line("x = '" + "a" * 600 + "'")[0].role == ""


def test_an_unknown_language_has_no_package_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_params: str) -> None:
        pytest.fail("the packages that are installed are read, on the GUI thread")

    monkeypatch.setattr("importlib.metadata.entry_points", refuse)
    assert Highlighter("no-such-language-either").plain
    assert not Highlighter("haskell").plain


def test_chunks_end_at_top_level_and_not_inside_a_comment() -> None:
    assert ends_chunk(["x"] * 13 + [""], 30, "def f():")
    assert not ends_chunk(["x"] * 13 + [""], 30, "    y")
    assert ends_chunk(["x"] * CHUNK_LINES, 100, "    y")
    assert not ends_chunk(["/*"] + ["x"] * CHUNK_LINES, 100, " * y")


@pytest.mark.parametrize(
    ("info", "language"), [("Python", "python"), ("c++ title=x", "c++"), ("{.js}", "js"), ("", "")]
)
def test_language_of_an_info_string(info: str, language: str) -> None:
    assert language_of(info) == language


def _luminance(colour: QColor) -> float:
    parts = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _palette(base: str, text: str, link: str) -> QPalette:
    palette = QPalette()
    for role, name in (
        (QPalette.ColorRole.Base, base),
        (QPalette.ColorRole.Text, text),
        (QPalette.ColorRole.Link, link),
    ):
        palette.setColor(role, QColor(name))
    return palette


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("base", "text"), [("#ffffff", "#000000"), ("#1e1f22", "#e4e4e7")])
def test_every_colour_can_be_read(base: str, text: str) -> None:
    style = MarkdownStyle(_palette(base, text, "#0000ff"), QFont())
    back = _luminance(style.code_background)
    for colour in (*style.code_colours.values(), style.link, style.muted, style.text):
        front = _luminance(colour)
        assert (max(back, front) + 0.05) / (min(back, front) + 0.05) >= 4.5, colour.name()


def all_cards(document: QTextDocument, style: MarkdownStyle) -> list[CodeBlock]:
    whole = QRectF(QPointF(0, 0), document.documentLayout().documentSize())
    return list(visible_code_blocks(document, whole, style))


@pytest.mark.usefixtures("qapp")
def test_cards_are_found_and_painted() -> None:
    palette = _palette("#ffffff", "#000000", "#0000ff")
    document = QTextDocument()
    document.setDocumentMargin(16)
    stream = MarkdownStream.render_all(document, "text\n\n```sh\nls\n```\n\n> quote\n\n```\nplain\n```\n", palette)
    document.setTextWidth(400)
    cards = all_cards(document, stream.style)
    assert [(card.id, card.language) for card in cards] == [(1, "sh"), (2, "")]
    line = QRectF(0, cards[1].rect.center().y(), 400, 1)
    assert list(visible_code_blocks(document, line, stream.style)) == cards[1:]
    image = QImage(400, round(document.size().height()), QImage.Format.Format_RGB32)
    image.fill(palette.color(QPalette.ColorRole.Base))
    painter = QPainter(image)
    paint_decorations(painter, document, QRectF(0, 0, 400, image.height()), stream.style)
    painter.end()
    inside = cards[0].rect.bottomRight().toPoint()
    assert image.pixelColor(inside.x() - 20, inside.y() - 5) == stream.style.code_background
    assert image.pixelColor(5, 5) == palette.color(QPalette.ColorRole.Base)
    assert cards[0].head.top() == cards[0].rect.top()


def test_code_without_a_language_is_labelled_in_the_users_language(long_words: Callable[[], None]) -> None:
    palette = _palette("#ffffff", "#000000", "#0000ff")
    document = QTextDocument()
    stream = MarkdownStream.render_all(document, "text\n\n```\nplain\n```\n\n```sh\nls\n```\n", palette)
    document.setTextWidth(400)
    unnamed, named = all_cards(document, stream.style)

    def painted() -> QImage:
        image = QImage(400, round(document.size().height()), QImage.Format.Format_RGB32)
        image.fill(palette.color(QPalette.ColorRole.Base))
        painter = QPainter(image)
        paint_decorations(painter, document, QRectF(image.rect()), stream.style)
        painter.end()
        return image

    english = painted()
    long_words()
    translated = painted()
    head = unnamed.head.toRect()
    assert translated.copy(head) != english.copy(head)
    head = named.head.toRect()
    assert translated.copy(head) == english.copy(head), "the name of a language"


@pytest.mark.usefixtures("qapp")
def test_what_is_painted_does_not_depend_on_what_is_visible() -> None:
    palette = _palette("#ffffff", "#000000", "#0000ff")
    document = QTextDocument()
    document.setDocumentMargin(16)
    stream = MarkdownStream.render_all(document, "\n\n".join(CORPUS.values()), palette)
    document.setTextWidth(400)
    height = round(document.size().height())

    def painted(top: int, bottom: int) -> QImage:
        image = QImage(400, bottom - top, QImage.Format.Format_RGB32)
        image.fill(palette.color(QPalette.ColorRole.Base))
        painter = QPainter(image)
        painter.translate(0, -top)
        paint_decorations(painter, document, QRectF(0, top, 400, bottom - top), stream.style)
        painter.end()
        return image

    whole = painted(0, height)
    assert len(all_cards(document, stream.style)) > 10
    for top in range(0, height, 90):
        bottom = min(height, top + 90)
        assert painted(top, bottom) == whole.copy(0, top, 400, bottom - top), top
