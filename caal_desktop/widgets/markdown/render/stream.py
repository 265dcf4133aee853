"""Renders a growing Markdown answer into a QTextDocument."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QPalette

from caal_desktop.widgets.markdown.parse.blocks import BlockParser
from caal_desktop.widgets.markdown.parse.structure import LINE_LIMIT
from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle
from caal_desktop.widgets.markdown.render.writer import DocumentWriter

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

FRAME_BUDGET_MS = 5.0
"""Milliseconds that one call of `MarkdownStream.feed` may take, before layout and paint, of a frame of 16 ms."""
_READING_SHARE = 0.6
"""Share of the budget for reading; the rest is for the provisional part, and for Qt's layout at the edit's end."""
_LONG_SLICE = 4096


class MarkdownStream:
    """Renders an answer at the end of a document while it arrives.

    Finished blocks are written once. Only what may still change (the open block's end) is rewritten, in one edit for
    each call. However the text was cut into pieces, the finished document is the same.

    Args:
        document: Where to write; undo is switched off. For speed, give each answer a document of its own.
        palette: Colours; the application's by default.
    """

    def __init__(self, document: QTextDocument, palette: QPalette | None = None) -> None:
        document.setUndoRedoEnabled(False)
        self.document = document
        self.style = MarkdownStyle(
            palette if palette is not None else QGuiApplication.palette(), document.defaultFont()
        )
        document.setIndentWidth(self.style.indent_width)
        option = document.defaultTextOption()
        if option.tabStopDistance() != self.style.character_width * 4:
            option.setTabStopDistance(self.style.character_width * 4)
            document.setDefaultTextOption(option)
        self._writer = DocumentWriter(document, self.style)
        self._parser = BlockParser(self._writer)
        self._text = ""
        self._position = 0
        self._in_long_line = False
        self._carriage_return = False
        self._ended = False
        self._finished = False

    @classmethod
    def render_all(cls, document: QTextDocument, text: str, palette: QPalette | None = None) -> MarkdownStream:
        """Render a whole answer at once, without a budget: about 1 ms per 1,000 characters."""
        stream = cls(document, palette)
        stream._accept(text)
        stream._ended = True
        while stream.pump(None):
            pass
        return stream

    @property
    def finished(self) -> bool:
        """Whether everything is rendered for good."""
        return self._finished

    def feed(self, text: str, budget_ms: float | None = FRAME_BUDGET_MS) -> bool:
        """Take what has arrived since the last frame, and render within the budget.

        Returns:
            True if text is left over: call `pump` in the next frame.
        """
        if self._ended:
            raise RuntimeError("feed() after finish()")
        self._accept(text)
        return self.pump(budget_ms)

    def finish(self, budget_ms: float | None = FRAME_BUDGET_MS) -> bool:
        """Render the end of an answer that is complete, or was stopped.

        Returns:
            True if text is left over: call `pump` in the next frame.
        """
        self._ended = True
        return self.pump(budget_ms)

    def pump(self, budget_ms: float | None = FRAME_BUDGET_MS) -> bool:
        """Render what is left over, within the budget; None for all of it.

        Returns:
            True if there is still more.
        """
        if self._finished:
            return False
        deadline = None if budget_ms is None else time.perf_counter() + budget_ms * _READING_SHARE / 1000
        cursor = self._writer.appender.cursor
        cursor.beginEditBlock()
        try:
            self._writer.remove_provisional()
            more = self._read_lines(deadline)
            if self._ended and not more:
                self._finish_last_line()
                self._finished = True
            else:
                self._write_provisional("" if more else self._text[self._position :])
        finally:
            cursor.endEditBlock()
        if self._position > 65536 or not more:
            self._text = self._text[self._position :]
            self._position = 0
        return more

    def _accept(self, text: str) -> None:
        if self._carriage_return:
            text = "\r" + text
        self._carriage_return = text.endswith("\r")
        if self._carriage_return:
            text = text[:-1]
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._text += text.replace("\0", "\ufffd") if "\0" in text else text

    def _read_lines(self, deadline: float | None) -> bool:
        """Read complete lines, and the settled part of a long one; return whether the deadline came first."""
        text, parser = self._text, self._parser
        while True:
            end = text.find("\n", self._position)
            available = (end if end >= 0 else len(text)) - self._position
            if self._in_long_line:
                take = min(available, _LONG_SLICE)
                if take:
                    parser.extend_long_line(text[self._position : self._position + take])
                    self._position += take
                if take == available:
                    if end < 0:
                        return False
                    self._in_long_line = False
                    self._position = end + 1
            elif available > LINE_LIMIT:
                parser.begin_long_line(text[self._position : self._position + LINE_LIMIT])
                self._position += LINE_LIMIT
                self._in_long_line = True
            elif end < 0:
                return False
            else:
                parser.line(text[self._position : end])
                self._position = end + 1
            if deadline is not None and time.perf_counter() >= deadline:
                return True

    def _finish_last_line(self) -> None:
        if self._position < len(self._text):
            self._parser.line(self._text[self._position :])
            self._position = len(self._text)
        self._parser.finish()

    def _write_provisional(self, partial: str) -> None:
        self._writer.begin_provisional()
        if partial and not self._parser.is_undecided(partial):
            self._parser.clone(self._writer).line(partial)
        self._writer.end_provisional()
