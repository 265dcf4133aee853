"""Code blocks and blocks of mathematics, written line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCursor

from caal_desktop.widgets.markdown.parse.highlight import LINE_CHARS, Highlighter, Run, ends_chunk
from caal_desktop.widgets.markdown.parse.sanitize import neutralise
from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.leaf import Leaf
from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import LeafTarget

CODE_BLOCK_CHARS = 2000
"""A longer line of code is split into several text blocks: Qt lays a block out as a whole at every change."""


class VerbatimLeaf(Leaf):
    """Lines that are kept as they are: a block of mathematics, and the base class of code."""

    def __init__(self, kind: LeafKind, placement: LeafPlacement) -> None:
        super().__init__(kind, placement)
        self.line_chars = 0

    def add_line(self, target: LeafTarget, text: str) -> None:
        """Write a line."""
        self.write_line(target, [Run(neutralise(text), "")])

    def extend_line(self, target: LeafTarget, text: str) -> None:
        """Write more of the last line, without colours."""
        text = neutralise(text)
        style = target.style.code_format("")
        while text:
            free = CODE_BLOCK_CHARS - self.line_chars
            if free <= 0:
                self.line_chars = 0
                self.begin_block(target, continues=True)
                continue
            target.cursor.insertText(text[:free], style)
            self.line_chars += len(text[:free])
            text = text[free:]

    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Do nothing: each line was written when it arrived."""

    def begin_block(self, target: LeafTarget, *, continues: bool = False) -> None:
        """Begin the text block of a line."""
        target.begin_block(self, target.style.code_format(""), continues=continues)

    def write_line(self, target: LeafTarget, runs: list[Run]) -> None:
        """Write a line in colours."""
        self.begin_block(target)
        self.started = True
        self.line_chars = sum(len(run.text) for run in runs)
        for run in runs:
            target.cursor.insertText(run.text, target.style.code_format(run.role))


class CodeLeaf(VerbatimLeaf):
    """Highlighted code; the colours of a chunk are final when it is complete."""

    def __init__(self, placement: LeafPlacement, code_id: int, language: str) -> None:
        super().__init__(LeafKind.CODE, placement)
        self._properties: dict[int, object] = {BlockProperty.CODE_ID: code_id, BlockProperty.CODE_LANGUAGE: language}
        self._highlighter = Highlighter(language)
        self._chunk: list[str] = []
        self._chunk_chars = 0
        self._written: list[tuple[int, list[Run]]] = []

    def detach(self) -> None:
        """Stop sharing what grows."""
        self._highlighter = self._highlighter.copy()
        self._chunk = list(self._chunk)
        self._written = list(self._written)

    def begin_block(self, target: LeafTarget, *, continues: bool = False) -> None:
        """Begin the text block of a line, with properties that tell views which code block it belongs to."""
        properties = {**self._properties, BlockProperty.CODE_CONTINUES: True} if continues else self._properties
        target.begin_block(self, target.style.code_format(""), properties=properties, continues=continues)

    def add_line(self, target: LeafTarget, text: str) -> None:
        """Write a line in its provisional colours."""
        text = neutralise(text)
        highlighter = self._highlighter
        if not highlighter.plain and ends_chunk(self._chunk, self._chunk_chars, text):
            self._finish_chunk(target)
        runs = highlighter.line(text)
        self.write_line(target, runs)
        if not highlighter.plain:
            self._written.append((target.cursor.position() - len(text), runs))
            self._chunk.append(text)
            self._chunk_chars += min(len(text), LINE_CHARS) + 1

    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Show the code block even if it is empty, and give its end its final colours."""
        if not self.started:
            self.write_line(target, [])
        if not unfinished:
            self._finish_chunk(target)

    def _finish_chunk(self, target: LeafTarget) -> None:
        """Give a complete chunk its final colours, touching only what differs."""
        if self._chunk and not target.is_provisional:
            style = target.style
            cursor = QTextCursor(target.document)
            for (position, old), new in zip(self._written, self._highlighter.chunk(self._chunk), strict=False):
                if old == new:
                    continue
                for run in new:
                    cursor.setPosition(position)
                    position += len(run.text)
                    cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(style.code_format(run.role))
        self._chunk, self._written, self._chunk_chars = [], [], 0
