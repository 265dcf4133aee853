"""Syntax highlighting of code that is still arriving. No Qt here.

Code is lexed in chunks of bounded size. A chunk's lexer starts in the state in which the one before it ended, so a long
string or comment keeps its colour; only a construct that a lexer reads as one single match (a C comment, say) and that
crosses a chunk's end is read as two. While a chunk grows its new lines get provisional colours; when it is complete it
is lexed as a whole. The final result depends on the code alone, never on how it arrived.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygments.lexer import Lexer, RegexLexer

CHUNK_SOFT_LINES = 12
CHUNK_LINES = 24
CHUNK_CHARS = 1500
COMMENT_LINES = 64
COMMENT_CHARS = 4000
LINE_CHARS = 500
"""Longer lines (minified code, encoded data) stay plain: colours are of little use there, and regular expressions
are slowest on them."""


class Run(NamedTuple):
    """A piece of a line and its role, a key of the style's code colours ("" is plain)."""

    text: str
    role: str


_ROLES = {
    "Keyword": "keyword",
    "Keyword.Type": "type",
    "Keyword.Constant": "number",
    "Operator.Word": "keyword",
    "Name.Builtin": "type",
    "Name.Builtin.Pseudo": "keyword",
    "Name.Class": "type",
    "Name.Exception": "type",
    "Name.Function": "function",
    "Name.Function.Magic": "function",
    "Name.Decorator": "function",
    "Name.Tag": "keyword",
    "Name.Attribute": "function",
    "Name.Namespace": "type",
    "Literal.String": "string",
    "Literal.Number": "number",
    "Literal.Date": "string",
    "Comment": "comment",
    "Comment.Preproc": "keyword",
    "Generic.Inserted": "inserted",
    "Generic.Deleted": "deleted",
    "Generic.Heading": "type",
    "Generic.Subheading": "function",
    "Generic.Prompt": "comment",
    "Generic.Output": "comment",
}


@cache
def _role(token_type: tuple[str, ...]) -> str:
    names = list(token_type)
    while names:
        role = _ROLES.get(".".join(names))
        if role is not None:
            return role
        names.pop()
    return ""


@cache
def _languages() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    return frozenset(alias for _name, aliases, *_ in get_all_lexers(plugins=False) for alias in aliases)


@cache
def _lexer(language: str) -> Lexer | None:
    if not language or language in ("text", "plain", "plaintext", "txt"):
        return None
    # For a language that it does not know Pygments reads a file of every package that is installed: plug-ins.
    if language not in _languages():
        return None
    # Pygments costs 30 ms to import and each language its own module: only code in that language pays for it.
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def language_of(info: str) -> str:
    """Return the language that a fence's info string names: its first word, in lower case."""
    word = info.split(maxsplit=1)[0] if info.strip() else ""
    return word.strip("{}.").split(",")[0].lower()[:32]


def ends_chunk(lines: list[str], chars: int, following: str) -> bool:
    """Return whether a chunk ends before the line ``following``.

    It ends where top-level code begins after a blank line, or at its size limit; inside ``/* … */``, which lexers read
    as one match, it may grow further.
    """
    count = len(lines)
    if count < CHUNK_SOFT_LINES and chars < CHUNK_CHARS:
        return False
    limit, most = CHUNK_LINES, CHUNK_CHARS
    source = "\n".join(lines)
    if source.rfind("/*") > source.rfind("*/"):
        limit, most = COMMENT_LINES, COMMENT_CHARS
    elif not lines[-1].strip() and following[:1].strip():
        return True
    return count >= limit or chars >= most


class Highlighter:
    """Colours one code block. A copy continues independently."""

    __slots__ = ("_lexer", "_provisional", "_stack")

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language)
        self._stack: tuple[str, ...] = ("root",)
        self._provisional: tuple[str, ...] = ("root",)

    def copy(self) -> Highlighter:
        """Return an independent copy."""
        clone = object.__new__(Highlighter)
        clone._lexer, clone._stack, clone._provisional = self._lexer, self._stack, self._provisional
        return clone

    @property
    def plain(self) -> bool:
        """Whether there are no colours for this language."""
        return self._lexer is None

    def line(self, text: str) -> list[Run]:
        """Colour the next line provisionally."""
        if self._lexer is None or len(text) > LINE_CHARS:
            return [Run(text, "")]
        runs, self._provisional = self._lex(text + "\n", self._provisional)
        return runs[0]

    def chunk(self, lines: list[str]) -> list[list[Run]]:
        """Give a complete chunk its final colours."""
        if self._lexer is None:
            return [[Run(line, "")] for line in lines]
        source = "".join(("" if len(line) > LINE_CHARS else line) + "\n" for line in lines)
        runs, self._stack = self._lex(source, self._stack)
        self._provisional = self._stack
        return [[Run(line, "")] if len(line) > LINE_CHARS else runs[index] for index, line in enumerate(lines)]

    def _lex(self, text: str, stack: tuple[str, ...]) -> tuple[list[list[Run]], tuple[str, ...]]:
        from pygments.lexer import RegexLexer

        lexer = self._lexer
        assert lexer is not None  # noqa: S101 - for the type checker
        lines: list[list[Run]] = [[]]
        if isinstance(lexer, RegexLexer) and type(lexer).get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed:
            state = list(stack)
            pieces: Iterable[tuple[tuple[str, ...], str]] = _resume(lexer, text, state)
        else:
            # Lexers with another algorithm cannot be resumed: each chunk begins in the first state.
            state = ["root"]
            pieces = ((kind, value) for _, kind, value in lexer.get_tokens_unprocessed(text))
        for kind, value in pieces:
            role = _role(kind)
            first, *others = value.split("\n")
            if first:
                _add(lines[-1], first, role)
            for part in others:
                lines.append([])
                if part:
                    _add(lines[-1], part, role)
        return lines, tuple(state)


def _add(line: list[Run], text: str, role: str) -> None:
    if line and line[-1].role == role:
        line[-1] = Run(line[-1].text + text, role)
    else:
        line.append(Run(text, role))


def _resume(lexer: RegexLexer, text: str, stack: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what `RegexLexer.get_tokens_unprocessed` does, but from the state in ``stack``, which is changed."""
    definitions = lexer._tokens  # noqa: SLF001 - Pygments offers no way to resume
    position = 0
    # Some lexers pop more states than they pushed when they start in the middle.
    rules = definitions.get(stack[-1], definitions["root"])
    while position < len(text):
        for match_at, action, new_state in rules:
            match = match_at(text, position)
            if match is None:
                continue
            if action is not None:
                if type(action).__name__ == "_TokenType":
                    yield action, match.group()
                else:
                    for _, kind, value in action(lexer, match):
                        yield kind, value
            position = match.end()
            if new_state is not None:
                _change_state(stack, new_state)
                rules = definitions[stack[-1]]
            break
        else:
            if text[position] == "\n":
                stack[:] = ["root"]
                rules = definitions["root"]
            yield (), text[position]
            position += 1
    # A hostile text could push a state with every character.
    del stack[1:-32]


def _change_state(stack: list[str], new_state: object) -> None:
    changes = new_state if isinstance(new_state, tuple) else (new_state,)
    for change in changes:
        if change == "#pop":
            if len(stack) > 1:
                stack.pop()
        elif change == "#push":
            stack.append(stack[-1])
        elif isinstance(change, int):
            if abs(change) >= len(stack):
                del stack[1:]
            else:
                del stack[change:]
        else:
            stack.append(str(change))
