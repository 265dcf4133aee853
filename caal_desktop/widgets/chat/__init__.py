"""The test chat: conversation, composer, facts."""

from __future__ import annotations

import importlib


def warm_up_renderer() -> None:
    """Import what rendering needs, so that the first answer does not wait for it; made to run in a thread.

    Qt is not imported: its classes are not to be defined in two threads at once.
    """
    importlib.import_module("markdown_it")
    # A lexer's rules are compiled when the first one of its kind is made: Python's take 60 ms, which the
    # first block of code in an answer would wait for; others take 20 ms at most.
    importlib.import_module("pygments.lexers").get_lexer_by_name("python")
