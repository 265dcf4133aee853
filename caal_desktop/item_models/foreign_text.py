"""Texts from elsewhere, in forms that Qt shows as they are: names of models and hosts, titles, addresses.

Qt takes a tooltip for HTML if its first line looks like it, and then opens the files and addresses that it names. Here
is the one place that knows how to write a tooltip that Qt never takes for that; item models use it as it is, and
widgets through ``widgets/common/tooltips.py``.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

from caal_desktop.llm.models.values import text

_TOOLTIP = 1500
_TOOLTIP_LINES = 30
_TOOLTIP_COLUMNS = 72
_LINE = 1000

# What Qt.mightBeRichText looks for. An invisible character that belongs to no tag's name stands behind it: unlike
# markup with entities, that is also what a screen reader is to read.
_MARKUP = re.compile("<|&(?=lt;)")
_NO_TAG = "\u2060"


def tooltip_text(foreign: str) -> str:
    """Return a text as a tooltip that shows every character of it, and is never taken for HTML.

    Args:
        foreign: any text. Its line breaks stay, long lines are wrapped, very long texts end in an ellipsis; control
            characters and what reorders the reading are left out.
    """
    lines = []
    for line in text(foreign, _TOOLTIP, keep_newlines=True).expandtabs(4).split("\n"):
        lines += textwrap.wrap(line, _columns(line), break_on_hyphens=False) or [""]
    if len(lines) > _TOOLTIP_LINES:
        lines[_TOOLTIP_LINES - 1 :] = ["…"]
    return _MARKUP.sub(lambda sign: sign.group() + _NO_TAG, "\n".join(lines))


def one_line(foreign: str, most: int = _LINE) -> str:
    """Return a text on one line, without control characters and what reorders the reading.

    Args:
        foreign: any text.
        most: the most characters; a longer text ends in an ellipsis. What is longer than any line is wide takes
            time to lay out.
    """
    return text(foreign, most)


def _columns(line: str) -> int:
    """Return how many characters of a line stand in a tooltip's width: those of East Asian writing are double."""
    wide = 0 if line.isascii() else sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    return _TOOLTIP_COLUMNS * len(line) // (len(line) + wide) if wide else _TOOLTIP_COLUMNS
