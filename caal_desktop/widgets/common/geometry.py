"""Sizes and places of windows and panes as texts, which the settings keep."""

from __future__ import annotations

from PySide6.QtCore import QByteArray


def to_text(state: QByteArray) -> str:
    """Return what ``saveGeometry`` or ``saveState`` gives as base64."""
    return bytes(state.toBase64().data()).decode()


def from_text(text: str) -> QByteArray:
    """Return what ``restoreGeometry`` or ``restoreState`` takes, from base64."""
    return QByteArray.fromBase64(text.encode())
