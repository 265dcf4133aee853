"""The mark that Qt reads in the texts of buttons and menus: ``&`` stands before the letter that chooses an entry."""

from __future__ import annotations

import re

_MARK = re.compile(r"\(&[^&]\)|&(.)?", re.DOTALL)


def with_plain_ampersands(text: str) -> str:
    """Return a text as buttons and menus show it unchanged: they take an ampersand for a shortcut's mark."""
    return text.replace("&", "&&")


def without_mnemonic(text: str) -> str:
    """Return the text of a menu's entry as it reads: without its mark, or, in East Asian languages, its letter."""
    return _MARK.sub(lambda mark: mark[1] or "", text).rstrip()
