"""The import of Qt without PySide's hook on every later import."""

from __future__ import annotations

import builtins


def import_qt() -> None:
    """Import PySide6, and restore Python's own ``__import__``.

    PySide 6.11 replaces ``builtins.__import__`` for its ``__feature__`` switches, which are not used here. Its function
    reads the source of every module that is imported later, to look for the word "PySide6", and keeps it: that takes
    17 MiB for the SDK below the providers alone, and a tenth of the start. Where that function reads a module which is
    still being imported, the import can fail: pydantic's did, about once in twenty starts ("cannot import name
    'import_string' from partially initialized module").

    Does nothing where PySide6 has been imported already.
    """
    own = builtins.__import__
    import PySide6.QtCore  # noqa: F401 - for its effect

    builtins.__import__ = own
