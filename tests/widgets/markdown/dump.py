"""A QTextDocument's structure as plain data, to compare two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QBrush, QTextCharFormat, QTextFrame, QTextLength, QTextTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QTextBlock, QTextDocument, QTextFormat


def _plain(value: object) -> str:
    if isinstance(value, QBrush):
        return value.color().name()
    if isinstance(value, QTextLength):
        return f"{value.type()} {value.rawValue()}"
    return repr(value)


def _properties(form: QTextFormat) -> tuple[tuple[int, str], ...]:
    skipped = 0  # the index of a list or table in its document says nothing about what it looks like
    return tuple(
        (key, _plain(value)) for key, value in sorted(form.properties().items()) if key != skipped and value is not None
    )


def _fragments(block: QTextBlock) -> list[tuple[str, tuple[tuple[int, str], ...]]]:
    result: list[tuple[str, tuple[tuple[int, str], ...]]] = []
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        key = _properties(fragment.charFormat())
        if result and result[-1][1] == key:
            result[-1] = (result[-1][0] + fragment.text(), key)
        else:
            result.append((fragment.text(), key))
        iterator += 1
    return result


def dump(document: QTextDocument) -> list[object]:
    """Return blocks with their formats and fragments, their places in lists, and tables with their cells."""
    lists: dict[int, int] = {}

    def block_data(block: QTextBlock) -> object:
        listed: object = None
        if (text_list := block.textList()) is not None:
            number = lists.setdefault(text_list.objectIndex(), len(lists))
            listed = (number, text_list.itemNumber(block), text_list.count(), _properties(text_list.format()))
        return (
            block.text(),
            tuple(item for item in _properties(block.blockFormat())),
            _properties(QTextCharFormat(block.charFormat())) if not block.text() else (),
            _fragments(block),
            listed,
        )

    def frame_data(frame: QTextFrame) -> Iterator[object]:
        iterator = frame.begin()
        while not iterator.atEnd():
            child = iterator.currentFrame()
            if isinstance(child, QTextTable):
                cells = [
                    (_properties(cell.format()), cell.firstPosition(), cell.lastPosition())
                    for row in range(child.rows())
                    for column in range(child.columns())
                    for cell in (child.cellAt(row, column),)
                ]
                lengths = [(length.type(), length.rawValue()) for length in child.format().columnWidthConstraints()]
                yield (
                    "table",
                    child.rows(),
                    child.columns(),
                    lengths,
                    child.format().topMargin(),
                    child.format().leftMargin(),
                    cells,
                    list(frame_data(child)),
                )
            elif child is not None:
                yield ("frame", list(frame_data(child)))
            else:
                yield block_data(iterator.currentBlock())
            iterator += 1

    return list(frame_data(document.rootFrame()))
