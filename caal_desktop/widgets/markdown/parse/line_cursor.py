"""A line's indentation, as CommonMark counts it. No Qt here."""

from __future__ import annotations


class LineCursor:
    """A position in a line; columns are counted with tab stops of four."""

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
        """Whether the text is indented enough to be an indented code block."""
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
        """Return the text without the white space before it."""
        return self._text[self._text_at()[0] :]

    def remaining(self) -> str:
        """Return what is left, with its white space."""
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
