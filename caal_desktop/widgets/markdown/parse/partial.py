"""The line that is still arriving. Nothing here knows Qt."""

from __future__ import annotations

import re

# Nothing but marks: the next character decides whether they are a list, a rule, a heading, an underline or text.
_MARKS = re.compile(r"[\s>]*(?:[-*+=_#~`|:\s]*|\d{1,9}[.)]?\s*|\\|\$\$?)\Z")
_ITEM_MARKS = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)+(?:\[[ xX]?\]?\s*|[-*+=_#~`]*\s*|\d{1,9}[.)]?\s*)?\Z")
# A fence's language would change with each of its letters.
_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(?:`{3,}[^`]*|~{3,}.*)\Z")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]]+\]:\s*\S*\Z")


def is_undecided(line: str, fence: str = "") -> bool:
    """Tell whether the beginning of a line must stay hidden until more of it has come.

    Args:
        line: What has come of the line.
        fence: The open code block's fence, if one is open.
    """
    if fence:
        marks = line.strip(" \t>")
        return bool(marks) and not marks.strip(fence[0])
    return any(pattern.match(line) for pattern in (_MARKS, _ITEM_MARKS, _FENCE, _DEFINITION))
