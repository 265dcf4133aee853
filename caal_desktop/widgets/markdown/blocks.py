"""Block structure of Markdown, line by line.

The algorithm is CommonMark's own (appendix "A parsing strategy"): a stack of open containers and one open leaf, and
each line is read once. So the cost of an answer grows with its length, whatever its shape, and what was emitted is
final. Nothing here knows Qt.

Departures from CommonMark and GFM, each so that nothing already on screen has to change:

* A list's items are not all loosened by one blank line; the blank line widens the gap where it stands.
* A link reference definition is one line and counts for what follows it.
* A paragraph longer than `SETEXT_LIMIT` cannot become a heading by being underlined.
* A line longer than `LINE_LIMIT` is a paragraph's or a code block's; it cannot be a heading, a table row or a rule.
* Containers nest at most `MAX_NESTING` deep.
* Raw HTML is text. ``\\[``/``$$`` at a line's start open a block of mathematics, which is kept as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

LINE_LIMIT = 1024
SETEXT_LIMIT = 200
MAX_NESTING = 24
LIST_CHUNK_ITEMS = 16
LIST_CHUNK_CHARS = 2000


class Kind(Enum):
    """What a leaf block is."""

    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    MATH = auto()
    TABLE = auto()
    RULE = auto()


@dataclass(frozen=True, slots=True)
class Marker:
    """A list item's mark.

    Attributes:
        group: Identifies the run of items that share one text list. Long lists are several groups, because a text
            list is laid out anew, as a whole, whenever an item joins it.
        ordered: Numbered or bulleted.
        number: The item's number.
        level: List nesting, from 0.
        checked: A task's state; None if the item is no task.
    """

    group: int
    ordered: bool
    number: int
    level: int
    delimiter: str = "."
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands.

    Attributes:
        indent: Steps of indentation, one for each container around it.
        bars: For each block quote around it, the step at which its bar stands.
        marker: The mark of the list item that begins with this leaf.
        loose: A blank line came before.
        in_list: The innermost container is a list item.
    """

    indent: int = 0
    bars: tuple[int, ...] = ()
    marker: Marker | None = None
    loose: bool = False
    in_list: bool = False


class Sink(Protocol):
    """Receives the leaves in order. One leaf is open at a time."""

    def open_leaf(
        self, kind: Kind, place: Place, *, level: int = 0, info: str = "", aligns: tuple[str, ...] = ()
    ) -> None:
        """Begin a leaf: ``level`` of a heading, ``info`` string of a fence, ``aligns`` of a table's columns."""

    def add_line(self, text: str) -> None:
        """Add a source line to the open leaf (a table row's line as it is)."""

    def extend_line(self, text: str) -> None:
        """Add to the last line of the open leaf."""

    def retract_line(self) -> None:
        """Take the last line of the open paragraph back: it turned out to be a table's header."""

    def retract_leaf(self) -> None:
        """Take the open paragraph back."""

    def close_leaf(self) -> None:
        """No more comes for the open leaf."""

    def define(self, label: str, href: str) -> None:
        """A link reference definition."""


@dataclass(slots=True)
class _ListInfo:
    ordered: bool
    char: str
    level: int
    next_number: int
    group: int = -1
    items: int = 0
    group_start: int = 0


@dataclass(slots=True)
class _Container:
    kind: str  # "quote", "list" or "item"
    width: int = 0  # item: columns its content is indented by
    empty: bool = False  # item: nothing but a marker so far
    list: _ListInfo | None = None


@dataclass(slots=True)
class _Leaf:
    kind: Kind
    place: Place = Place()
    fence: str = ""
    fence_indent: int = 0
    lines: list[str] = field(default_factory=list)  # a paragraph's, while it is short
    length: int = 0
    blanks: int = 0  # indented code: blank lines not yet known to be inside
    long: bool = False


