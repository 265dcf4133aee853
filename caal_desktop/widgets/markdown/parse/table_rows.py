"""Rows of a table, as in GitHub Flavored Markdown. No Qt here."""

from __future__ import annotations

import re

_DELIMITER_ROW = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")


def split_row(line: str) -> list[str]:
    """Split a table row at its unescaped bars; an escaped bar becomes a bar."""
    line = line.strip()
    cells = [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)]
    if line.startswith("|"):
        cells = cells[1:]
    if len(cells) > 1 and cells[-1] == "":
        cells = cells[:-1]
    return cells


def column_alignments(header: str, delimiters: str) -> tuple[str, ...] | None:
    """Return the columns' alignments ("left", "center", "right"), or None if the two lines do not begin a table."""
    if _DELIMITER_ROW.match(delimiters) is None or ("|" not in delimiters and "|" not in header):
        return None
    cells = split_row(delimiters)
    if len(split_row(header)) != len(cells):
        return None
    return tuple("center" if cell[0] == cell[-1] == ":" else "right" if cell[-1] == ":" else "left" for cell in cells)
