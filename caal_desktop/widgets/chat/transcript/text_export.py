"""Turns a rendered answer into plain text, and copies text to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument

from caal_desktop.services.chat.conversation import ChatMessage, Role

if TYPE_CHECKING:
    from PySide6.QtGui import QTextBlock, QTextTable


def copy_text(text: str) -> None:
    """Copy a text to the clipboard; an empty one leaves it as it is."""
    if text:
        QGuiApplication.clipboard().setText(text)


def plain_text(message: ChatMessage) -> str:
    """Return a message's text without Markdown, as it is read on the screen."""
    if message.role is Role.USER:
        return message.text
    from caal_desktop.widgets.markdown.render.stream import MarkdownStream

    document = QTextDocument()
    document.setLayoutEnabled(False)
    MarkdownStream.render_all(document, message.text)
    return document_text(document)


def document_text(document: QTextDocument, start: int = 0, end: int | None = None) -> str:
    """Return the text of a document that :class:`MarkdownStream` wrote: with bullets, and tabs between table cells.

    Args:
        document: the document.
        start: the position at which the text begins.
        end: the position at which it ends; None for the document's end.
    """
    end = document.characterCount() if end is None else end
    parts: list[str] = []
    row = (-1, -1)
    before: QTextBlock | None = None
    block = document.findBlock(start)
    while block.isValid() and block.position() <= end:
        text = block.text()[max(0, start - block.position()) : max(0, end - block.position())]
        table: QTextTable | None = QTextCursor(block).currentTable()
        if table is not None:
            cell = table.cellAt(block.position())
            this_row = (table.firstPosition(), cell.row())
            parts.append("\t" if row == this_row else "\n" if row[0] == this_row[0] else "\n\n")
            row = this_row
        elif before is not None and not _is_spacer(block):
            parts.append(_separator(before, block))
        if block.textList() is not None and start <= block.position():
            depth = max(0, block.textList().format().indent() - 1)
            marker = block.textList().itemText(block).strip()
            parts.append("  " * depth + (marker if marker[:1].isalnum() else "•") + " ")
        parts.append(text)
        if not _is_spacer(block):
            before = block
        block = block.next()
    return "".join(parts).replace("\u2028", "\n").strip("\n")


def _kind(block: QTextBlock) -> str:
    from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

    return str(block.blockFormat().stringProperty(BlockProperty.KIND))


def _is_spacer(block: QTextBlock) -> bool:
    # Qt needs an empty block around each table.
    return not block.text() and not _kind(block) and block.textList() is None


def _separator(before: QTextBlock, block: QTextBlock) -> str:
    from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

    if block.blockFormat().boolProperty(BlockProperty.CODE_CONTINUES):
        return ""
    kind, same = _kind(block), _kind(block) == _kind(before)
    if kind in ("CODE", "MATH") and same and block.blockFormat().topMargin() == 0:
        return "\n"
    if kind == "PARAGRAPH" and same and block.blockFormat().topMargin() == 0 and block.textList() is None:
        return " "  # one long paragraph, which the renderer has split into blocks
    return "\n" if block.textList() is not None and before.textList() is not None else "\n\n"
