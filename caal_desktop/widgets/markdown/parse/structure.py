"""What block structure consists of: the words between the parser, which finds it, and the writer, which draws it.

Nothing here knows Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

LINE_LIMIT = 1024
"""A longer line is a paragraph's or a code block's, and comes in pieces."""


class LeafKind(Enum):
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
class LeafPlacement:
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
        self, kind: LeafKind, place: LeafPlacement, *, level: int = 0, info: str = "", aligns: tuple[str, ...] = ()
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
