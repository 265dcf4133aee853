"""Sizes and places of windows and panes as texts, which the settings keep."""

from __future__ import annotations

from PySide6.QtCore import QByteArray


def to_text(state: QByteArray) -> str:
    """What ``saveGeometry`` and ``saveState`` give, as base64."""
    return bytes(state.toBase64().data()).decode()


def from_text(text: str) -> QByteArray:
    """What ``restoreGeometry`` and ``restoreState`` take."""
    return QByteArray.fromBase64(text.encode())
