"""Streaming Markdown for the chat: `MarkdownStream` renders an answer into a QTextDocument while it arrives."""

from __future__ import annotations

from caal_desktop.widgets.markdown.parse.sanitize import SafeLink, neutralise, safe_link
from caal_desktop.widgets.markdown.render.decorations import (
    code_text,
    paint_decorations,
    visible_code_blocks,
)
from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from caal_desktop.widgets.markdown.render.theme import Property, Theme

__all__ = [
    "MarkdownStream",
    "Property",
    "SafeLink",
    "Theme",
    "code_text",
    "neutralise",
    "paint_decorations",
    "safe_link",
    "visible_code_blocks",
]
