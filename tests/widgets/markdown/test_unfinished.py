"""What is shown of syntax that is not finished: never a raw mark that later vanishes."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QTextDocument, QTextTable

from caal_desktop.widgets.markdown.parse.blocks import BlockParser
from caal_desktop.widgets.markdown.parse.inline import LINE_BREAK, InlineStyle, References, is_closed, parse
from caal_desktop.widgets.markdown.render.decorations import code_text
from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty
from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from tests.widgets.markdown.test_blocks import Recorder

pytestmark = pytest.mark.usefixtures("qapp")

STYLED = [
    "plain **bold words** and *italic* then `code here` and ~~gone~~ end",
    "a ***both*** b **bold *and italic* inside** c",
    "see [the label](https://example.org/page) and [**bold** label](https://example.org) end",
    "an ![image text](https://example.org/a.png) end",
    "an autolink <https://example.org/page> end",
    "## Heading with **bold**",
    "- item **bold**\n- [x] done `code`\n1. one",
    "> quote *with* text\n> more",
    "| a | **b** |\n|---|:-:|\n| 1 | `2` |",
    "text\n\n```python\nx = 1\n```\nafter",
    "text\n- list\n\n---\n\nafter",
    "mathematics \\(a_b\\) and $$c_d$$ end",
    "escaped \\*stars\\* &amp; an entity",
]


@pytest.mark.parametrize("text", STYLED)
def test_no_mark_is_shown_that_vanishes_later(text: str) -> None:
    final = QTextDocument()
    MarkdownStream.render_all(final, text)
    wanted = final.toPlainText()
    document = QTextDocument()
    stream = MarkdownStream(document)
    for character in text:
        stream.feed(character)
        shown = document.toPlainText().strip("\n")
        # An image's label comes last, when it is known that it is one.
        assert wanted.strip("\n").startswith(shown) or "![" in text, repr(shown)
        assert "**" not in shown
        assert "`" not in shown
        assert "](" not in shown


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a **bo", [("a ", InlineStyle.PLAIN), ("bo", InlineStyle.BOLD)]),
        ("a **bo*", [("a ", InlineStyle.PLAIN), ("bo", InlineStyle.BOLD)]),
        (
            "a *b **c",
            [("a ", InlineStyle.PLAIN), ("b ", InlineStyle.ITALIC), ("c", InlineStyle.BOLD | InlineStyle.ITALIC)],
        ),
        ("a `co", [("a ", InlineStyle.PLAIN), ("co", InlineStyle.CODE)]),
        ("``a ` b", [("a ` b", InlineStyle.CODE)]),
        ("[la", [("la", InlineStyle.PLAIN)]),
        ("[la](https://e", [("la", InlineStyle.LINK)]),
        ("~~x", [("x", InlineStyle.STRIKE)]),
        ("\\(x_1", [("\\(x_1", InlineStyle.MATH)]),
        ("2 * 3 and 4", [("2 * 3 and 4", InlineStyle.PLAIN)]),
    ],
)
def test_open_syntax_is_closed_at_the_end(text: str, spans: list[tuple[str, InlineStyle]]) -> None:
    assert [(span.text, span.style) for span in parse(text, References({}), unfinished=True)] == spans


@pytest.mark.parametrize("text", ["**a", "`a", "[a", "a <b", "\\(a", "$$a", "~~a", "*a **b** c"])
def test_open_text_is_not_closed(text: str) -> None:
    assert not is_closed(text + " ", References({}))


@pytest.mark.parametrize("text", ["**a**", "`a`", "[a](b)", "a * b", "\\(a\\)", "[1] x", "a_b"])
def test_closed_text_is_closed(text: str) -> None:
    assert is_closed(text + " ", References({}))


def test_mathematics_is_left_as_it_is() -> None:
    spans = parse("\\(a_b*c*d_\\) and \\[x^*\\] and $$_y_$$", References({}))
    assert [span.text for span in spans if span.style is InlineStyle.MATH] == ["\\(a_b*c*d_\\)", "\\[x^*\\]", "$$_y_$$"]


@pytest.mark.parametrize("line", ["#", "-", "--", "1", "12.", "- [", "- [x", "- [ ]", "``", "```py", ">", "|--", "=="])
def test_marks_alone_are_undecided(line: str) -> None:
    assert BlockParser(Recorder()).is_undecided(line)


@pytest.mark.parametrize("line", ["a", "# a", "- a", "1. a", "- [x] a", "> a", "|a", "`a"])
def test_words_decide(line: str) -> None:
    assert not BlockParser(Recorder()).is_undecided(line)


def test_in_code_its_fence_alone_is_undecided() -> None:
    parser = BlockParser(Recorder())
    parser.line("```python")
    assert parser.is_undecided("``")
    assert not parser.is_undecided("# a comment")
    assert not parser.is_undecided("-")


def test_a_long_paragraph_reads_as_if_it_was_parsed_at_once() -> None:
    text = "Words with **bold text** and `code`, then [a link](https://e.org/x) and *more* follow here. " * 60
    document = QTextDocument()
    MarkdownStream.render_all(document, text)
    assert document.blockCount() > 2
    shown = []
    block = document.begin()
    while block.isValid():
        shown.append(block.text())
        block = block.next()
    assert " ".join(shown) == "".join(span.text for span in parse(text.strip(), References({})))
    assert max(map(len, shown)) < 4000


def test_line_breaks_stay() -> None:
    document = QTextDocument()
    MarkdownStream.render_all(document, "one\ntwo  \nthree\\\nfour")
    assert document.begin().text() == LINE_BREAK.join(["one", "two", "three", "four"])


def test_code_can_be_copied() -> None:
    code = "def f():\n\n    return '" + "x" * 5000 + "'\n\ttab"
    document = QTextDocument()
    stream = MarkdownStream(document)
    for start in range(0, len(code), 700):
        stream.feed(("```Python title\n" if start == 0 else "") + code[start : start + 700])
    stream.feed("\n```\n```\nsecond\n```\n")
    stream.finish(None)
    assert code_text(document, 1) == code
    assert code_text(document, 2) == "second"
    assert code_text(document, 3) == ""
    assert document.begin().blockFormat().stringProperty(BlockProperty.CODE_LANGUAGE) == "python"


def test_lists_tables_and_tasks_are_real() -> None:
    document = QTextDocument()
    MarkdownStream.render_all(document, "3. c\n4. d\n   - [x] e\n\n| a | b |\n|-|-:|\n| 1 | 2 |\n")
    first, second, task = (document.findBlockByNumber(index) for index in range(3))
    assert first.textList().itemText(first) == "3."
    assert second.textList().itemText(second) == "4."
    assert task.blockFormat().marker() == task.blockFormat().MarkerType.Checked
    tables = [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)]
    assert [(table.rows(), table.columns()) for table in tables] == [(2, 2)]
    assert tables[0].cellAt(0, 0).firstCursorPosition().charFormat().fontWeight() >= QFont.Weight.DemiBold or (
        tables[0].cellAt(0, 0).firstCursorPosition().block().begin().fragment().charFormat().fontWeight()
        == QFont.Weight.DemiBold
    )


def test_numbers_go_on_through_a_long_list() -> None:
    document = QTextDocument()
    MarkdownStream.render_all(document, "".join("1. x\n" for _ in range(50)))
    last = document.lastBlock()
    assert last.textList().itemText(last) == "50."
    assert last.textList().count() < 20