_ATX = re.compile(r"(#{1,6})(?:[ \t]+|\Z)")
_ATX_END = re.compile(r"(?:[ \t]+#+|\A#+)[ \t]*\Z")
_FENCE = re.compile(r"(`{3,})([^`]*)\Z|(~{3,})(.*)\Z")
_SETEXT = re.compile(r"(=+|-+)[ \t]*\Z")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})\Z")
_BULLET = re.compile(r"[*+-](?=[ \t]|\Z)")
_ORDERED = re.compile(r"(\d{1,9})([.)])(?=[ \t]|\Z)")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_DELIMITER_ROW = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
_DEFINITION = re.compile(
    r"\[((?:[^\[\]\\]|\\.){1,999})\]:[ \t]*(?:<([^<>]*)>|(\S+))(?:[ \t]+(?:\".*\"|'.*'|\(.*\)))?[ \t]*\Z"
)
_MATH_BEGIN = re.compile(r"\\\[|\$\$")
_MATH_END = {"\\[": "\\]", "$$": "$$"}


def split_row(line: str) -> list[str]:
    """Split a table row at its unescaped bars; an escaped bar becomes a bar."""
    line = line.strip()
    cells = [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)]
    if line.startswith("|"):
        cells = cells[1:]
    if len(cells) > 1 and cells[-1] == "":
        cells = cells[:-1]
    return cells


