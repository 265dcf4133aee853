"""Paragraphs and headings. A long paragraph is written in segments, as soon as nothing can change them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.markdown.parse import inline
from caal_desktop.widgets.markdown.parse.inline import LINE_BREAK, InlineSpan, InlineStyle
from caal_desktop.widgets.markdown.parse.structure import LINE_LIMIT, LeafKind
from caal_desktop.widgets.markdown.parse.table_rows import split_row
from caal_desktop.widgets.markdown.render.leaf import Leaf
from caal_desktop.widgets.markdown.render.table_leaf import TableLeaf

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import LeafTarget

SEGMENT_SIZES = (256, 512)
SEGMENT_LIMIT = 1024
"""At this many characters a paragraph's text is cut even inside emphasis or a link that was never closed."""
SEGMENT_HARD_LIMIT = 1536
BLOCK_CHARS = 1500
"""A longer paragraph is split into several text blocks: Qt lays a block out as a whole at every change."""

_BOUNDARY = re.compile(r"[ \n](?=[^ \n\t])")


class TextLeaf(Leaf):
    """A paragraph or a heading."""

    def __init__(self, kind: LeafKind, placement: LeafPlacement, level: int = 0) -> None:
        super().__init__(kind, placement, level)
        self._pending = ""  # text not yet written
        self._last_line = 0  # where its last line starts
        self._lines = 0
        self._long = False  # the last line is longer than a line may be: no table can begin with it
        self._stage = 0  # how many of SEGMENT_SIZES were tried in vain
        self._block_chars = 0

    def add_line(self, target: LeafTarget, text: str) -> None:
        """Take a line; those before it are settled now."""
        self._long = False
        if self._lines:
            self._pending += "\n"
            self._last_line = len(self._pending)
            self._write_segments(target)
        self._pending += text
        self._lines += 1

    def extend_line(self, target: LeafTarget, text: str) -> None:
        """Take more of the last line."""
        if self.kind is not LeafKind.PARAGRAPH:
            return
        self._long = True
        # In slices: one search for a boundary must not see more than a stream would have shown it.
        for start in range(0, len(text), LINE_LIMIT):
            self._pending += text[start : start + LINE_LIMIT]
            self._write_segments(target)

    def retract_line(self) -> None:
        """Forget the last line."""
        self._pending = self._pending[: max(0, self._last_line - 1)]

    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Write what is left."""
        text = self._pending.rstrip()
        if unfinished and self.kind is LeafKind.PARAGRAPH:
            start = min(self._last_line, len(text))
            last = text[start:]
            # A line that begins with a bar will be a table's header: it is shown as one before its second line comes.
            if (
                last.startswith("|")
                and len(last) > 1
                and len(last) <= LINE_LIMIT
                and not self._long
                and not self.is_split
            ):
                self._write_as_table(target, text[:start].rstrip(), last)
                return
        if text or not (self.started or self.is_split):
            self._write(
                target, _stripped(inline.parse(text, target.references, unfinished=unfinished, translate=translated))
            )

    def _write_segments(self, target: LeafTarget) -> None:
        """Write the part of a paragraph that nothing after it can change."""
        while self.kind is LeafKind.PARAGRAPH:
            limit = len(self._pending) if self._long else self._last_line
            forced = self._stage >= len(SEGMENT_SIZES)
            size = SEGMENT_LIMIT if forced else SEGMENT_SIZES[self._stage]
            if limit <= size:
                return
            end = _boundary(self._pending, size, limit)
            if end < 0:
                if limit < SEGMENT_HARD_LIMIT:
                    return
                end = SEGMENT_HARD_LIMIT
                forced = True
            if not forced and not inline.is_closed(self._pending[:end], target.references):
                self._stage += 1
                continue
            self._write_segment(target, end)

    def _write_segment(self, target: LeafTarget, end: int) -> None:
        text = self._pending[:end]
        self._pending = self._pending[end:]
        self._last_line = max(0, self._last_line - end)
        self._stage = 0
        spans = inline.parse(text, target.references, translate=translated)
        self._block_chars += len(text)
        full = self._block_chars >= BLOCK_CHARS
        self._write(target, _stripped(spans) if full else spans)
        if full:
            self._block_chars = 0
            self.started = False
            self.is_split = True

    def _write(self, target: LeafTarget, spans: list[InlineSpan]) -> None:
        style = target.style
        muted = bool(self.placement.bars)
        if not self.started:
            target.begin_block(self, style.span_format(InlineStyle.PLAIN, "", self.level, muted=muted))
            self.started = True
        for span in spans:
            target.cursor.insertText(span.text, style.span_format(span.style, span.href, self.level, muted=muted))

    def _write_as_table(self, target: LeafTarget, before: str, header: str) -> None:
        placement = self.placement
        if before or placement.marker is not None:
            self._write(target, _stripped(inline.parse(before, target.references, translate=translated)))
            placement = replace(placement, marker=None, after_blank=True)
        table = TableLeaf(placement, ("left",) * max(1, len(split_row(header))))
        table.add_row(target, header, unfinished=True)
        table.close(target, unfinished=True)


def _boundary(text: str, start: int, limit: int) -> int:
    """Return where text may be cut: behind the first white space from ``start`` on; -1 if none is before the limit."""
    match = _BOUNDARY.search(text, start, min(limit, SEGMENT_HARD_LIMIT))
    return -1 if match is None else match.end()


def _stripped(spans: list[InlineSpan]) -> list[InlineSpan]:
    """Drop white space and line breaks at the end of a block."""
    result = list(spans)
    while result:
        last = result[-1]
        text = last.text.rstrip(" " + LINE_BREAK)
        if text:
            result[-1] = last._replace(text=text)
            break
        result.pop()
    return result
