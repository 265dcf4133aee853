"""Code blocks and blocks of mathematics, written line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCursor

from caal_desktop.widgets.markdown.parse.highlight import LINE_CHARS, Highlighter, Run, ends_chunk
from caal_desktop.widgets.markdown.parse.sanitize import neutralise
from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.leaf import Leaf
from caal_desktop.widgets.markdown.render.markdown_style import Property

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import LeafTarget

CODE_BLOCK_CHARS = 2000
"""A longer line of code goes on in a block of its own: Qt lays a block out as a whole at every change."""


class VerbatimLeaf(Leaf):
    """Lines kept as they are: a block of mathematics; the base of code."""

    def __init__(self, kind: LeafKind, place: LeafPlacement) -> None:
        super().__init__(kind, place)
        self.line_chars = 0

    def add_line(self, page: LeafTarget, text: str) -> None:
        """Write a line."""
        self.write_line(page, [Run(neutralise(text), "")])

    def extend_line(self, page: LeafTarget, text: str) -> None:
        """Write more of the last line, without colours."""
        text = neutralise(text)
        style = page.style.code("")
        while text:
            room = CODE_BLOCK_CHARS - self.line_chars
            if room <= 0:
                self.line_chars = 0
                self.begin_block(page, continues=True)
                continue
            page.cursor.insertText(text[:room], style)
            self.line_chars += len(text[:room])
            text = text[room:]

    def close(self, page: LeafTarget, *, unfinished: bool) -> None:
        """Nothing is left: each line was written when it came."""

    def begin_block(self, page: LeafTarget, *, continues: bool = False) -> None:
        """Begin a line's block."""
        page.begin_block(self, page.style.code(""), continues=continues)

    def write_line(self, page: LeafTarget, runs: list[Run]) -> None:
        """Write a line in colours."""
        self.begin_block(page)
        self.started = True
        self.line_chars = sum(len(run.text) for run in runs)
        for run in runs:
            page.cursor.insertText(run.text, page.style.code(run.role))


class CodeLeaf(VerbatimLeaf):
    """Code in colours, which are final when a chunk is complete."""

    def __init__(self, place: LeafPlacement, code_id: int, language: str) -> None:
        super().__init__(LeafKind.CODE, place)
        self._properties: dict[int, object] = {Property.CODE_ID: code_id, Property.CODE_LANGUAGE: language}
        self._highlighter = Highlighter(language)
        self._chunk: list[str] = []
        self._chunk_chars = 0
        self._written: list[tuple[int, list[Run]]] = []

    def detach(self) -> None:
        """Stop sharing what grows."""
        self._highlighter = self._highlighter.copy()
        self._chunk = list(self._chunk)
        self._written = list(self._written)

    def begin_block(self, page: LeafTarget, *, continues: bool = False) -> None:
        """Begin a line's block, which tells views what it belongs to."""
        properties = {**self._properties, Property.CODE_CONTINUES: True} if continues else self._properties
        page.begin_block(self, page.style.code(""), properties=properties, continues=continues)

    def add_line(self, page: LeafTarget, text: str) -> None:
        """Write a line in its provisional colours."""
        text = neutralise(text)
        highlighter = self._highlighter
        if not highlighter.plain and ends_chunk(self._chunk, self._chunk_chars, text):
            self._finish_chunk(page)
        runs = highlighter.line(text)
        self.write_line(page, runs)
        if not highlighter.plain:
            self._written.append((page.cursor.position() - len(text), runs))
            self._chunk.append(text)
            self._chunk_chars += min(len(text), LINE_CHARS) + 1

    def close(self, page: LeafTarget, *, unfinished: bool) -> None:
        """Show that there is a code block, however empty, and give its end its final colours."""
        if not self.started:
            self.write_line(page, [])
        if not unfinished:
            self._finish_chunk(page)

    def _finish_chunk(self, page: LeafTarget) -> None:
        """Give a complete chunk its final colours, touching only what differs."""
        if self._chunk and not page.in_tail:
            style = page.style
            cursor = QTextCursor(page.document)
            for (position, old), new in zip(self._written, self._highlighter.chunk(self._chunk), strict=False):
                if old == new:
                    continue
                for run in new:
                    cursor.setPosition(position)
                    position += len(run.text)
                    cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(style.code(run.role))
        self._chunk, self._written, self._chunk_chars = [], [], 0