class BlockParser:
    """Reads lines and tells a `Sink` about leaves."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self._containers: list[_Container] = []
        self._leaf: _Leaf | None = None
        self._marker: Marker | None = None  # of an item whose first leaf has not begun
        self._blank = False
        self._groups = 0
        self._consumed = 0

    def clone(self, sink: Sink) -> BlockParser:
        """Return a parser that goes on from here on its own."""
        twin = BlockParser(sink)
        twin._containers = [replace(c, list=None if c.list is None else replace(c.list)) for c in self._containers]
        # Items share their list's record with the list: tie the copies together again.
        for index, container in enumerate(twin._containers):
            if container.kind == "item":
                container.list = twin._containers[index - 1].list
        twin._leaf = None if self._leaf is None else replace(self._leaf, lines=list(self._leaf.lines))
        twin._marker = self._marker
        twin._blank = self._blank
        twin._groups = self._groups
        twin._consumed = self._consumed
        return twin

    @property
    def leaf_kind(self) -> Kind | None:
        """The open leaf's kind."""
        return None if self._leaf is None else self._leaf.kind

    @property
    def fence(self) -> str:
        """The open code block's fence, or an empty string."""
        return "" if self._leaf is None else self._leaf.fence

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
        if self._leaf is None or self._leaf.kind not in (Kind.PARAGRAPH, Kind.CODE, Kind.MATH):
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
        """The answer ended."""
        self._close_to(0)

    # -- one line ---------------------------------------------------------------------------------------------

    def _line(self, text: str, *, long: bool) -> None:
        self._consumed += len(text) + 1
        cursor = _Cursor(text)
        matched = self._match_containers(cursor)
        whole = matched == len(self._containers)
        leaf = self._leaf
        if leaf is not None and whole and leaf.kind in (Kind.CODE, Kind.MATH) and self._continue_verbatim(leaf, cursor):
            return
        paragraph_open = leaf is not None and leaf.kind is Kind.PARAGRAPH
        matched, opened = self._start_blocks(cursor, matched, whole=whole, long=long)
        if opened == "done":
            return
        blank = cursor.blank
        leaf = self._leaf
        if not blank and not opened and paragraph_open and leaf is not None and leaf.kind is Kind.PARAGRAPH:
            self._continue_paragraph(leaf, cursor.rest())  # also the lazy continuation of an unmatched container's
            return
        if not opened:
            if (
                leaf is not None
                and leaf.kind is Kind.TABLE
                and whole
                and not blank
                and not long
                and not cursor.indented
            ):
                self.sink.add_line(cursor.rest())
                return
            self._close_to(matched)
        if blank:
            self._close_leaf()
            self._blank = self._blank or not opened
            return
        self._open_paragraph(cursor.rest())

    def _match_containers(self, cursor: _Cursor) -> int:
        matched = 0
        for container in self._containers:
            if container.kind == "quote":
                if cursor.indented or cursor.peek != ">":
                    break
                cursor.skip_quote_marker()
            elif container.kind == "item":
                if cursor.blank:
                    if container.empty:
                        break
                    cursor.to_text()
                elif cursor.indent >= container.width:
                    cursor.advance_columns(container.width)
                else:
                    break
            matched += 1
        return matched

    def _continue_verbatim(self, leaf: _Leaf, cursor: _Cursor) -> bool:
        if leaf.kind is Kind.MATH:
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
            leaf.blanks += 1
            return True
        if cursor.indented:
            for _ in range(leaf.blanks):
                self.sink.add_line("")
            leaf.blanks = 0
            cursor.advance_columns(4)
            self.sink.add_line(cursor.remaining())
            return True
        if leaf.blanks:
            self._blank = True
        return False

    def _start_blocks(self, cursor: _Cursor, matched: int, *, whole: bool, long: bool) -> tuple[int, str]:
        """Open what this line begins. Returns the matched depth and "" (nothing), "container" or "done"."""
        opened = ""
        while not cursor.blank:
            leaf = self._leaf
            in_paragraph = leaf is not None and leaf.kind is Kind.PARAGRAPH and not opened
            own_paragraph = in_paragraph and whole
            if cursor.indented:
                if in_paragraph:
                    return matched, opened
                self._enter(matched, opened)
                if self._containers and self._containers[-1].kind == "list":
                    self._containers.pop()
                cursor.advance_columns(4)
                self._begin_leaf(Kind.CODE)
                self.sink.add_line(cursor.remaining())
                return matched, "done"
            text = cursor.rest()
            room = len(self._containers) < MAX_NESTING if opened else matched < MAX_NESTING
            if cursor.peek == ">" and room:
                self._enter(matched, opened)
                self._pop_list()
                self._flush_marker()
                cursor.skip_quote_marker()
                self._containers.append(_Container("quote"))
            elif not long and self._start_leaf(cursor, text, matched, opened, own_paragraph=own_paragraph):
                return matched, "done"
            elif room and (item := self._item_at(text, own_paragraph=own_paragraph)) is not None:
                self._enter(matched, opened)
                self._begin_item(*item, cursor)
            else:
                return matched, opened
            matched = len(self._containers)
            opened = "container"
        return matched, opened

    def _start_leaf(self, cursor: _Cursor, text: str, matched: int, opened: str, *, own_paragraph: bool) -> bool:
        leaf = self._leaf
        first = text[0]
        if first == "#" and (match := _ATX.match(text)) is not None:
            self._enter(matched, opened)
            self._begin_leaf(Kind.HEADING, level=len(match[1]))
            self.sink.add_line(_ATX_END.sub("", text[match.end() :].rstrip()).strip())
            self._close_leaf()
            return True
        if first in "`~" and (match := _FENCE.match(text)) is not None:
            indent = cursor.indent
            self._enter(matched, opened)
            info = (match[2] if match[1] else match[4]).strip()
            self._begin_leaf(Kind.CODE, info=info)
            if self._leaf is not None:
                self._leaf.fence = match[1] or match[3]
                self._leaf.fence_indent = indent
            return True
        if own_paragraph and leaf is not None and leaf.length <= SETEXT_LIMIT and _SETEXT.match(text) is not None:
            self._make_setext(leaf, 1 if first == "=" else 2)
            return True
        if first in "*_-" and _RULE.match(text) is not None:
            self._enter(matched, opened)
            self._begin_leaf(Kind.RULE)
            self._close_leaf()
            return True
        if own_paragraph and leaf is not None and first in "|-:" and self._make_table(leaf, text):
            return True
        if first in "\\$" and not (leaf is not None and leaf.kind is Kind.PARAGRAPH and not own_paragraph):
            return self._start_math(text, matched, opened)
        return False

    def _start_math(self, text: str, matched: int, opened: str) -> bool:
        match = _MATH_BEGIN.match(text)
        if match is None:
            return False
        end = _MATH_END[match[0]]
        closing = text.find(end, 2)
        if closing >= 0 and text[closing + 2 :].strip():
            return False  # words follow on the line: mathematics inside a paragraph
        self._enter(matched, opened)
        self._begin_leaf(Kind.MATH)
        self.sink.add_line(text.rstrip())
        if closing >= 0:
            self._close_leaf()
        elif self._leaf is not None:
            self._leaf.fence = end
        return True

    @staticmethod
    def _item_at(text: str, *, own_paragraph: bool) -> tuple[bool, str, int, int] | None:
        """Read a list marker: ordered, its character, its number, its width."""
        match = _BULLET.match(text)
        ordered = match is None
        if match is None:
            match = _ORDERED.match(text)
        if match is None:
            return None
        number = int(match[1]) if ordered else 0
        after = text[match.end() :].strip(" \t")
        if own_paragraph and (not after or (ordered and number != 1)):
            return None  # prose may begin a line with a number or a dash: only a clear list interrupts it
        return ordered, (match[2] if ordered else match[0]), number, match.end()

    def _begin_item(self, ordered: bool, char: str, number: int, width: int, cursor: _Cursor) -> None:
        offset = cursor.indent
        top = self._containers[-1] if self._containers else None
        info = top.list if top is not None and top.kind == "list" else None
        if info is None or info.ordered != ordered or info.char != char:
            self._pop_list()
            self._flush_marker()
            level = sum(1 for container in self._containers if container.kind == "list")
            info = _ListInfo(ordered, char, level, number)
            self._containers.append(_Container("list", list=info))
        self._flush_marker()
        cursor.to_text()
        cursor.advance_columns(width)
        spaces = cursor.indent
        empty = cursor.blank
        padding = 1 if empty or spaces > 4 or spaces < 1 else spaces
        cursor.advance_columns(min(padding, spaces))
        if info.group < 0 or info.items >= LIST_CHUNK_ITEMS or self._consumed - info.group_start > LIST_CHUNK_CHARS:
            self._groups += 1
            info.group, info.items, info.group_start = self._groups, 0, self._consumed
        info.items += 1
        number = info.next_number
        info.next_number += 1
        checked = None
        if not empty and (task := _TASK.match(cursor.rest())) is not None and not cursor.indented:
            checked = task[1] != " "
            cursor.to_text()
            cursor.advance_columns(task.end())
        self._containers.append(_Container("item", width=offset + width + padding, empty=empty, list=info))
        self._marker = Marker(info.group, ordered, number, info.level, char, checked)

    # -- leaves and containers --------------------------------------------------------------------------------

    def _enter(self, matched: int, opened: str) -> None:
        """Before a new block: everything that this line did not match ends."""
        if opened:
            self._close_leaf()
        else:
            self._close_to(matched)

    def _close_to(self, depth: int) -> None:
        if self._leaf is not None:
            self._close_leaf()
        if len(self._containers) > depth:
            self._flush_marker()
            del self._containers[depth:]

    def _pop_list(self) -> None:
        if self._containers and self._containers[-1].kind == "list":
            self._containers.pop()

    def _flush_marker(self) -> None:
        """An item that begins with no text (it is empty, or begins with another container) still shows its mark."""
        if self._marker is not None:
            self.sink.open_leaf(Kind.PARAGRAPH, self._place(take_marker=True))
            self.sink.close_leaf()

    def _begin_leaf(self, kind: Kind, *, level: int = 0, info: str = "", aligns: tuple[str, ...] = ()) -> None:
        self._pop_list()
        takes_marker = kind in (Kind.PARAGRAPH, Kind.HEADING)
        if not takes_marker:
            self._flush_marker()
        if self._containers:
            self._containers[-1].empty = False
        place = self._place(take_marker=takes_marker)
        self._leaf = _Leaf(kind, place)
        self.sink.open_leaf(kind, place, level=level, info=info, aligns=aligns)

    def _close_leaf(self) -> None:
        if self._leaf is not None:
            self._leaf = None
            self.sink.close_leaf()

    def _place(self, *, take_marker: bool) -> Place:
        bars: list[int] = []
        indent = 0
        for container in self._containers:
            if container.kind == "quote":
                bars.append(indent)
            if container.kind != "list":
                indent += 1
        place = Place(
            indent,
            tuple(bars),
            self._marker if take_marker else None,
            self._blank,
            bool(self._containers) and self._containers[-1].kind == "item",
        )
        if take_marker:
            self._marker = None
        self._blank = False
        return place

    def _open_paragraph(self, text: str) -> None:
        if len(text) < LINE_LIMIT and (match := _DEFINITION.match(text)) is not None and match[1].strip():
            self._close_leaf()
            self._pop_list()
            if self._containers:
                self._containers[-1].empty = False
            self.sink.define(match[1], match[2] if match[2] is not None else match[3])
            return
        self._begin_leaf(Kind.PARAGRAPH)
        if self._leaf is not None:
            self._leaf.lines.append(text)
            self._leaf.length = len(text)
        self.sink.add_line(text)

    def _continue_paragraph(self, leaf: _Leaf, text: str) -> None:
        leaf.length += len(text) + 1
        leaf.lines = [*leaf.lines, text] if leaf.length <= SETEXT_LIMIT else [text]
        leaf.long = False
        self.sink.add_line(text)

    def _make_setext(self, leaf: _Leaf, level: int) -> None:
        text = "\n".join(leaf.lines).rstrip()
        self.sink.retract_leaf()
        place = leaf.place
        self._leaf = None
        self.sink.open_leaf(Kind.HEADING, place, level=level)
        self.sink.add_line(text)
        self.sink.close_leaf()

    def _make_table(self, leaf: _Leaf, text: str) -> bool:
        if leaf.long or not leaf.lines or _DELIMITER_ROW.match(text) is None:
            return False
        header = leaf.lines[-1]
        if "|" not in text and "|" not in header:
            return False
        delimiters = split_row(text)
        if len(split_row(header)) != len(delimiters):
            return False
        aligns = tuple(
            "center" if cell[0] == cell[-1] == ":" else "right" if cell[-1] == ":" else "left" for cell in delimiters
        )
        place = leaf.place
        if leaf.length == len(header):
            self.sink.retract_leaf()
        else:
            self.sink.retract_line()
            self.sink.close_leaf()
            place = replace(place, marker=None, loose=True)
        self._leaf = None
        if place.marker is not None:
            self.sink.open_leaf(Kind.PARAGRAPH, place)
            self.sink.close_leaf()
            place = replace(place, marker=None)
        self._leaf = _Leaf(Kind.TABLE, place)
        self.sink.open_leaf(Kind.TABLE, place, aligns=aligns)
        self.sink.add_line(header)
        return True


