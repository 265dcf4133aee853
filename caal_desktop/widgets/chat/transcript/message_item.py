"""One message of the conversation view: its documents, their positions, and its height.

An item is cheap until it is built: it knows its message and an estimate of its height. Built, it has a document for the
text and, where needed, others for the reasoning and the tool calls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPalette, QTextBlockFormat, QTextCursor, QTextDocument, QTextOption

from caal_desktop.llm.fields import parse_json
from caal_desktop.services.chat.conversation import ChatMessage, Role
from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.widgets.chat.failure_panel import FailurePanel
    from caal_desktop.widgets.chat.transcript.message_footer import MessageFooter
    from caal_desktop.widgets.chat.transcript.reasoning_fold import ReasoningFold
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle
    from caal_desktop.widgets.markdown.render.stream import MarkdownStream

_CARD_SHARE = 0.86
_CARD_PAD = design.GRID * 3 // 2
FOOTER_ESTIMATE = 52
"""Pixels."""
_TOOLS_SHOWN_WHILE_STREAMING = 4000
"""Characters of arguments up to which tool calls are rendered again with each frame."""


_NO_CARD = QRectF()


def gap_between() -> int:
    """Return the distance between two messages in pixels."""
    return design.gap(design.GRID * 3)


@dataclass(slots=True)
class PlacedDocument:
    """A document and its position within the item.

    Attributes:
        document: what is drawn.
        style: that of the Markdown renderer; None for plain text.
        left, top: the corner of the document, margins included, in pixels from the column's left edge and the item's
            top.
    """

    document: QTextDocument
    style: MarkdownStyle | None
    left: float
    top: float


class MessageItem:
    """A message as the view keeps it.

    Attributes:
        message: what is shown.
        height: pixels; exact when :attr:`is_exact`, else an estimate.
        is_exact: the height has been measured.
        is_fold_open: the reasoning is shown.
        body: the document with the text; None until the item is built.
        footer, fold, panel: the widgets that the view has put here; None while the message is far from the screen.
        card: the rectangle behind a message of the user's, relative to the item's corner.
    """

    # A large conversation has a hundred thousand of these, and they are made at once.
    __slots__ = (
        "_reasoning",
        "_reasoning_stream",
        "_stream",
        "_tools",
        "_tools_shown",
        "_width",
        "body",
        "card",
        "fold",
        "footer",
        "height",
        "is_exact",
        "is_fold_open",
        "message",
        "panel",
    )

    def __init__(self, message: ChatMessage) -> None:
        self.message = message
        self.height = 0.0
        self.is_exact = False
        self.is_fold_open = False
        self.body: PlacedDocument | None = None
        self.footer: MessageFooter | None = None
        self.fold: ReasoningFold | None = None
        self.panel: FailurePanel | None = None
        self.card = _NO_CARD
        self._reasoning: PlacedDocument | None = None
        self._tools: PlacedDocument | None = None
        self._stream: MarkdownStream | None = None
        self._reasoning_stream: MarkdownStream | None = None
        self._tools_shown = ""
        self._width = 0.0

    @property
    def is_user(self) -> bool:
        """Whether the user wrote the message."""
        return self.message.role is Role.USER

    @property
    def is_built(self) -> bool:
        """Whether it has its documents."""
        return self.body is not None

    @property
    def documents(self) -> list[PlacedDocument]:
        """The documents that are drawn, from top to bottom."""
        shown = [self._reasoning if self.is_fold_open else None, self.body, self._tools]
        return [part for part in shown if part is not None]

    @property
    def widgets(self) -> list[QWidget]:
        """The widgets that belong here now."""
        return [widget for widget in (self.fold, self.panel, self.footer) if widget is not None]

    # --- content

    def estimate_height(self, lines_a_character: float, line: float, around: float) -> None:
        """Estimate the height from the number of characters.

        Args:
            lines_a_character: the part of a line that an average character takes.
            line: the height of a line in pixels.
            around: the height of what is not text, in pixels.
        """
        text = self.message.text
        lines = len(text) * lines_a_character + min(text.count("\n"), 4000) * 0.6 + 1
        self.height = lines * line + around
        self.is_exact = False

    def build(self, palette: QPalette, font: QFont, *, streaming: bool) -> bool:
        """Make the documents.

        Args:
            palette: the view's.
            font: the view's.
            streaming: more of the answer will come.

        Returns:
            Whether rendering is not finished: call :meth:`pump` then.
        """
        from caal_desktop.widgets.markdown.parse.sanitize import neutralise
        from caal_desktop.widgets.markdown.render.stream import MarkdownStream

        document = _document(font)
        if self.is_user:
            document.setPlainText(neutralise(_with_attachments(self.message)))
            _set_line_height(document)
            document.setDocumentMargin(_CARD_PAD)
            self.body = PlacedDocument(document, None, 0, 0)
            return False
        self._stream = MarkdownStream(document, palette)
        document.setDocumentMargin(self._stream.style.padding)
        self.body = PlacedDocument(document, self._stream.style, 0, 0)
        if self.message.reasoning:
            self.add_reasoning(self.message.reasoning, palette, font, streaming=streaming)
        self.show_tools(palette, font, force=True)
        more = self._stream.feed(self.message.text)
        return more if streaming else self._stream.finish() or more

    def drop(self) -> None:
        """Drop the documents; the height stays known."""
        self.body = self._reasoning = self._tools = None
        self._stream = self._reasoning_stream = None
        self._tools_shown = ""
        self._width = 0.0

    def add_text(self, text: str) -> bool:
        """Render more of the answer, and return whether some is left over for the next frame."""
        return self._stream is not None and self._stream.feed(text)

    def finish(self) -> bool:
        """Render the end of the answer, and return whether some is left over for the next frame."""
        more = self._stream is not None and self._stream.finish()
        return (self._reasoning_stream is not None and self._reasoning_stream.finish()) or more

    def pump(self) -> bool:
        """Continue rendering, and return whether some is still left over."""
        more = self._stream is not None and self._stream.pump()
        return (self._reasoning_stream is not None and self._reasoning_stream.pump()) or more

    def add_reasoning(self, text: str, palette: QPalette, font: QFont, *, streaming: bool = True) -> bool:
        """Render more of the reasoning, and return whether some is left over for the next frame."""
        if self._reasoning_stream is None:
            from caal_desktop.widgets.markdown.render.stream import MarkdownStream

            document = _document(font)
            muted = QPalette(palette)
            muted.setColor(QPalette.ColorRole.Text, design.colours(palette).muted)
            self._reasoning_stream = MarkdownStream(document, muted)
            document.setDocumentMargin(self._reasoning_stream.style.padding)
            self._reasoning = PlacedDocument(document, self._reasoning_stream.style, 0, 0)
            self._width = 0.0
        more = self._reasoning_stream.feed(text)
        return more if streaming else self._reasoning_stream.finish() or more

    def show_tools(self, palette: QPalette, font: QFont, *, force: bool = False) -> None:
        """Draw the tool calls, if they have changed."""
        calls = self.message.tool_calls
        if not calls or (not force and sum(len(call.arguments) for call in calls) > _TOOLS_SHOWN_WHILE_STREAMING):
            return
        text = _tools_markdown(self.message)
        if text == self._tools_shown:
            return
        self._tools_shown = text
        from caal_desktop.widgets.markdown.render.stream import MarkdownStream

        document = _document(font)
        stream = MarkdownStream.render_all(document, text, palette)
        document.setDocumentMargin(stream.style.padding)
        self._tools = PlacedDocument(document, stream.style, 0, 0)
        self._width = 0.0

    # --- geometry

    def arrange(self, column: float) -> None:
        """Position the documents and widgets, and measure the height.

        Args:
            column: the width of the text in pixels.
        """
        if self.body is None:
            return
        resized, self._width = self._width != column, column
        if self.is_user:
            y = self._arrange_card(column, resized=resized)
        else:
            y = self._arrange_answer(column, resized=resized)
        for widget in (self.panel, self.footer):
            if widget is not None:
                y += design.GRID // 2
                height = _height_for(widget, round(column))
                widget.setProperty("top", y)
                widget.resize(round(column), height)
                y += height
        self.height = y + gap_between()
        self.is_exact = True

    def _arrange_card(self, column: float, *, resized: bool) -> float:
        body = self.body
        assert body is not None  # noqa: S101 - arrange has checked it
        if resized:
            body.document.setTextWidth(-1)
            body.document.setTextWidth(min(column * _CARD_SHARE, body.document.idealWidth() + 1))
        size = body.document.size()
        body.left = column - size.width()
        self.card = QRectF(body.left, 0, size.width(), size.height())
        return size.height()

    def _arrange_answer(self, column: float, *, resized: bool) -> float:
        from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

        y = 0.0
        if self.fold is not None:
            self.fold.setProperty("top", y)
            self.fold.resize(min(round(column), self.fold.sizeHint().width()), self.fold.sizeHint().height())
            y += self.fold.height() + design.GRID // 2
        for part in (self._reasoning, self.body, self._tools):
            if part is None:
                continue
            margin = part.document.documentMargin()
            if resized:
                part.document.setTextWidth(column + 2 * margin)
            if part is self._reasoning and not self.is_fold_open:
                continue
            if part is self.body and part.document.isEmpty():
                part.top, part.left = y - margin, -margin
                continue
            # The margins are for what is painted behind the text; the text itself keeps to the column.
            part.left, part.top = -margin, y - margin
            y += part.document.size().height() - 2 * margin + design.GRID
            if part.style is not None and part.document.lastBlock().blockFormat().intProperty(BlockProperty.CODE_ID):
                y += part.style.padding  # the card around the code is higher than its text
        return max(0.0, y - design.GRID)

    def position_at(self, point: QPointF) -> int:
        """Return the position in the text at a point; beyond the text its begin or end.

        Args:
            point: relative to the item's corner, in pixels.
        """
        if self.body is None or point.y() < self.body.top:
            return 0
        local = QPointF(point.x() - self.body.left, point.y() - self.body.top)
        if local.y() > self.body.document.size().height():
            return self.end
        return max(0, self.body.document.documentLayout().hitTest(local, Qt.HitTestAccuracy.FuzzyHit))

    def link_at(self, point: QPointF) -> str:
        """Return the address of the link at a point; empty where there is none.

        Args:
            point: relative to the item's corner, in pixels.
        """
        for part in self.documents:
            inner = QPointF(point.x() - part.left, point.y() - part.top)
            if part.style is not None and (href := part.document.documentLayout().anchorAt(inner)):
                return href
        return ""

    @property
    def links(self) -> list[str]:
        """The addresses in the documents, in their order, each once."""
        found: dict[str, None] = {}
        for part in self.documents:
            block = part.document.begin()
            while block.isValid():
                iterator = block.begin()
                while not iterator.atEnd():
                    if href := iterator.fragment().charFormat().anchorHref():
                        found[href] = None
                    iterator += 1
                block = block.next()
        return list(found)

    @property
    def end(self) -> int:
        """The last position of the text."""
        return 0 if self.body is None else max(0, self.body.document.characterCount() - 1)

    def cursor(self, start: int, end: int) -> QTextCursor | None:
        """Return a cursor that selects a part of the text; None while the item is not built."""
        if self.body is None:
            return None
        cursor = QTextCursor(self.body.document)
        cursor.setPosition(min(start, self.end))
        cursor.setPosition(min(end, self.end), QTextCursor.MoveMode.KeepAnchor)
        return cursor


def _height_for(widget: QWidget, width: int) -> int:
    if (layout := widget.layout()) is not None:
        # Layouts within keep what they have measured until then.
        layout.activate()
    if widget.hasHeightForWidth():
        return widget.heightForWidth(width)
    return widget.sizeHint().height()


def _document(font: QFont) -> QTextDocument:
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.setDefaultFont(font)
    option = document.defaultTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    document.setDefaultTextOption(option)
    return document


def _set_line_height(document: QTextDocument) -> None:
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    block = QTextBlockFormat()
    block.setLineHeight(120, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.mergeBlockFormat(block)


def _with_attachments(message: ChatMessage) -> str:
    names = [f"📎 {attachment.name}" for attachment in message.attachments]
    return "\n".join([*names, message.text] if message.text else names)


def _arguments(text: str) -> tuple[str, str]:
    """Return a tool call's arguments as they are shown, and their language: whatever the model wrote stays readable."""
    value = parse_json(text or "{}")
    try:
        return (text, "text") if value is None else (json.dumps(value, indent=2, ensure_ascii=False), "json")
    except RecursionError:  # brackets within brackets by the hundred
        return text, "text"


def _tools_markdown(message: ChatMessage) -> str:
    parts = []
    for call in message.tool_calls:
        arguments, language = _arguments(call.arguments)
        # Longer than any run of backticks in what the model wrote, so that it cannot leave its block.
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", arguments)), 3)
        name = re.sub(r"[`\s]+", " ", call.name).strip()[:200] or "?"
        parts.append(f"🛠 `{name}`\n\n{fence}{language}\n{arguments}\n{fence}")
    return "\n\n".join(parts)
