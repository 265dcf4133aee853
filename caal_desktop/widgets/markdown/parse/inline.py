"""Turns inline Markdown into spans of styled text.

The tokens come from markdown-it-py; this module adds mathematics, bare addresses, the safety of links and images, and
the reading of text that is not finished yet. No Qt here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline.state_inline import Delimiter

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, fill, untranslated
from caal_desktop.widgets.markdown.parse.sanitize import neutralise, safe_link

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    from caal_desktop.llm.translation import Translate

LINE_BREAK = "\u2028"
"""The break inside a block, as QTextDocument writes it."""

_IMAGE = QT_TRANSLATE_NOOP("Markdown", "[image]")
_DESCRIBED_IMAGE = QT_TRANSLATE_NOOP("Markdown", "[image: {description}]")


class InlineStyle(IntFlag):
    """The style of a span of text."""

    PLAIN = 0
    BOLD = 1
    ITALIC = 2
    STRIKE = 4
    CODE = 8
    MATH = 16
    LINK = 32


class InlineSpan(NamedTuple):
    """A run of text in one style; ``href`` is set only for a link that passed `safe_link`."""

    text: str
    style: InlineStyle = InlineStyle.PLAIN
    href: str = ""


@dataclass(slots=True)
class References:
    """Link reference definitions of one answer: label → destination.

    A definition is valid for what follows it. Text above it was final when it arrived and is not changed again.
    """

    targets: dict[str, dict[str, str]]

    def define(self, label: str, href: str) -> None:
        """Keep the first definition of a label, as CommonMark asks."""
        self.targets.setdefault(_normal_label(label), {"href": href, "title": ""})

    def copy(self) -> References:
        """Return an independent copy."""
        return References(dict(self.targets))


def _normal_label(label: str) -> str:
    return re.sub(r"\s+", " ", label.strip()).lower().upper()


_MATH = re.compile(r"\\\((?:(?!\\\)).)+?\\\)|\\\[(?:(?!\\\]).)+?\\\]|\$\$(?:(?!\$\$).)+?\$\$", re.DOTALL)
_MATH_OPEN = ("\\(", "\\[", "$$")


def _math_rule(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "\\$":
        return False
    if (match := _MATH.match(state.src, state.pos, state.posMax)) is not None:
        end = match.end()
    elif "unfinished" in state.env and state.src.startswith(_MATH_OPEN, state.pos):
        end = state.posMax
    else:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


_PENDING_LABEL = re.compile(r"!?\[(?P<label>[^\[\]]*)(?:\]?\Z|\]\([^()\s]*\Z)")


def _pending_link_rule(state: StateInline, silent: bool) -> bool:
    """Read ``[label``, ``[label]`` and ``[label](addr`` at the end of unfinished text as the label alone."""
    if "unfinished" not in state.env or state.src[state.pos] not in "![":
        return False
    match = _PENDING_LABEL.match(state.src, state.pos, state.posMax)
    if match is None or state.posMax != len(state.src):
        return False
    if not silent:
        start, end = match.span("label")
        is_link = state.src.startswith("](", end)
        if is_link:
            state.push("link_open", "a", 1)
        state.pos, state.posMax = start, end
        state.md.inline.tokenize(state)
        state.posMax = len(state.src)
        if is_link:
            state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


def _pending_code_rule(state: StateInline, silent: bool) -> bool:
    """Read a code span whose closing backticks have not come yet as code up to the end."""
    if "unfinished" not in state.env or state.src[state.pos] != "`":
        return False
    start = state.pos
    content = state.src[start:].lstrip("`")
    marker = state.src[start : len(state.src) - len(content)]
    if not content or re.search(rf"(?<!`){marker}(?!`)", content):
        return False
    if not silent:
        token = state.push("code_inline", "code", 0)
        token.content = content.replace("\n", " ").lstrip(" ")
    state.pos = state.posMax
    return True


_PENDING_AUTOLINK = re.compile(r"<(?=https?:|mailto:)[^\s<>]*\Z")


def _pending_autolink_rule(state: StateInline, silent: bool) -> bool:
    if "unfinished" not in state.env or not _PENDING_AUTOLINK.match(state.src, state.pos, state.posMax):
        return False
    if not silent:
        state.push("text", "", 0).content = state.src[state.pos + 1 : state.posMax]
    state.pos = state.posMax
    return True


def _close_open_emphasis(state: StateInline) -> None:
    """Note which emphasis is open after pairing; in unfinished text, close it at the end, innermost first."""
    waiting = [delimiter for delimiter in state.delimiters if delimiter.open and delimiter.end < 0]
    if waiting:
        state.env["open_emphasis"] = True
    if "unfinished" not in state.env:
        return
    index = {id(delimiter): position for position, delimiter in enumerate(state.delimiters)}
    for opener in reversed(waiting):
        token = state.push("text", "", 0)
        token.content = state.tokens[opener.token].content
        opener.end = len(state.delimiters)
        opener.close = False
        state.delimiters.append(
            Delimiter(opener.marker, opener.length, len(state.tokens) - 1, end=-1, open=False, close=True)
        )
        index[id(opener)] = opener.end


def _parser() -> MarkdownIt:
    # No raw HTML: with `html` off, tags are text. Every link passes `safe_link` here, so markdown-it's own, weaker
    # check must not decide first: it would leave the raw source of a refused link on screen.
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("strikethrough")
    md.validateLink = lambda url: True  # type: ignore[method-assign]
    md.inline.ruler.before("escape", "math", _math_rule)
    md.inline.ruler.before("backticks", "pending_code", _pending_code_rule)
    md.inline.ruler.after("image", "pending_link", _pending_link_rule)
    md.inline.ruler.before("autolink", "pending_autolink", _pending_autolink_rule)
    md.inline.ruler2.after("balance_pairs", "close_open", _close_open_emphasis)
    return md


_MD = _parser()
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~$!\n@]|https?:|www\.")
_PENDING_END = re.compile(r"(?:\\?[*_~`]+|\\|\$|!|&#?[A-Za-z0-9]{0,10}|<[a-z:]{0,7}|\](?:\()?)\Z")


def parse(
    text: str, references: References, *, unfinished: bool = False, translate: Translate = untranslated
) -> list[InlineSpan]:
    r"""Read inline Markdown.

    Args:
        text: Source lines joined by ``\n``, each without its leading whitespace.
        references: The link definitions known so far.
        unfinished: The text is still growing: a marker at its very end stays hidden until the next characters decide
            what it is, and what is open (emphasis, code, link, mathematics) is shown as if it were closed at the end.
        translate: Turns what stands for an image into the user's language.
    """
    return list(_merged(_spans(*_tokens(text, references, unfinished=unfinished), translate)))


_BRACKETED = re.compile(r"\[[^\[\]]*\]")


def is_closed(text: str, references: References) -> bool:
    """Return whether nothing that begins in ``text`` could be finished by characters after it."""
    tokens, env = _tokens(text, references, unfinished=False)
    if "open_emphasis" in env:
        return False
    for token in tokens:
        if token.type == "text":
            rest = _BRACKETED.sub("", token.content)
            if "$$" in rest or any(mark in rest for mark in "[`<"):
                return False
        if token.type == "text_special" and token.markup in _MATH_OPEN:
            return False
    return True


def _tokens(text: str, references: References, *, unfinished: bool) -> tuple[list[Token], MutableMapping[str, object]]:
    if unfinished and (match := _PENDING_END.search(text)) is not None:
        # `](` stays: the pending link's rule reads it.
        text = text if match[0][0] == "]" else text[: match.start()]
    env: dict[str, object] = {"references": references.targets}
    tokens: list[Token] = []
    if unfinished:
        env["unfinished"] = True
    if _SPECIAL.search(text) is None:
        from markdown_it.token import Token

        plain = Token("text", "", 0)
        plain.content = text
        return [plain], env
    _MD.inline.parse(text, _MD, env, tokens)
    return tokens, env


_STYLES = {"strong": InlineStyle.BOLD, "em": InlineStyle.ITALIC, "s": InlineStyle.STRIKE}


def _spans(tokens: list[Token], env: MutableMapping[str, object], translate: Translate) -> Iterator[InlineSpan]:
    depth = {InlineStyle.BOLD: 0, InlineStyle.ITALIC: 0, InlineStyle.STRIKE: 0}
    link: tuple[InlineStyle, str, str] | None = None
    for token in tokens:
        kind = token.type
        style = InlineStyle.PLAIN
        for flag, count in depth.items():
            if count:
                style |= flag
        if kind in ("text", "text_special"):
            if link is not None:
                yield InlineSpan(_clean(token.content), style | link[0], link[1])
            elif kind == "text":
                yield from _with_addresses(token.content, style)
            else:
                yield InlineSpan(_clean(token.content), style)
        elif kind in ("softbreak", "hardbreak"):
            yield InlineSpan(LINE_BREAK, style)
        elif kind == "code_inline":
            yield InlineSpan(
                _clean(token.content),
                style | InlineStyle.CODE | (link[0] if link else InlineStyle.PLAIN),
                link[1] if link else "",
            )
        elif kind == "math_inline":
            yield InlineSpan(_clean(token.content), style | InlineStyle.MATH)
        elif kind == "image":
            yield from _image(token, style, link, translate)
        elif kind == "link_open":
            link = _link(token)
        elif kind == "link_close":
            if link is not None and link[2]:
                yield InlineSpan(link[2], style)
            link = None
        elif token.tag in _STYLES:
            depth[_STYLES[token.tag]] += token.nesting


def _link(token: Token) -> tuple[InlineStyle, str, str]:
    """Return the style, the safe address, and what to print after the label of a link that is refused."""
    source = str(token.attrs.get("href", ""))
    if "href" not in token.attrs:  # its address is still coming
        return InlineStyle.LINK, "", ""
    safe = safe_link(source)
    if safe is not None:
        return InlineStyle.LINK, safe.href, ""
    return InlineStyle.PLAIN, "", "" if token.info == "auto" else f" ({_clean(source)})"


def _image(
    token: Token, style: InlineStyle, link: tuple[InlineStyle, str, str] | None, translate: Translate
) -> Iterator[InlineSpan]:
    """Yield a link in place of an image: loading one would tell its server that the answer was read."""
    description = _clean(token.content)
    label = fill(_DESCRIBED_IMAGE, {"description": description}, translate) if description else translate(_IMAGE)
    source = str(token.attrs.get("src", ""))
    safe = safe_link(source)
    if link is not None and link[1]:
        yield InlineSpan(label, style | link[0], link[1])
    elif safe is not None:
        yield InlineSpan(label, style | InlineStyle.LINK, safe.href)
    else:
        yield InlineSpan(f"{label} ({_clean(source[:200])})", style)


_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9_])(?:https?://[^\s<>\"`|]+|www\.[^\s<>\"`|]+\.[^\s<>\"`|]+|[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)


def _with_addresses(text: str, style: InlineStyle) -> Iterator[InlineSpan]:
    """Yield spans with links for bare addresses, as GFM's extended autolinks do."""
    text = _clean(text)
    done = 0
    if "@" in text or "://" in text or "www." in text:
        for match in _ADDRESS.finditer(text):
            address = _trim_address(match[0])
            if "://" in address:
                target = address
            else:
                target = f"https://{address}" if address.startswith("www.") else f"mailto:{address}"
            safe = safe_link(target)
            if safe is None:
                continue
            if match.start() > done:
                yield InlineSpan(text[done : match.start()], style)
            yield InlineSpan(address, style | InlineStyle.LINK, safe.href)
            done = match.start() + len(address)
    if done < len(text):
        yield InlineSpan(text[done:], style)


def _trim_address(address: str) -> str:
    while address:
        if address[-1] in "?!.,:*_~'\";" or (address[-1] in ")]" and not _balanced(address)):
            address = address[:-1]
        else:
            break
    return address


def _balanced(address: str) -> bool:
    opening = "(" if address[-1] == ")" else "["
    return address.count(opening) >= address.count(address[-1])


def _clean(text: str) -> str:
    # Entities such as &#8238; or &#10; are decoded late: what they produce must be checked as well.
    return neutralise(text.replace("\n", " "))


def _merged(spans: Iterator[InlineSpan]) -> Iterator[InlineSpan]:
    last: InlineSpan | None = None
    for span in spans:
        if not span.text:
            continue
        if last is not None and last.style == span.style and last.href == span.href:
            last = InlineSpan(last.text + span.text, span.style, span.href)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
