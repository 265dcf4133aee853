"""The open container blocks around a line: block quotes, lists and their items. No Qt here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caal_desktop.widgets.markdown.parse.structure import LeafPlacement, ListMarker

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.line_cursor import LineCursor

LIST_CHUNK_ITEMS = 16
LIST_CHUNK_CHARS = 2000
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


@dataclass(slots=True)
class _List:
    """An open list: its marker's kind, and how its items are numbered and grouped."""

    ordered: bool
    char: str
    level: int
    next_number: int
    group: int = -1
    items: int = 0
    group_start: int = 0


@dataclass(slots=True)
class _Container:
    """An open container block."""

    kind: str  # "quote", "list" or "item"
    width: int = 0  # item: columns its content is indented by
    empty: bool = False  # item: nothing but a marker so far
    list: _List | None = None


class Containers:
    """The stack of open container blocks, and what the next leaf block takes from it.

    Attributes:
        marker: The marker of an item whose first leaf block has not begun.
        blank: Whether a blank line came before the next leaf block.
    """

    def __init__(self) -> None:
        self.marker: ListMarker | None = None
        self.blank = False
        self._stack: list[_Container] = []
        self._groups = 0

    def copy(self) -> Containers:
        """Return an independent copy."""
        clone = Containers()
        clone.marker, clone.blank, clone._groups = self.marker, self.blank, self._groups
        clone._stack = [replace(c, list=None if c.list is None else replace(c.list)) for c in self._stack]
        # Items share their list's record with the list, and so do the copies.
        for index, container in enumerate(clone._stack):
            if container.kind == "item":
                container.list = clone._stack[index - 1].list
        return clone

    def __len__(self) -> int:
        return len(self._stack)

    def match(self, cursor: LineCursor) -> int:
        """Read the line's markers of open containers, and return how many containers continue."""
        matched = 0
        for container in self._stack:
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

    def close_to(self, depth: int) -> None:
        """Close the containers beyond a depth."""
        del self._stack[depth:]

    def end_list(self) -> None:
        """Close the innermost container if it is a list: what follows is no item."""
        if self._stack and self._stack[-1].kind == "list":
            self._stack.pop()

    def mark_filled(self) -> None:
        """Note that the innermost container is not empty: a leaf block begins in it."""
        if self._stack:
            self._stack[-1].empty = False

    def begin_quote(self) -> None:
        """Open a block quote."""
        self._stack.append(_Container("quote"))

    def in_list_of(self, char: str, *, ordered: bool) -> bool:
        """Return whether an item with this marker continues the innermost list."""
        top = self._stack[-1].list if self._stack and self._stack[-1].kind == "list" else None
        return top is not None and top.ordered == ordered and top.char == char

    def begin_list(self, char: str, number: int, *, ordered: bool) -> None:
        """Open a list."""
        level = sum(1 for container in self._stack if container.kind == "list")
        self._stack.append(_Container("list", list=_List(ordered, char, level, number)))

    def begin_item(self, cursor: LineCursor, width: int, consumed: int) -> None:
        """Open an item of the innermost list, and move behind its marker.

        Args:
            cursor: Before the marker.
            width: Columns of the marker.
            consumed: Characters of the answer so far.
        """
        info = self._stack[-1].list
        if info is None:
            return
        offset = cursor.indent
        cursor.to_text()
        cursor.advance_columns(width)
        spaces = cursor.indent
        empty = cursor.blank
        padding = 1 if empty or spaces > 4 or spaces < 1 else spaces
        cursor.advance_columns(min(padding, spaces))
        if info.group < 0 or info.items >= LIST_CHUNK_ITEMS or consumed - info.group_start > LIST_CHUNK_CHARS:
            self._groups += 1
            info.group, info.items, info.group_start = self._groups, 0, consumed
        info.items += 1
        number = info.next_number
        info.next_number += 1
        checked = None
        if not empty and (task := _TASK.match(cursor.rest())) is not None and not cursor.indented:
            checked = task[1] != " "
            cursor.to_text()
            cursor.advance_columns(task.end())
        self._stack.append(_Container("item", width=offset + width + padding, empty=empty, list=info))
        self.marker = ListMarker(info.group, info.ordered, number, info.level, info.char, checked)

    def next_placement(self, *, take_marker: bool) -> LeafPlacement:
        """Return the placement of the next leaf block, and forget that a blank line came before it.

        Args:
            take_marker: The leaf block shows the marker of its item, if none has yet.
        """
        bars: list[int] = []
        indent = 0
        for container in self._stack:
            if container.kind == "quote":
                bars.append(indent)
            if container.kind != "list":
                indent += 1
        placement = LeafPlacement(
            indent,
            tuple(bars),
            self.marker if take_marker else None,
            self.blank,
            bool(self._stack) and self._stack[-1].kind == "item",
        )
        if take_marker:
            self.marker = None
        self.blank = False
        return placement
