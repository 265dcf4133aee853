"""The test chat: conversation, composer, facts."""

from __future__ import annotations

import importlib


def warm_up_renderer() -> None:
    """Import what rendering stands on, so that the first answer does not wait for it. For a thread.

    Nothing of Qt is among it: classes of Qt are not to be defined in two threads at once.
    """
    for module in ("markdown_it", "pygments.lexers.python"):
        importlib.import_module(module)
