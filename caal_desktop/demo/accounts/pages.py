"""The pages that a browser sees."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from caal_desktop.demo.accounts.sign_in import ConsentError, ConsentRequest

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 26rem; margin: 2rem; padding: 2rem; border: 1px solid #8886; border-radius: 12px; }
h1 { font-size: 1.35rem; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; } code { overflow-wrap: anywhere; } .quiet { opacity: .75; font-size: .9rem; }
form { display: flex; gap: 8px; margin-top: 1.5rem; }
button { font: inherit; padding: 8px 20px; border-radius: 8px; border: 1px solid #8888; background: none; }
button { color: inherit; } button:focus-visible { outline: 2px solid #2f6fed; outline-offset: 2px; }
button.main { background: #2f6fed; border-color: #2f6fed; color: #fff; }
"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What every page is sent with."""


def _page(title: str, body: str) -> str:
    """Return a whole HTML page; ``title`` is text, ``body`` is HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{html.escape(title)}</h1>\n{body}\n</main></body></html>\n"
    )


def home_page() -> str:
    """Return the page that says whose server this is."""
    return _page(
        "CAAL Desktop's demo server",
        "<p>It plays OpenRouter for CAAL Desktop, on this computer only. Its API is at <code>/api/v1</code>; "
        "<code>/_demo/faults</code> lists the failures that it can inject.</p>",
    )


def consent_page(request: ConsentRequest) -> str:
    """Return the page that asks whether the app may have a key."""
    fields = [
        ("code_challenge", request.challenge),
        ("code_challenge_method", request.method),
        ("key_label", request.key_label),
    ]
    if request.callback_url:
        fields.append(("callback_url", request.callback_url))
    hidden = "".join(f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields)
    where = html.escape(urlsplit(request.callback_url).netloc)
    after = f"the browser goes back to <code>{where}</code>" if where else "this page shows a code for the app"
    name = f"The key will be called “{html.escape(request.key_label)}”. " if request.key_label else ""
    return _page(
        "Let CAAL Desktop use a demo key?",
        "<p>This page stands where OpenRouter's own sign-in page will be. It belongs to the demo on your computer: "
        "there is no account, nothing is charged, and nothing leaves this machine.</p>"
        f'<p class="quiet">{name}Afterwards {after}.</p>'
        f'<form method="post" action="/auth">{hidden}'
        '<button class="main" name="decision" value="allow" autofocus>Allow</button>'
        '<button name="decision" value="deny">Deny</button></form>',
    )


def code_page(code: str) -> str:
    """Return the page that shows a code, for an app to which the browser cannot go back."""
    return _page(
        "Copy this code into CAAL Desktop",
        f"<p><code>{html.escape(code)}</code></p>"
        '<p class="quiet">It is good for ten minutes, once. Close this page when you have pasted it.</p>',
    )


def denied_page() -> str:
    """Return the page that says that no code was given."""
    return _page("Nothing was allowed", "<p>You can close this page and go back to the app.</p>")


def error_page(error: ConsentError) -> str:
    """Return the page that says why there is nothing to consent to."""
    return _page(
        "This sign-in link does not work", f"<p>{html.escape(str(error))}</p><p>Go back to the app and try again.</p>"
    )
