"""Imports Qt without PySide's hook on every later import."""

from __future__ import annotations

import builtins


def import_qt() -> None:
    """Import PySide6, and give Python its own ``import`` back.

    PySide 6.11 replaces ``builtins.__import__`` for the sake of its ``__feature__`` switches, which nobody uses here.
    Its function reads the source of every module that is imported after it, to look for the word "PySide6", and keeps
    it: 17 MiB more for the SDK below the providers alone, and a tenth of the start. And where a module is looked at by
    that function while it is still being imported, its import can fail: pydantic's did, about once in twenty starts
    ("cannot import name 'import_string' from partially initialized module").

    Does nothing where PySide6 has been imported already.
    """
    own = builtins.__import__
    import PySide6.QtCore  # noqa: F401 - for its effect

    builtins.__import__ = own
