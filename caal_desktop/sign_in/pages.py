"""The pages on which the browser ends: plain, friendly, and without anything from elsewhere."""

from __future__ import annotations

import html
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping


class PageText(StrEnum):
    """Names what a page says."""

    DONE = "done"
    DENIED = "denied"
    USED = "used"
    FOREIGN = "foreign"


PAGE_TEXTS: Final[Mapping[PageText, SourceText]] = {
    PageText.DONE: QT_TRANSLATE_NOOP(
        "SignInPage",
        "You are signed in at OpenRouter\nCAAL Desktop takes it from here. You can close this tab.",
    ),
    PageText.DENIED: QT_TRANSLATE_NOOP(
        "SignInPage",
        "Nothing was changed\nThe sign-in was declined. You can close this tab and go back to CAAL Desktop.",
    ),
    PageText.USED: QT_TRANSLATE_NOOP(
        "SignInPage", "This sign-in is already done\nYou can close this tab and go back to CAAL Desktop."
    ),
    PageText.FOREIGN: QT_TRANSLATE_NOOP(
        "SignInPage",
        "This page belongs to CAAL Desktop\n"
        "It waits for a sign-in, and this request was not part of one. Go back to the app and begin there.",
    ),
}
"""What each page says: title and text, parted by a line break."""


_STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 26rem; margin: 2rem; padding: 2rem 2.25rem; border: 1px solid #8885; border-radius: 12px; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } p { margin: 0; opacity: .85; }
"""


def page(text: PageText, texts: Mapping[PageText, str]) -> str:
    """A whole HTML page."""
    title, _, body = texts.get(text, PAGE_TEXTS[text]).partition("\n")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{html.escape(title)}</h1><p>{html.escape(body)}</p></main></body></html>\n"
    )
