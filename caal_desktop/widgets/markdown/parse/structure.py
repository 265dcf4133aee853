"""Block structure: the types between the parser, which finds it, and the writer, which writes it. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

LINE_LIMIT = 1024
"""Characters; a longer line is a paragraph's or a code block's, and comes in pieces."""


class LeafKind(Enum):
    """The kinds of leaf blocks."""

    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    MATH = auto()
    TABLE = auto()
    THEMATIC_BREAK = auto()


@dataclass(frozen=True, slots=True)
class ListMarker:
    """A list marker.

    Attributes:
        group: Identifies the run of items that share one text list. Long lists are several groups, because a text
            list is laid out anew, as a whole, whenever an item joins it.
        ordered: Whether the list is numbered, else bulleted.
        number: The item's number.
        level: List nesting, from 0.
        delimiter: What follows the number, or the bullet.
        checked: Whether a task list item is checked; None if the item is no task.
    """

    group: int
    ordered: bool
    number: int
    level: int
    delimiter: str = "."
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class LeafPlacement:
    """The position of a leaf block within its container blocks.

    Attributes:
        indent: Steps of indentation, one for each container around it.
        bars: For each block quote around it, the step of indentation at which its bar is painted.
        marker: The marker of the list item that begins with this leaf block.
        after_blank: A blank line came before.
        in_list: The innermost container is a list item.
    """

    indent: int = 0
    bars: tuple[int, ...] = ()
    marker: ListMarker | None = None
    after_blank: bool = False
    in_list: bool = False


class Sink(Protocol):
    """Receives the leaf blocks in order. One is open at a time."""

    def open_leaf(
        self,
        kind: LeafKind,
        placement: LeafPlacement,
        *,
        level: int = 0,
        info: str = "",
        alignments: tuple[str, ...] = (),
    ) -> None:
        """Begin a leaf block: ``level`` of a heading, ``info`` string of a fence, ``alignments`` of columns."""

    def add_line(self, text: str) -> None:
        """Add a source line to the open leaf block (a table row's line as it is)."""

    def extend_line(self, text: str) -> None:
        """Add to the last line of the open leaf block."""

    def retract_line(self) -> None:
        """Take the last line of the open paragraph back: it turned out to be a table's header."""

    def retract_leaf(self) -> None:
        """Take the open paragraph back."""

    def close_leaf(self) -> None:
        """Close the open leaf block: it is complete."""

    def define(self, label: str, href: str) -> None:
        """Keep a link reference definition."""
