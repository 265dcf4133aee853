r"""Block structure of Markdown, line by line.

The algorithm is CommonMark's own (appendix "A parsing strategy"): a stack of open containers and one open leaf, and
each line is read once. So the cost of an answer grows with its length, whatever its shape, and what was emitted is
final. No Qt here.

Departures from CommonMark and GFM, each so that nothing already on screen has to change:

* A list's items are not all loosened by one blank line; the blank line widens the gap where it is.
* A link reference definition is one line and counts for what follows it.
* A paragraph longer than `SETEXT_LIMIT` cannot become a heading by being underlined.
* A line longer than `LINE_LIMIT` is a paragraph's or a code block's; it cannot be a heading, a table row or a
  thematic break.
* Containers nest at most `MAX_NESTING` deep.
* Raw HTML is text. ``\[``/``$$`` at a line's start open a block of mathematics, which is kept as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from caal_desktop.widgets.markdown.parse.containers import Containers
from caal_desktop.widgets.markdown.parse.line_cursor import LineCursor
from caal_desktop.widgets.markdown.parse.structure import LINE_LIMIT, LeafKind, LeafPlacement, Sink
from caal_desktop.widgets.markdown.parse.table_rows import column_alignments

SETEXT_LIMIT = 200
MAX_NESTING = 24


@dataclass(slots=True)
class _OpenLeaf:
    """The open leaf block."""

    kind: LeafKind
    placement: LeafPlacement
    fence: str = ""
    fence_indent: int = 0
    lines: list[str] = field(default_factory=list)  # a paragraph's, while it is short
    length: int = 0
    blanks: tuple[str, ...] = ()  # indented code: blank lines not yet known to be inside
    long: bool = False


_ATX = re.compile(r"(#{1,6})(?:[ \t]+|\Z)")
_ATX_END = re.compile(r"(?:[ \t]+#+|\A#+)[ \t]*\Z")
_FENCE = re.compile(r"(`{3,})([^`]*)\Z|(~{3,})(.*)\Z")
_SETEXT = re.compile(r"(=+|-+)[ \t]*\Z")
_THEMATIC_BREAK = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})\Z")
_BULLET = re.compile(r"[*+-](?=[ \t]|\Z)")
_ORDERED = re.compile(r"(\d{1,9})([.)])(?=[ \t]|\Z)")
_DEFINITION = re.compile(
    r"\[((?:[^\[\]\\]|\\.){1,999})\]:[ \t]*(?:<([^<>]*)>|([^\s<]\S*))(?:[ \t]+(?:\".*\"|'.*'|\(.*\)))?[ \t]*\Z"
)
_MATH_BEGIN = re.compile(r"\\\[|\$\$")
_MATH_END = {"\\[": "\\]", "$$": "$$"}

_UNDECIDED = tuple(
    re.compile(pattern)
    for pattern in (
        # Nothing but markers: the next character decides whether they are a list, a thematic break, a heading, a
        # setext underline or text.
        r"[\s>]*(?:[-*+=_#~`|:\s]*|\d{1,9}[.)]?\s*|\\|\$\$?)\Z",
        r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)+(?:\[[ xX]?\]?\s*|[-*+=_#~`]*\s*|\d{1,9}[.)]?\s*)?\Z",
        # A fence's language would change with each of its letters.
        r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(?:`{3,}[^`]*|~{3,}.*)\Z",
        r" {0,3}\[[^\[\]]+\]:\s*\S*\Z",
    )
)


class BlockParser:
    """Reads lines, and tells a `Sink` which leaf blocks they are."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self._containers = Containers()
        self._leaf: _OpenLeaf | None = None
        self._consumed = 0

    def clone(self, sink: Sink) -> BlockParser:
        """Return a parser that continues from here, independent of this one."""
        clone = BlockParser(sink)
        clone._containers = self._containers.copy()
        clone._leaf = None if self._leaf is None else replace(self._leaf, lines=list(self._leaf.lines))
        clone._consumed = self._consumed
        return clone

    def is_undecided(self, line: str) -> bool:
        """Return whether the beginning of a line must stay hidden until more of it has arrived.

        Args:
            line: What has arrived of it.
        """
        leaf = self._leaf
        if leaf is not None and leaf.kind is LeafKind.CODE and leaf.fence:
            fence = line.strip(" \t>")
            return bool(fence) and not fence.strip(leaf.fence[0])
        return any(pattern.match(line) for pattern in _UNDECIDED)

    def line(self, text: str) -> None:
        """Read one complete line without its line feed."""
        if len(text) > LINE_LIMIT:
            self.begin_long_line(text[:LINE_LIMIT])
            self.extend_long_line(text[LINE_LIMIT:])
            return
        self._line(text, long=False)

    def begin_long_line(self, text: str) -> None:
        """Read the first `LINE_LIMIT` characters of a longer line."""
        self._line(text, long=True)
        if self._leaf is None or self._leaf.kind not in (LeafKind.PARAGRAPH, LeafKind.CODE, LeafKind.MATH):
            self._open_paragraph("")
        if self._leaf is not None:
            self._leaf.long = True

    def extend_long_line(self, text: str) -> None:
        """Read more of a long line."""
        self._consumed += len(text)
        if self._leaf is not None:
            self._leaf.length += len(text)
            self.sink.extend_line(text)

    def finish(self) -> None:
        """Close everything: the answer is complete."""
        self._close_to(0)

    # -- one line ---------------------------------------------------------------------------------------------

    def _line(self, text: str, *, long: bool) -> None:
        self._consumed += len(text) + 1
        cursor = LineCursor(text)
        matched = self._containers.match(cursor)
        all_matched = matched == len(self._containers)
        leaf = self._leaf
        if (
            leaf is not None
            and all_matched
            and leaf.kind in (LeafKind.CODE, LeafKind.MATH)
            and self._continue_verbatim(leaf, cursor)
        ):
            return
        paragraph_open = leaf is not None and leaf.kind is LeafKind.PARAGRAPH
        matched, opened = self._start_blocks(cursor, matched, all_matched=all_matched, long=long)
        if opened == "done":
            return
        blank = cursor.blank
        leaf = self._leaf
        if not blank and not opened and paragraph_open and leaf is not None and leaf.kind is LeafKind.PARAGRAPH:
            self._continue_paragraph(leaf, cursor.rest())  # also the lazy continuation of an unmatched container's
            return
        if not opened:
            if (
                leaf is not None
                and leaf.kind is LeafKind.TABLE
                and all_matched
                and not blank
                and not long
                and not cursor.indented
            ):
                self.sink.add_line(cursor.rest())
                return
            self._close_to(matched)
        if blank:
            self._close_leaf()
            self._containers.blank = self._containers.blank or not opened
            return
        self._open_paragraph(cursor.rest())

    def _continue_verbatim(self, leaf: _OpenLeaf, cursor: LineCursor) -> bool:
        if leaf.kind is LeafKind.MATH:
            if cursor.blank:
                return False
            text = cursor.rest()
            self.sink.add_line(text)
            if leaf.fence in text:
                self._close_leaf()
            return True
        if leaf.fence:
            text = cursor.rest().rstrip(" \t")
            if not cursor.indented and len(text) >= len(leaf.fence) and not text.strip(leaf.fence[0]):
                self._close_leaf()
                return True
            cursor.advance_columns(min(cursor.indent, leaf.fence_indent))
            self.sink.add_line(cursor.remaining())
            return True
        if cursor.blank:
            cursor.advance_columns(4)
            leaf.blanks = (*leaf.blanks, cursor.remaining())
            return True
        if cursor.indented:
            for line in leaf.blanks:
                self.sink.add_line(line)
            leaf.blanks = ()
            cursor.advance_columns(4)
            self.sink.add_line(cursor.remaining())
            return True
        if leaf.blanks:
            self._containers.blank = True
        return False

    def _start_blocks(self, cursor: LineCursor, matched: int, *, all_matched: bool, long: bool) -> tuple[int, str]:
        """Open what this line begins, and return the matched depth and "" (nothing), "container" or "done"."""
        opened = ""
        while not cursor.blank:
            leaf = self._leaf
            in_paragraph = leaf is not None and leaf.kind is LeafKind.PARAGRAPH and not opened
            own_paragraph = in_paragraph and all_matched
            if cursor.indented:
                if in_paragraph:
                    return matched, opened
                self._close_unmatched(matched, opened)
                self._containers.end_list()
                cursor.advance_columns(4)
                self._begin_leaf(LeafKind.CODE)
                self.sink.add_line(cursor.remaining())
                return matched, "done"
            text = cursor.rest()
            may_nest = len(self._containers) < MAX_NESTING if opened else matched < MAX_NESTING
            if cursor.peek == ">" and may_nest:
                self._close_unmatched(matched, opened)
                self._containers.end_list()
                self._write_marker()
                cursor.skip_quote_marker()
                self._containers.begin_quote()
            elif not long and self._start_leaf(cursor, text, matched, opened, own_paragraph=own_paragraph):
                return matched, "done"
            elif may_nest and (item := self._item_at(text, own_paragraph=own_paragraph)) is not None:
                self._close_unmatched(matched, opened)
                self._begin_item(*item, cursor)
            else:
                return matched, opened
            matched = len(self._containers)
            opened = "container"
        return matched, opened

    def _start_leaf(self, cursor: LineCursor, text: str, matched: int, opened: str, *, own_paragraph: bool) -> bool:
        leaf = self._leaf
        first = text[0]
        if first == "#" and (match := _ATX.match(text)) is not None:
            self._close_unmatched(matched, opened)
            self._begin_leaf(LeafKind.HEADING, level=len(match[1]))
            self.sink.add_line(_ATX_END.sub("", text[match.end() :].rstrip()).strip())
            self._close_leaf()
            return True
        if first in "`~" and (match := _FENCE.match(text)) is not None:
            indent = cursor.indent
            self._close_unmatched(matched, opened)
            info = (match[2] if match[1] else match[4]).strip()
            self._begin_leaf(LeafKind.CODE, info=info)
            if self._leaf is not None:
                self._leaf.fence = match[1] or match[3]
                self._leaf.fence_indent = indent
            return True
        if own_paragraph and leaf is not None and leaf.length <= SETEXT_LIMIT and _SETEXT.match(text) is not None:
            self._make_setext(leaf, 1 if first == "=" else 2)
            return True
        if first in "*_-" and _THEMATIC_BREAK.match(text) is not None:
            self._close_unmatched(matched, opened)
            self._begin_leaf(LeafKind.THEMATIC_BREAK)
            self._close_leaf()
            return True
        if own_paragraph and leaf is not None and first in "|-:" and self._make_table(leaf, text):
            return True
        if first in "\\$" and not (leaf is not None and leaf.kind is LeafKind.PARAGRAPH and not own_paragraph):
            return self._start_math(text, matched, opened)
        return False

    def _start_math(self, text: str, matched: int, opened: str) -> bool:
        match = _MATH_BEGIN.match(text)
        if match is None:
            return False
        end = _MATH_END[match[0]]
        closing = text.find(end, 2)
        if closing >= 0 and text[closing + 2 :].strip():
            return False  # text follows on the line: mathematics inside a paragraph
        self._close_unmatched(matched, opened)
        self._begin_leaf(LeafKind.MATH)
        self.sink.add_line(text.rstrip())
        if closing >= 0:
            self._close_leaf()
        elif self._leaf is not None:
            self._leaf.fence = end
        return True

    @staticmethod
    def _item_at(text: str, *, own_paragraph: bool) -> tuple[bool, str, int, int] | None:
        """Read a list marker: return whether it is ordered, its character, its number and its width in columns."""
        match = _BULLET.match(text)
        ordered = match is None
        if match is None:
            match = _ORDERED.match(text)
        if match is None:
            return None
        number = int(match[1]) if ordered else 0
        after = text[match.end() :].strip(" \t")
        if own_paragraph and (not after or (ordered and number != 1)):
            return None  # a line of prose may begin with a number or a dash: only a clear list interrupts a paragraph
        return ordered, (match[2] if ordered else match[0]), number, match.end()

    def _begin_item(self, ordered: bool, char: str, number: int, width: int, cursor: LineCursor) -> None:
        containers = self._containers
        if not containers.in_list_of(char, ordered=ordered):
            containers.end_list()
            self._write_marker()
            containers.begin_list(char, number, ordered=ordered)
        self._write_marker()
        containers.begin_item(cursor, width, self._consumed)

    # -- leaves and containers --------------------------------------------------------------------------------

    def _close_unmatched(self, matched: int, opened: str) -> None:
        """Close everything that this line did not match, before a new block."""
        if opened:
            self._close_leaf()
        else:
            self._close_to(matched)

    def _close_to(self, depth: int) -> None:
        if self._leaf is not None:
            self._close_leaf()
        if len(self._containers) > depth:
            self._write_marker()
            self._containers.close_to(depth)

    def _write_marker(self) -> None:
        """Write the marker of an item that begins without text: it is empty, or begins with another container."""
        if self._containers.marker is not None:
            self.sink.open_leaf(LeafKind.PARAGRAPH, self._containers.next_placement(take_marker=True))
            self.sink.close_leaf()

    def _begin_leaf(self, kind: LeafKind, *, level: int = 0, info: str = "", alignments: tuple[str, ...] = ()) -> None:
        self._containers.end_list()
        takes_marker = kind in (LeafKind.PARAGRAPH, LeafKind.HEADING)
        if not takes_marker:
            self._write_marker()
        self._containers.mark_filled()
        placement = self._containers.next_placement(take_marker=takes_marker)
        self._leaf = _OpenLeaf(kind, placement)
        self.sink.open_leaf(kind, placement, level=level, info=info, alignments=alignments)

    def _close_leaf(self) -> None:
        if self._leaf is not None:
            self._leaf = None
            self.sink.close_leaf()

    def _open_paragraph(self, text: str) -> None:
        if len(text) < LINE_LIMIT and (match := _DEFINITION.match(text)) is not None and match[1].strip():
            self._close_leaf()
            self._containers.end_list()
            self._containers.mark_filled()
            self.sink.define(match[1], match[2] if match[2] is not None else match[3])
            return
        self._begin_leaf(LeafKind.PARAGRAPH)
        if self._leaf is not None:
            self._leaf.lines.append(text)
            self._leaf.length = len(text)
        self.sink.add_line(text)

    def _continue_paragraph(self, leaf: _OpenLeaf, text: str) -> None:
        leaf.length += len(text) + 1
        leaf.lines = [*leaf.lines, text] if leaf.length <= SETEXT_LIMIT else [text]
        leaf.long = False
        self.sink.add_line(text)

    def _make_setext(self, leaf: _OpenLeaf, level: int) -> None:
        text = "\n".join(leaf.lines).rstrip()
        self.sink.retract_leaf()
        placement = leaf.placement
        self._leaf = None
        self.sink.open_leaf(LeafKind.HEADING, placement, level=level)
        self.sink.add_line(text)
        self.sink.close_leaf()

    def _make_table(self, leaf: _OpenLeaf, text: str) -> bool:
        if leaf.long or not leaf.lines:
            return False
        header = leaf.lines[-1]
        alignments = column_alignments(header, text)
        if alignments is None:
            return False
        placement = leaf.placement
        if leaf.length == len(header):
            self.sink.retract_leaf()
        else:
            self.sink.retract_line()
            self.sink.close_leaf()
            placement = replace(placement, marker=None, after_blank=True)
        self._leaf = None
        if placement.marker is not None:
            self.sink.open_leaf(LeafKind.PARAGRAPH, placement)
            self.sink.close_leaf()
            placement = replace(placement, marker=None)
        self._leaf = _OpenLeaf(LeafKind.TABLE, placement)
        self.sink.open_leaf(LeafKind.TABLE, placement, alignments=alignments)
        self.sink.add_line(header)
        return True