class _Cursor:
    """A position in a line, counting columns with tab stops of four."""

    __slots__ = ("_column", "_partial_tab", "_position", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._column = 0
        self._partial_tab = 0

    def _text_at(self) -> tuple[int, int]:
        position, column = self._position, self._column
        text = self._text
        if self._partial_tab:
            column += self._partial_tab
            position += 1
        while position < len(text):
            if text[position] == " ":
                column += 1
            elif text[position] == "\t":
                column += 4 - column % 4
            else:
                break
            position += 1
        return position, column

    @property
    def indent(self) -> int:
        """Columns up to the text."""
        return self._text_at()[1] - self._column

    @property
    def indented(self) -> bool:
        """Whether the text stands deep enough to be code."""
        return self.indent >= 4

    @property
    def blank(self) -> bool:
        """Whether no text is left."""
        return self._text_at()[0] >= len(self._text)

    @property
    def peek(self) -> str:
        """The first character of the text."""
        position = self._text_at()[0]
        return self._text[position] if position < len(self._text) else ""

    def rest(self) -> str:
        """The text without the white space before it."""
        return self._text[self._text_at()[0] :]

    def remaining(self) -> str:
        """What is left, with its white space."""
        if self._partial_tab:
            return " " * self._partial_tab + self._text[self._position + 1 :]
        return self._text[self._position :]

    def to_text(self) -> None:
        """Move to the text."""
        self._position, self._column = self._text_at()
        self._partial_tab = 0

    def advance_columns(self, count: int) -> None:
        """Move by columns; a tab may be left half used."""
        while count > 0 and self._position < len(self._text):
            if self._text[self._position] == "\t":
                width = self._partial_tab or 4 - self._column % 4
                used = min(width, count)
                self._column += used
                count -= used
                self._partial_tab = width - used
                if self._partial_tab == 0:
                    self._position += 1
            else:
                self._position += 1
                self._column += 1
                count -= 1

    def skip_quote_marker(self) -> None:
        """Move behind ``>`` and one optional space."""
        self.to_text()
        self.advance_columns(1)
        if self._position < len(self._text) and (self._partial_tab or self._text[self._position] in " \t"):
            self.advance_columns(1)
