"""How blocks are set: indentation, distances, line height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QBrush, QTextBlockFormat, QTextFormat, QTextLength

from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.markdown_style import Property

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

MAX_INDENT = 8
CODE_HEAD_UNITS = 1.9
"""Height of a code card's head (language, copy button) in the default font's line heights."""


def gap_above(leaf: Leaf, previous: LeafKind | None, unit: float) -> float:
    """Return the distance above a leaf in pixels.

    Args:
        leaf: What begins.
        previous: LeafKind of the block before it.
        unit: The default font's line height.
    """
    kind, place = leaf.kind, leaf.place
    if kind is LeafKind.HEADING:
        gap = (1.3, 1.15, 1.0, 0.9, 0.9, 0.9)[min(leaf.level, 6) - 1]
        if previous is LeafKind.HEADING:
            gap = 0.6
    elif LeafKind.RULE in (kind, previous):
        gap = 0.9
    elif previous is LeafKind.HEADING:
        gap = 0.45
    elif place.in_list and not place.loose and kind is LeafKind.PARAGRAPH:
        gap = 0.22 if place.marker is not None else 0.3
    elif place.marker is not None:
        gap = 0.5
    else:
        gap = 0.7
    if previous is LeafKind.CODE:
        gap = max(gap, 0.5) + 0.7  # below the card's lower edge
    return gap * unit


def block_format(leaf: Leaf, gap: float, style: MarkdownStyle, *, continues: bool) -> QTextBlockFormat:
    """Return the format of a leaf's next block.

    Args:
        leaf: Not ``started`` before its first block.
        gap: The distance above the leaf in pixels.
        style: The answer's.
        continues: The block goes on with the line of the block before.
    """
    place = leaf.place
    result = QTextBlockFormat()
    first = not (leaf.started or leaf.cut or continues)
    marked = place.marker is not None and not leaf.cut
    if place.indent and not marked:
        result.setIndent(min(place.indent, MAX_INDENT))
    if place.bars:
        result.setProperty(Property.BARS, bars_property(leaf))
    result.setProperty(Property.KIND, leaf.kind.name)
    if first:
        top = gap
        if leaf.kind is LeafKind.CODE:
            top += style.unit * CODE_HEAD_UNITS
        if top:
            result.setTopMargin(round(top))
    if leaf.kind in (LeafKind.CODE, LeafKind.MATH):
        result.setLeftMargin(style.pad)
        result.setRightMargin(style.pad)
        result.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    elif leaf.kind is LeafKind.RULE:
        result.setProperty(
            QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
            QTextLength(QTextLength.Type.PercentageLength, 100),
        )
        result.setBackground(QBrush(style.line))
    elif leaf.kind is LeafKind.HEADING:
        result.setHeadingLevel(leaf.level)
    else:
        result.setLineHeight(122, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if marked and place.marker is not None and place.marker.checked is not None:
        kinds = QTextBlockFormat.MarkerType
        result.setMarker(kinds.Checked if place.marker.checked else kinds.Unchecked)
    return result


def bars_property(leaf: Leaf) -> str:
    """Return the value of `Property.BARS`."""
    return ",".join(map(str, leaf.place.bars))


def tiny_block_format() -> QTextBlockFormat:
    """Return the format of the empty blocks that Qt needs around tables."""
    result = QTextBlockFormat()
    result.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return result
