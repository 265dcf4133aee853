"""Formats of blocks: indentation, distances, line height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QBrush, QTextBlockFormat, QTextFormat, QTextLength

from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

MAX_INDENT = 8
CODE_HEAD_UNITS = 1.9
"""Height of a code card's head (language, copy button) in the default font's line heights."""


def gap_above(leaf: Leaf, previous: LeafKind | None, line_height: float) -> float:
    """Return the distance above a leaf block in pixels.

    Args:
        leaf: The leaf block that begins.
        previous: The kind of the one before it.
        line_height: The default font's, in pixels.
    """
    kind, placement = leaf.kind, leaf.placement
    if kind is LeafKind.HEADING:
        gap = (1.3, 1.15, 1.0, 0.9, 0.9, 0.9)[min(leaf.level, 6) - 1]
        if previous is LeafKind.HEADING:
            gap = 0.6
    elif LeafKind.THEMATIC_BREAK in (kind, previous):
        gap = 0.9
    elif previous is LeafKind.HEADING:
        gap = 0.45
    elif placement.in_list and not placement.after_blank and kind is LeafKind.PARAGRAPH:
        gap = 0.22 if placement.marker is not None else 0.3
    elif placement.marker is not None:
        gap = 0.5
    else:
        gap = 0.7
    if previous is LeafKind.CODE:
        gap = max(gap, 0.5) + 0.7  # below the card's lower edge
    return gap * line_height


def block_format(leaf: Leaf, gap: float, style: MarkdownStyle, *, continues: bool) -> QTextBlockFormat:
    """Return the format of a leaf block's next text block.

    Args:
        leaf: The leaf block; not ``started`` before its first text block.
        gap: The distance above the leaf block in pixels.
        style: The answer's.
        continues: The text block continues the line of the one before.
    """
    placement = leaf.placement
    result = QTextBlockFormat()
    first = not (leaf.started or leaf.is_split or continues)
    marked = placement.marker is not None and not leaf.is_split
    if placement.indent and not marked:
        result.setIndent(min(placement.indent, MAX_INDENT))
    if placement.bars:
        result.setProperty(BlockProperty.BARS, bars_property(leaf))
    result.setProperty(BlockProperty.KIND, leaf.kind.name)
    if first:
        top = gap
        if leaf.kind is LeafKind.CODE:
            top += style.line_height * CODE_HEAD_UNITS
        if top:
            result.setTopMargin(round(top))
    if leaf.kind in (LeafKind.CODE, LeafKind.MATH):
        result.setLeftMargin(style.padding)
        result.setRightMargin(style.padding)
        result.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    elif leaf.kind is LeafKind.THEMATIC_BREAK:
        result.setProperty(
            QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
            QTextLength(QTextLength.Type.PercentageLength, 100),
        )
        result.setBackground(QBrush(style.rule))
    elif leaf.kind is LeafKind.HEADING:
        result.setHeadingLevel(leaf.level)
    else:
        result.setLineHeight(122, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if marked and placement.marker is not None and placement.marker.checked is not None:
        kinds = QTextBlockFormat.MarkerType
        result.setMarker(kinds.Checked if placement.marker.checked else kinds.Unchecked)
    return result


def bars_property(leaf: Leaf) -> str:
    """Return the value of `BlockProperty.BARS`."""
    return ",".join(map(str, leaf.placement.bars))


def spacer_block_format() -> QTextBlockFormat:
    """Return the format of the empty blocks that Qt needs around tables."""
    result = QTextBlockFormat()
    result.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return result
