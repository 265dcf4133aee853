"""What the code marks for translation, read from its syntax trees; and what lupdate makes of the same code."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "caal_desktop"


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text that is marked where it stands.

    Attributes:
        context: what it is looked up under; None where that is not a literal.
        source: the text; None where that is not a literal.
        is_plural: it is given a number.
        place: file and line.
    """

    context: str | None
    source: str | None
    is_plural: bool
    place: str


def tool() -> ModuleType:
    """Return ``scripts/update_translations.py`` as a module."""
    spec = importlib.util.spec_from_file_location("update_translations", ROOT / "scripts" / "update_translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def modules() -> list[Path]:
    """Return the package's source files."""
    return sorted(PACKAGE.rglob("*.py"))


@cache
def marked_texts() -> tuple[MarkedText, ...]:
    """Return every text that the package marks by ``tr``, ``translate`` or ``QT_TRANSLATE_NOOP``."""
    return tuple(text for path in modules() for text in _marked_in(path))


def _marked_in(path: Path) -> Iterator[MarkedText]:
    yield from _calls(ast.parse(path.read_text(encoding="utf-8")), "", path.relative_to(ROOT).as_posix())


def _calls(node: ast.AST, class_name: str, file: str) -> Iterator[MarkedText]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.ClassDef) else class_name
        if isinstance(child, ast.Call):
            place = f"{file}:{child.lineno}"
            match child.func:
                case ast.Attribute(value=ast.Name(id="self"), attr="tr"):
                    yield MarkedText(class_name, _literal(child.args[0]), len(child.args) > 2, place)
                case (
                    ast.Name(id="translate" | "QT_TRANSLATE_NOOP")
                    | ast.Attribute(value=ast.Name(id="QCoreApplication"), attr="translate")
                ) if len(child.args) > 1:
                    context, source = (_literal(argument) for argument in child.args[:2])
                    yield MarkedText(context, source, len(child.args) > 3, place)
        yield from _calls(child, inner, file)


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text as it stands in a translators' file."""

    context: str
    source: str
    is_plural: bool
    translations: tuple[str, ...] = ()
    is_finished: bool = True


def read_ts(path: Path) -> list[FoundText]:
    """Return the texts of a translators' file."""
    found: list[FoundText] = []
    for context in ElementTree.parse(path).getroot().iter("context"):  # noqa: S314 - lupdate's own output
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            found.append(
                FoundText(
                    name,
                    message.findtext("source") or "",
                    message.get("numerus") == "yes",
                    tuple(forms),
                    translation.get("type") != "unfinished",
                )
            )
    return found
