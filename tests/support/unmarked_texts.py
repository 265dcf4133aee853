"""What the code shows without marking it, and marked texts that it puts together; from syntax trees."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from tests.support.source_texts import ROOT, modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SETTERS = (
    *("setText", "setToolTip", "setStatusTip", "setWhatsThis", "setPlaceholderText", "setWindowTitle", "setTitle"),
    *("setLabelText", "setInformativeText", "setDetailedText", "setPrefix", "setSuffix", "setSpecialValueText"),
    *("setAccessibleName", "setAccessibleDescription", "setHeaderLabels", "setNameFilters", "setTabText"),
    *("addAction", "addItem", "addItems", "addMenu", "addButton", "addRow", "addTab", "insertItem", "setItemText"),
    *("set_label", "set_full_text", "set_placeholder", "titled", "showText", "show_message", "show_message_box"),
)
_MADE_WITH_A_TEXT = (
    *("QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction", "QMenu"),
    *("QMessageBox", "QListWidgetItem", "QTreeWidgetItem", "TextLabel", "ElidedLabel", "PaddedButton", "PanelMessage"),
)
SINKS: Final[dict[str, int]] = {
    **dict.fromkeys((*_SETTERS, *_MADE_WITH_A_TEXT), 0),
    **dict.fromkeys(("MessageAction", "IconButton", "QFileDialog"), 1),
}
"""What shows the text that it is given, and how many arguments before it are none."""

_NOT_SHOWN: Final = frozenset({"name", "objectName", "tone", "icon_name"})
_MARKS: Final = frozenset({"tr", "translate", "translated", "in_words", "QT_TRANSLATE_NOOP"})
_LETTERS: Final = re.compile("[A-Za-z]{2}")
_MARKUP: Final = re.compile(r"<[^<>]+>|&\w+;|https?://\S+")
_BETWEEN_TEXTS: Final = re.compile(r"\s*·\s*|[,:]? |\s*\n\s*|\s*|: ")
_CHANGES: Final = frozenset({"lower", "upper", "capitalize", "title", "casefold"})


def shown_sources() -> dict[str, str]:
    """Return the source files by name whose texts users see."""
    names = {path.relative_to(ROOT): path for path in modules()}
    # What the demo answers is a server's text; what stands in for Qt is for developers.
    return {name.as_posix(): path.read_text("utf-8") for name, path in names.items() if "demo" not in name.parts}


def unmarked_literals(sources: Mapping[str, str]) -> list[str]:
    """Return where a literal with letters is given straight to what shows it."""
    return [
        f"{place}: {text!r} is given to {sink}"
        for place, node in _nodes(sources)
        if isinstance(node, ast.Call) and (sink := _name(node.func)) in SINKS
        for text in _given(node, SINKS[sink])
    ]


def changed_texts(sources: Mapping[str, str]) -> list[str]:
    """Return where a marked text is put together with something else, or its letters are changed."""
    found: list[str] = []
    for place, node in _nodes(sources):
        match node:
            case ast.JoinedStr(values=parts) if any(_is_marked(part) for part in parts):
                between = [part.value for part in parts if isinstance(part, ast.Constant)]
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_marked(left) or _is_marked(right):
                between = [side.value for side in (left, right) if isinstance(side, ast.Constant)]
            case ast.Call(func=ast.Attribute(value=inner, attr=change)) if change in _CHANGES and _is_marked(inner):
                found.append(f"{place}: the letters of a text are changed by {change}")
                continue
            case _:
                continue
        found += [
            f"{place}: a text is put together with {text!r}"
            for text in between
            if isinstance(text, str) and not _BETWEEN_TEXTS.fullmatch(text)
        ]
    return found


def _nodes(sources: Mapping[str, str]) -> Iterator[tuple[str, ast.AST]]:
    for name, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node


def _given(call: ast.Call, skipped: int) -> Iterator[str]:
    shown = [keyword.value for keyword in call.keywords if keyword.arg not in _NOT_SHOWN]
    for argument in (*call.args[skipped:], *shown):
        for text in _plain_in(argument):
            if _LETTERS.search(_MARKUP.sub("", text)):
                yield text


def _plain_in(node: ast.AST) -> Iterator[str]:
    """Give the literals of an expression that come out of it as they are."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            for part in parts:
                if isinstance(part, ast.Constant):
                    yield from _plain_in(part)
        case ast.IfExp(body=one, orelse=other):
            yield from _plain_in(one)
            yield from _plain_in(other)
        case ast.BinOp(left=one, right=other):
            yield from _plain_in(one)
            yield from _plain_in(other)
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _plain_in(part)
        case ast.Call(func=ast.Attribute(value=ast.Constant() as template, attr="format" | "join")):
            yield from _plain_in(template)
        case _:
            return


def _is_marked(node: ast.AST) -> bool:
    """Return whether an expression is a marked text, perhaps filled."""
    match node:
        case ast.FormattedValue(value=inner):
            return _is_marked(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="format" | "replace")):
            return _is_marked(inner)
        case ast.Call(func=func):
            return _name(func) in _MARKS
        case _:
            return False


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
