"""Marks texts that are shown to users, for modules that know no Qt."""

from __future__ import annotations


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a text for translation, under the name by which lupdate finds it; it is translated where it is shown."""
    return text
