"""The pages on which the browser ends; they load nothing."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping


class PageName(StrEnum):
    """The pages that there are."""

    DONE = "done"
    DENIED = "denied"
    USED = "used"
    FOREIGN = "foreign"


PAGES: Final[Mapping[PageName, tuple[SourceText, SourceText]]] = {
    PageName.DONE: (
        QT_TRANSLATE_NOOP("SignInPage", "You are signed in at OpenRouter"),
        QT_TRANSLATE_NOOP("SignInPage", "CAAL Desktop takes it from here. You can close this tab."),
    ),
    PageName.DENIED: (
        QT_TRANSLATE_NOOP("SignInPage", "Nothing was changed"),
        QT_TRANSLATE_NOOP(
            "SignInPage", "The sign-in was declined. You can close this tab and go back to CAAL Desktop."
        ),
    ),
    PageName.USED: (
        QT_TRANSLATE_NOOP("SignInPage", "This sign-in is already done"),
        QT_TRANSLATE_NOOP("SignInPage", "You can close this tab and go back to CAAL Desktop."),
    ),
    PageName.FOREIGN: (
        QT_TRANSLATE_NOOP("SignInPage", "This page belongs to CAAL Desktop"),
        QT_TRANSLATE_NOOP(
            "SignInPage",
            "It waits for a sign-in, and this request was not part of one. Go back to the app and begin there.",
        ),
    ),
}
"""Title and body of each page."""


@dataclass(frozen=True, slots=True)
class PageTexts:
    """What all pages say, in one language.

    Attributes:
        language: as a tag of BCP 47.
        of: title and body of each page.
    """

    language: str
    of: Mapping[PageName, tuple[str, str]]


ENGLISH: Final = PageTexts("en", PAGES)
"""What the pages say where nothing else is given."""

_STYLE = """
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 26rem; margin: 2rem; padding: 2rem 2.25rem; border: 1px solid #8885; border-radius: 12px; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } p { margin: 0; opacity: .85; }
"""


def page(name: PageName, texts: PageTexts) -> str:
    """Return a page as HTML."""
    title, body = (html.escape(part) for part in texts.of[name])
    return (
        f'<!doctype html>\n<html lang="{html.escape(texts.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f'<body><main dir="auto"><h1>{title}</h1><p>{body}</p></main></body></html>\n'
    )
