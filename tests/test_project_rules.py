"""The project's own rules, as far as a program can check them; the reasons are in CONTRIBUTING.md.

Each rule is a function from a file's text to what is wrong with it, so that each can be shown to fail.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import caal_desktop
from caal_desktop.llm.providers.registry import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")

# What runs a nested event loop, makes tasks without an owner, or comes when the loop is gone already.
FORBIDDEN_NAMES = {"processEvents", "asyncSlot", "asyncClose", "aboutToQuit"}
FORBIDDEN_CALLS = {"exec", "exec_"}
TASK_MAKERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
# These run without Qt, each in one function that outlives its tasks; the rest asks a task scope.
MAY_MAKE_TASKS = re.compile(r"caal_desktop/(services/task_scope\.py|(llm|demo|storage)/.*)")
# What the settings remember of a secret, and who may write it: its one owner.
ABOUT_SECRETS = re.compile(r".*key_(status|store|origin|withheld_from)|proxy_password_(origin|withheld_from)")
CHANGES_SETTINGS = {"replace", "update", "with_provider"}
MAY_WRITE_ABOUT_SECRETS = re.compile(r"caal_desktop/(services/keys/key_service|storage/settings/\w+)\.py")
# A widget draws what it is told and says what was asked for; it waits for nothing.
NOT_IN_WIDGETS = {"asyncio", "httpx2", "keyring", "openai", "qasync", "requests", "urllib.request"}

# With which no sentence in the imperative begins.
NOT_IMPERATIVE = frozenset(
    {
        "A",
        "All",
        "An",
        "Another",
        "As",
        "At",
        "Each",
        "Every",
        "Everything",
        "From",
        "How",
        "In",
        "It",
        "Its",
        "Nobody",
        "None",
        "Nothing",
        "One",
        "Only",
        "That",
        "The",
        "These",
        "This",
        "Those",
        "What",
        "When",
        "Where",
        "Whether",
        "Which",
        "Who",
        "Whose",
        "Why",
    }
)

# Assembled here, or this file would break its own rule.
REGISTRY_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
MACHINE_PATHS = [f"/{folder}/" for folder in ("work", "root", "workspace")]
SECRETS = re.compile(r"sk-or-v1-[0-9a-f]{20,}|gsk_[0-9A-Za-z]{40,}|AIza[0-9A-Za-z_-]{35}|sk-ant-[0-9A-Za-z_-]{40,}")


# --- the files --------------------------------------------------------------------------------------------------------


@cache
def files() -> tuple[Path, ...]:
    """Return what belongs to the project: git's list, or in an unpacked archive everything that is not generated."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        found = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        generated = re.compile(r"\.(venv.*|git|.*_cache|hypothesis)|__pycache__|build|dist|.*\.egg-info")
        found = []
        for folder, subfolders, names in os.walk(ROOT):
            subfolders[:] = [name for name in subfolders if not generated.fullmatch(name)]
            found += [Path(folder, name) for name in names]
    return tuple(sorted(path for path in found if path.is_file()))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(pattern: str = "") -> list[tuple[str, str]]:
    """Name and content of each text file whose name matches."""
    found = []
    for path in files():
        content = path.read_bytes()
        if re.match(pattern, name_of(path)) and b"\0" not in content:
            found.append((name_of(path), content.decode("utf-8")))
    return found


def offences(rule: Callable[[str], Iterable[str]], pattern: str = "") -> list[str]:
    return [f"{name}: {what}" for name, text in texts(pattern) for what in rule(text)]


# --- the rules --------------------------------------------------------------------------------------------------------


def forbidden_qt(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: .{name}()"
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in FORBIDDEN_NAMES:
                yield f"line {node.lineno}: {name}"
            case ast.ImportFrom(names=names):
                yield from (f"line {node.lineno}: {a.name}" for a in names if a.name in FORBIDDEN_NAMES)


def task_makers(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in TASK_MAKERS:
                yield f"line {node.lineno}: {name}"


def writes_about_secrets(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), keywords=given) if name in CHANGES_SETTINGS:
                yield from (
                    f"line {node.lineno}: {one.arg}" for one in given if one.arg and ABOUT_SECRETS.fullmatch(one.arg)
                )
            case ast.Constant(value=str(word)) if ABOUT_SECRETS.fullmatch(word):
                yield f"line {node.lineno}: {word}"


def masks_a_line(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(attr="EchoMode" | "setEchoMode" | "setTextEchoMode"):
                yield f"line {node.lineno}"


def waiting_widgets(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.AsyncFunctionDef(name=name):
                yield f"line {node.lineno}: async def {name}"
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
                yield from (f"line {node.lineno}: {module}" for module in modules if not in_widgets(module))
            case ast.ImportFrom(module=str(module), names=names):
                modules = [module, *(f"{module}.{alias.name}" for alias in names)]
                yield from (f"line {node.lineno}: {name}" for name in modules if not in_widgets(name))


def in_widgets(module: str) -> bool:
    """Return whether widgets may import a module. Parsing an address (``urllib.parse``) does not wait."""
    return not any(f"{module}.".startswith(f"{name}.") for name in NOT_IN_WIDGETS)


# The SDK and the HTTP libraries, of either generation.
SDK_PACKAGES = {"httpcore", "httpcore2", "httpx", "httpx2", "openai"}


def names_the_sdk(text: str) -> Iterable[str]:
    """Yield where code imports the SDK or an HTTP library, or uses one by its name."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=module, names=names):
                modules = [module or "", *(alias.name for alias in names)]
            case ast.Name(id=name):
                modules = [name]
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if "import" in ast.unparse(func):
                modules = [name]
            case _:
                continue
        yield from (f"line {node.lineno}: {name}" for name in modules if name.partition(".")[0] in SDK_PACKAGES)


def imports_the_sdk(text: str) -> Iterable[str]:
    """Yield where code imports one of them itself, instead of the one that the SDK's version asks for."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case _:
                continue
        yield from (f"line {node.lineno}: {name}" for name in modules if name.partition(".")[0] in SDK_PACKAGES)


def without_docstring(text: str) -> Iterable[str]:
    if text.strip() and not ast.get_docstring(ast.parse(text)):
        yield "no module docstring"


def speaks_in_another_voice(text: str) -> Iterable[str]:
    """Names and docstrings that are given in another form than everywhere else; ruff's D401 sees only some of them."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                words = (ast.get_docstring(node) or "").split()
                is_attribute = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
                if words and not is_attribute and words[0].rstrip(",:;") in NOT_IMPERATIVE:
                    yield f"line {node.lineno}: the docstring of {node.name} begins with “{words[0]}”"
            case ast.ExceptHandler(name=str(name)) if name not in ("error", "cause"):
                yield f"line {node.lineno}: an error is called {name}"
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func, args=[_])) if (
                ast.unparse(func) == "logging.getLogger" and name != "logger"
            ):
                yield f"line {node.lineno}: a logger is called {name}"
            case ast.ImportFrom(module=str(module)) if module.startswith("caal_desktop"):
                yield from (
                    f"line {node.lineno}: {alias.name} is renamed" for alias in node.names if alias.asname is not None
                )
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\bpersons?\b", line, re.IGNORECASE):
            yield f"line {number}: whoever uses the program is called the user"


def names_a_machine(text: str) -> Iterable[str]:
    for path in MACHINE_PATHS:
        yield from re.findall(rf"(?<![\w.~-]){path}\S*", text)


def names_a_registry(text: str) -> Iterable[str]:
    yield from (host for host in REGISTRY_HOSTS if host in text)


def holds_a_secret(text: str) -> Iterable[str]:
    yield from (f"{found[:12]}..." for found in SECRETS.findall(text))


def spelled(text: str) -> str:
    """Return a name or a word without what spellings differ in: case, underscores, hyphens."""
    return re.sub(r"[_-]", "", text.lower())


PROVIDER_SPELLINGS = tuple(spelled(name) for name in PROVIDERS)
PROVIDER_TITLES = {text for one in PROVIDERS.values() for text in (one.title, one.choice, one.spoken) if text}


def names_a_provider(text: str) -> Iterable[str]:
    """Yield where code names one provider: an identifier, an import, or a string that is no sentence.

    What names none cannot decide by one, be it with ``==``, ``in``, ``match``, a table or a member of an enum.
    """
    tree = ast.parse(text)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        words: list[str] = []
        match node:
            case ast.Constant(value=str(value)) if id(node) not in documentation and (
                value in PROVIDER_TITLES or not re.search(r"\s", value)
            ):
                words = [value]
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                words = [name]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                words = [name]
            case ast.ImportFrom(module=module, names=names):
                words = [module or "", *(alias.name for alias in names)]
            case ast.Import(names=names):
                words = [alias.name for alias in names]
        for word in words:
            if word in PROVIDER_TITLES or any(spelling in spelled(word) for spelling in PROVIDER_SPELLINGS):
                yield f"line {node.lineno}: {word}"  # type: ignore[attr-defined]


def looks_into_a_client(text: str) -> Iterable[str]:
    """Yield where code asks a client what it is, instead of asking its descriptor what it can."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, cls]):
                names = [getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(cls)]
                yield from (f"line {node.lineno}: isinstance of {name}" for name in names if name.endswith("Provider"))
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"), args=[ast.Name(id=name) | ast.Attribute(attr=name), *_]
            ) if name.lstrip("_") in ("provider", "client"):
                yield f"line {node.lineno}: getattr of {name}"


# What takes a text for HTML where it looks like it, and then opens the files and addresses that it names.
READS_HTML = {
    *("setToolTip", "setTabToolTip", "setStatusTip", "setWhatsThis", "showText"),
    *("setHtml", "insertHtml", "appendHtml", "toHtml", "fromHtml", "setMarkdown", "insertMarkdown", "fromMarkdown"),
    *("AutoText", "RichText", "MarkdownText", "setOpenExternalLinks"),
    *("ToolTipRole", "StatusTipRole", "WhatsThisRole"),
}
# Made as they are, or by one of their static functions, or as the base of a class.
GUESSING_CLASSES = {
    *("QLabel", "QMessageBox", "QErrorMessage", "QProgressDialog", "QSplashScreen", "QToolTip", "QWhatsThis"),
    *("QTextEdit", "QTextBrowser"),
}
# Which have this form for sure.
PLAIN_TOOLTIP = "tooltip_text"


def reads_html(text: str) -> Iterable[str]:
    """Yield where Qt would look into a text for HTML."""
    tree = ast.parse(text)
    allowed = {id(part) for node in ast.walk(tree) if gives_a_plain_tooltip(node) for part in ast.walk(node)}
    static_texts, told_plain = 0, 0
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name in READS_HTML and id(node) not in allowed:
                yield f"line {node.lineno}: {name}"
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in GUESSING_CLASSES:
                yield f"line {node.lineno}: {name}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                name in {*GUESSING_CLASSES, "QInputDialog"} and attr[0].islower()
            ):
                yield f"line {node.lineno}: {name}.{attr}"
            case ast.ClassDef(bases=bases):
                names = [getattr(base, "id", getattr(base, "attr", "")) for base in bases]
                yield from (f"line {node.lineno}: {name}" for name in names if name in GUESSING_CLASSES)
            case ast.Call(func=ast.Attribute(attr="addRow"), args=[label, _]) if makes_words(label):
                yield f"line {node.lineno}: addRow"  # which makes a label of Qt's own
            case ast.Call(func=ast.Attribute(attr="insertRow"), args=[_, label, _]) if makes_words(label):
                yield f"line {node.lineno}: insertRow"
            case ast.Call(func=ast.Attribute(attr="setLabelText"), args=[label]) if ".tr('" not in ast.unparse(
                label
            ) or ".format(" in ast.unparse(label):
                yield f"line {node.lineno}: setLabelText"
            case ast.Call(func=ast.Name(id="QStaticText")):
                static_texts += 1
            case ast.Call(func=ast.Attribute(attr="setTextFormat"), args=[ast.Attribute(attr="PlainText")]):
                told_plain += 1
    if static_texts > told_plain:
        yield "a QStaticText that guesses its format"


def gives_a_plain_tooltip(node: ast.AST) -> bool:
    """Return whether a node is the ``case`` of an item model that returns a plain tooltip, or none."""
    if not isinstance(node, ast.match_case) or not isinstance(node.pattern, ast.MatchValue):
        return False
    return all(isinstance(one, ast.Return) and is_plain_tooltip(one.value) for one in node.body)


def is_plain_tooltip(value: ast.expr | None) -> bool:
    match value:
        case None | ast.Constant(value=None):
            return True
        case ast.IfExp(body=body, orelse=other):
            return is_plain_tooltip(body) and is_plain_tooltip(other)
        case ast.BoolOp(values=values):
            return all(map(is_plain_tooltip, values))
        case ast.Call(func=ast.Name(id=name)):
            return name == PLAIN_TOOLTIP
    return False


def makes_words(label: ast.expr) -> bool:
    """Return whether an expression is a text, as far as its form tells."""
    match label:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in {"tr", "translate", "translated", "format"}
    return False


# Each makes plain of what it is given, and is the only one to do so.
MAY_READ_HTML = {
    "caal_desktop/widgets/common/tooltips.py": r"setToolTip|showText|QToolTip\.showText",
    "caal_desktop/widgets/common/controls.py": r"QLabel",
    "caal_desktop/widgets/common/message_box.py": r"QMessageBox",
    # Its text is written by a cursor.
    "caal_desktop/widgets/picker/details/fact_sheet.py": r"QTextBrowser",
}

# A provider's own modules name it; so do these, for these words and for this reason.
MAY_NAME_A_PROVIDER = {
    "caal_desktop/llm/providers/registry.py": (r".*", "lists the descriptors"),
    "caal_desktop/llm/providers/clients/hosted.py": (r"(?i).*openai_?compatible.*", "stands on the common client"),
    "caal_desktop/llm/__init__.py": (r".*", "the clients are public, by the names under which the agent imports them"),
    "caal_desktop/llm/streaming/answers.py": (r"x_groq", "a field of the wire, wherever an answer comes from"),
    "caal_desktop/llm/models/listing.py": (r"ollama", "a word that servers write where a model's owner belongs"),
    "caal_desktop/llm/models/routing.py": (r"openrouter", "the author of ids that stand for other models"),
    "caal_desktop/catalogue/search/makers.py": (r"mistral(ai)?", "a maker of models, whoever serves them"),
    "caal_desktop/storage/settings/migrations.py": (
        r".*",
        "schema 1 had fields for each; a released step stays",
    ),
}
OWN_MODULES = re.compile(rf"caal_desktop/llm/providers/(clients/)?({'|'.join(PROVIDERS)})\.py")


PYTHON = r".*\.py$"
PACKAGE = r"caal_desktop/.*\.py$"


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        (forbidden_qt, PACKAGE),
        (waiting_widgets, r"caal_desktop/(widgets|item_models)/.*\.py$"),
        (looks_into_a_client, PACKAGE),
        # A line edit that is only masked tells its text on the accessibility bus.
        (masks_a_line, r"caal_desktop/(?!widgets/common/masked_edit\.py).*\.py$"),
        # Which generation of the SDK there is, one module decides; the layer's tests run with both.
        (names_the_sdk, r"caal_desktop/(?!llm/transport/(sdk|client)\.py).*\.py$"),
        (imports_the_sdk, r"tests/llm/.*\.py$"),
        (without_docstring, PYTHON),
        (speaks_in_another_voice, PACKAGE),
        (names_a_machine, ""),
        (names_a_registry, ""),
        (holds_a_secret, ""),
    ],
)
def test_rule(rule: Callable[[str], Iterable[str]], pattern: str) -> None:
    assert texts(pattern), "the rule looks at no file at all"
    assert offences(rule, pattern) == []


def test_only_task_scopes_make_tasks() -> None:
    found = offences(task_makers, PACKAGE)
    assert [offence for offence in found if not MAY_MAKE_TASKS.match(offence)] == []


def is_own_module(file: str, word: str) -> bool:
    """Return whether a provider's module names itself, or the compatible server whose client others stand on."""
    module = OWN_MODULES.fullmatch(file)
    if module is None:
        return False
    own = PROVIDERS[module[2]]
    may = [spelled(name) for name in (own.name, "openai_compatible")]
    return word in (own.title, own.choice, own.spoken) or any(name in spelled(word) for name in may)


def test_only_a_providers_own_modules_name_it() -> None:
    needed = set()
    found = []
    for offence in offences(names_a_provider, r"caal_desktop/(?!demo/).*\.py$"):
        file, _, word = offence.split(": ")
        allowed, _reason = MAY_NAME_A_PROVIDER.get(file, ("", ""))
        if re.fullmatch(allowed, word):
            needed.add(file)
        elif not is_own_module(file, word):
            found.append(offence)
    assert found == []
    assert needed == set(MAY_NAME_A_PROVIDER), "an exception that is not needed"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_one_module_and_one_line_in_the_registry(name: str) -> None:
    assert (ROOT / "caal_desktop/llm/providers" / f"{name}.py").is_file()
    listed = re.findall(r"^    ([A-Z_]+),$", read("caal_desktop/llm/providers/registry.py"), re.MULTILINE)
    assert listed.count(name.upper()) == 1


def test_one_owner_writes_what_is_known_about_secrets() -> None:
    found = offences(writes_about_secrets, PACKAGE)
    assert [offence for offence in found if not MAY_WRITE_ABOUT_SECRETS.match(offence)] == []


def test_no_text_is_looked_into_for_html() -> None:
    needed = set()
    found = []
    for offence in offences(reads_html, PACKAGE):
        file, _, what = offence.split(": ")
        if re.fullmatch(MAY_READ_HTML.get(file, ""), what):
            needed.add(file)
        else:
            found.append(offence)
    assert found == []
    assert needed == set(MAY_READ_HTML), "an exception that is not needed"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (names_a_provider, 'if provider == "openrouter": ...'),
        (names_a_provider, 'if provider in ("openai_compatible", "ollama"): ...'),
        (names_a_provider, 'match provider:\n    case "groq":\n        ...'),
        (names_a_provider, 'HOSTS = {"OpenRouter": 1}'),
        (names_a_provider, 'if title == "Another server": ...'),
        (names_a_provider, "if provider is Provider.OPENAI_COMPATIBLE: ..."),
        (names_a_provider, "def f():\n    return at_openrouter"),
        (names_a_provider, "settings.replace(groq_model=model)"),
        (names_a_provider, 'getattr(settings, f"ollama_{column}")'),
        (names_a_provider, "from caal_desktop.llm.providers.clients.openrouter import *"),
        (names_a_provider, "from caal_desktop.llm import GroqProvider"),
        (names_a_provider, 'url = "https://openrouter.ai/models"'),
        (looks_into_a_client, "assert isinstance(client, llm.OpenRouterProvider)"),
        (looks_into_a_client, "if isinstance(provider, (HostedProvider, int)): ..."),
        (looks_into_a_client, 'getattr(provider, "generation", None)'),
        (looks_into_a_client, 'hasattr(self._client, "list_endpoints")'),
        (names_the_sdk, "import httpx2"),
        (names_the_sdk, "import openai.types"),
        (names_the_sdk, "from openai import AsyncOpenAI"),
        (names_the_sdk, "from caal_desktop.llm.transport.sdk import httpx2"),
        (names_the_sdk, "def f(answer: httpx.Response): ..."),
        (names_the_sdk, 'import_module("openai")'),
        (imports_the_sdk, "def test():\n    from httpx import URL"),
        (reads_html, "button.setToolTip(model.name)"),
        (reads_html, "item.setToolTip(0, title)"),
        (reads_html, "tell = self.setToolTip"),
        (reads_html, "action.setStatusTip(title)"),
        (reads_html, "self.setWhatsThis(title)"),
        (reads_html, "QToolTip.showText(at, title)"),
        (reads_html, "QWhatsThis.showText(at, title)"),
        (reads_html, "item.setData(title, Qt.ItemDataRole.ToolTipRole)"),
        (reads_html, "if role == Qt.ItemDataRole.ToolTipRole:\n    note = title"),
        (reads_html, "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return self._note(host)"),
        (reads_html, "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return tooltip_text(a) + b"),
        (reads_html, "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return tooltip_text(a) if a else b"),
        (reads_html, "match role:\n    case Role.TEXT | Qt.ItemDataRole.ToolTipRole:\n        return title"),
        (reads_html, "label = QLabel(title, self)"),
        (reads_html, "label = QtWidgets.QLabel(title, self)"),
        (reads_html, "QInputDialog.getText(self, title, title)"),
        (reads_html, "class Title(QLabel): ..."),
        (reads_html, "class Title(QtWidgets.QLabel): ..."),
        (reads_html, "label.setTextFormat(Qt.TextFormat.RichText)"),
        (reads_html, "label.setOpenExternalLinks(True)"),
        (reads_html, "box = QMessageBox(QMessageBox.Icon.Warning, title, text)"),
        (reads_html, "QMessageBox.warning(self, title, text)"),
        (reads_html, "class Question(QMessageBox): ..."),
        (reads_html, "QProgressDialog(title, cancel, 0, 100)"),
        (reads_html, "edit = QTextEdit(self)"),
        (reads_html, "document.setHtml(answer)"),
        (reads_html, "cursor.insertHtml(answer)"),
        (reads_html, "cursor.insertFragment(QTextDocumentFragment.fromHtml(answer))"),
        (reads_html, 'form.addRow(self.tr("Title"), edit)'),
        (reads_html, 'form.insertRow(0, f"{title}", edit)'),
        (reads_html, 'dialog.setLabelText(self.tr("Rename {title}").format(title=title))'),
        (reads_html, "dialog.setLabelText(title)"),
        (reads_html, "laid_out = QStaticText(title)"),
        (forbidden_qt, "dialog.exec()"),
        (forbidden_qt, "QApplication.processEvents(flags)"),
        (forbidden_qt, "from qasync import asyncSlot"),
        (forbidden_qt, "app.aboutToQuit.connect(save)"),
        (task_makers, "asyncio.create_task(work())"),
        (task_makers, "def f():\n    return ensure_future(work())"),
        (writes_about_secrets, "settings.with_provider(name, key_status=status)"),
        (writes_about_secrets, "service.update(openrouter_key_store=store)"),
        (writes_about_secrets, "settings.replace(**{'proxy_password_origin': origin})"),
        (waiting_widgets, "import asyncio"),
        (masks_a_line, "line.setEchoMode(QLineEdit.EchoMode.Password)"),
        (masks_a_line, "dialog.setTextEchoMode(echo)"),
        (waiting_widgets, "from urllib.request import urlopen"),
        (waiting_widgets, "from urllib import request"),
        (waiting_widgets, "async def draw(): ..."),
        (without_docstring, "x = 1"),
        (speaks_in_another_voice, 'def title() -> str:\n    """The title."""'),
        (speaks_in_another_voice, 'async def ready() -> bool:\n    """Whether it is ready."""'),
        (speaks_in_another_voice, "try: ...\nexcept OSError as exc: ..."),
        (speaks_in_another_voice, "log = logging.getLogger(__name__)"),
        (speaks_in_another_voice, "from caal_desktop.llm.streaming import answers as _answers"),
        (speaks_in_another_voice, "# what a person sees"),
        (names_a_machine, f"see {MACHINE_PATHS[0]}main/README.md"),
        (names_a_registry, f"https://files.{REGISTRY_HOSTS[1]}/x"),
        (holds_a_secret, "sk-or-v1-" + "0123456789abcdef" * 4),
    ],
)
def test_each_rule_can_fail(rule: Callable[[str], Iterable[str]], text: str) -> None:
    assert list(rule(text))


@pytest.mark.parametrize(
    "text",
    [
        *(f"thing.{name}(0, title)" for name in ("setTabToolTip", "setMarkdown", "insertMarkdown", "appendHtml")),
        *(f"use(Qt.ItemDataRole.{name})" for name in ("StatusTipRole", "WhatsThisRole")),
        *(f"use(Qt.TextFormat.{name})" for name in ("AutoText", "MarkdownText")),
        *(f"{name}(title)" for name in ("QErrorMessage", "QSplashScreen", "QTextBrowser", "QtWidgets.QToolTip")),
        *(f"thing = QTextDocumentFragment.{name}(title)" for name in ("fromHtml", "fromMarkdown")),
        "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return tooltip_text(a) or b",
        "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return described(a)",
        "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return a and tooltip_text(b)",
        "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return a if b else tooltip_text(c)",
        "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        show(a)\n        return tooltip_text(b)",
    ],
)
def test_whatever_may_be_looked_into_for_html_is_found(text: str) -> None:
    assert list(reads_html(text))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (forbidden_qt, '"""Never .exec() or processEvents()."""\n# no asyncSlot\n'),
        (task_makers, "scope.start(work(), name='work')"),
        (reads_html, "set_tooltip(button, model.name)\nshow_tooltip(at, title, self)"),
        (
            reads_html,
            "match role:\n    case Qt.ItemDataRole.ToolTipRole:\n        return tooltip_text(a) if a else None",
        ),
        (reads_html, "PlainLabel(title)\nMessageBox(self).setIcon(QMessageBox.Icon.Warning)"),
        (reads_html, "label.setTextFormat(Qt.TextFormat.PlainText)"),
        (reads_html, 'form.addRow(PlainLabel(title), edit)\ndialog.setLabelText(self.tr("Title"))'),
        (reads_html, "laid_out = QStaticText(title)\nlaid_out.setTextFormat(Qt.TextFormat.PlainText)"),
        (names_a_provider, '"""OpenRouter tells it."""\nreason = tr("These settings belong to OpenRouter.")  # groq'),
        (names_a_provider, "if descriptor_of(provider).can(Capability.HOSTS): ..."),
        (looks_into_a_client, "if isinstance(error, ProviderError): ..."),
        (writes_about_secrets, "replace(state, key_status=status)\nrow.key_origin"),
        (waiting_widgets, "from caal_desktop.llm.models.listing import ModelInfo"),
        (waiting_widgets, "from urllib.parse import urlsplit"),
        (
            speaks_in_another_voice,
            'class Model:\n    """What answers."""\n    @property\n    def name(self) -> str:\n        """The name."""',
        ),
        (names_a_machine, f"https://example.com{MACHINE_PATHS[0]}x and docs{MACHINE_PATHS[1]}x"),
        (holds_a_secret, "sk-or-v1-au7...890"),
        (names_the_sdk, 'VERBOSE = ("openai", "httpx2")'),
        (names_the_sdk, "from caal_desktop.llm.transport.sdk import Response"),
        (imports_the_sdk, "from caal_desktop.llm.transport.sdk import httpx2"),
    ],
)
def test_rules_leave_the_innocent_alone(rule: Callable[[str], Iterable[str]], text: str) -> None:
    assert list(rule(text)) == []


# --- who imports whom -------------------------------------------------------------------------------------------------


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Return which modules each module imports: at once, within a function, or for its types."""
    graph: dict[str, set[str]] = {}
    for module, text in sources.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Import(names=names):
                    found.update(alias.name for alias in names)
                case ast.ImportFrom(module=str(source), names=names):
                    members = (f"{source}.{alias.name}" for alias in names)
                    found.update(member if member in sources else source for member in members)
        graph[module] = {name for name in found if name in sources}
    return graph


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return one circle of imports, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def between_folders(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports between folders; a folder and those within it count as one."""
    packages = {module.rpartition(".")[0] for module in graph}

    def folder_of(module: str) -> str:
        return module if module in packages else module.rpartition(".")[0]

    folders: dict[str, set[str]] = {}
    for module, imported in graph.items():
        here = folder_of(module)
        for there in map(folder_of, imported):
            if not f"{there}.".startswith(f"{here}.") and not f"{here}.".startswith(f"{there}."):
                folders.setdefault(here, set()).add(there)
    return folders


@cache
def imports() -> dict[str, set[str]]:
    sources = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text for name, text in texts(PACKAGE)
    }
    return import_graph(sources)


def test_imports_run_in_no_circle() -> None:
    assert circle_in(imports()) == []


def test_imports_between_folders_run_in_no_circle() -> None:
    assert len(between_folders(imports())) > 20
    assert circle_in(between_folders(imports())) == []


def test_a_circle_of_imports_is_found() -> None:
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.leaf import Leaf"
    sources = {"package": "", "package.page": typed, "package.leaf": "def f():\n    from package import page"}
    assert set(circle_in(import_graph(sources))) == {"package.page", "package.leaf"}
    assert circle_in(import_graph({**sources, "package.leaf": "import os"})) == []


def test_a_circle_of_folders_is_found() -> None:
    graph = {"p": set(), "p.a": set(), "p.a.one": {"p.b.two"}, "p.b": set(), "p.b.two": set(), "p.b.three": {"p.a.one"}}
    assert circle_in(graph) == []
    assert set(circle_in(between_folders(graph))) == {"p.a", "p.b"}


# --- the files' form --------------------------------------------------------------------------------------------------


@cache
def editor_sections() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    """Return the sections of .editorconfig: which names each is for, and what it says."""
    parser = ConfigParser(interpolation=None)
    parser.read_string("[root]\n" + read(".editorconfig"))
    assert parser["root"]["root"] == "true"
    return tuple((names_in(glob), dict(parser[glob])) for glob in parser.sections() if glob != "root")


def names_in(glob: str) -> re.Pattern[str]:
    """Return a section's heading as a pattern: ``*``, literal text, and words to choose from in braces."""
    pattern = re.escape(glob)
    for meant, written in ((r"\*", ".*"), (r"\{", "("), (",", "|"), (r"\}", ")")):
        pattern = pattern.replace(meant, written)
    return re.compile(pattern)


def editor_style(name: str) -> dict[str, str]:
    """Return what .editorconfig says of one file; the last section that is for it wins."""
    style: dict[str, str] = {}
    for names, section in editor_sections():
        if names.fullmatch(name) or names.fullmatch(name.rpartition("/")[2]):
            style |= section
    return style


def strays_from_style(text: str, style: Mapping[str, str]) -> Iterable[str]:
    lines = text.split("\n")
    if style.get("insert_final_newline") == "true" and lines[-1]:
        yield "no newline at the end"
    for number, line in enumerate(lines, 1):
        if style.get("end_of_line") == "lf" and "\r" in line:
            yield f"line {number}: a carriage return"
        if style.get("trim_trailing_whitespace") == "true" and line.rstrip(" \t") != line:
            yield f"line {number}: a blank at the end"
        if style.get("indent_style") == "space" and re.match(r"\s*\t", line):
            yield f"line {number}: a tab in the indentation"


def test_files_have_the_form_that_editors_are_told() -> None:
    found = [f"{name}: {what}" for name, text in texts() for what in strays_from_style(text, editor_style(name))]
    assert found == []


@pytest.mark.parametrize("text", ["x", "x\r\n", "x \n", "\t\n", "\tx\n", "  \tx\n"])
@pytest.mark.parametrize("name", ["README.md", "scripts/run", "tests/test_cli.py", "resources/icons/info.svg"])
def test_a_file_of_another_form_is_found(name: str, text: str) -> None:
    assert list(strays_from_style(text, editor_style(name)))
    assert not list(strays_from_style("    x\ty\n", editor_style(name)))


def test_editors_and_ruff_agree() -> None:
    ruff = tomllib.loads(read("pyproject.toml"))["tool"]["ruff"]
    style = editor_style("caal_desktop/cli.py")
    assert int(style["max_line_length"]) == ruff["line-length"]
    assert int(style["indent_size"]) == ruff.get("indent-width", 4)
    assert editor_style("pyproject.toml")["indent_size"] == "2"


# --- what has to agree ------------------------------------------------------------------------------------------------


LAYER = "packaging/provider_layer/"


def project(folder: str = "") -> dict[str, object]:
    table: dict[str, object] = tomllib.loads(read(f"{folder}pyproject.toml"))["project"]
    return table


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    version = project()["version"]
    assert caal_desktop.__version__ == version
    assert version in [name for name, _date in released(read("CHANGELOG.md"))]


def released(changelog: str) -> list[tuple[str, str]]:
    """Return the versions that a changelog has a section for, each with its date."""
    unreleased, *headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    assert unreleased == "[Unreleased]", "what has changed since the last release comes first"
    sections = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in headings]
    assert all(sections), f"no version with its date: {headings}"
    return [(found[1], found[2]) for found in sections if found]


def test_the_changelog_goes_back_in_time() -> None:
    versions = [([int(number) for number in name.split(".")], date) for name, date in released(read("CHANGELOG.md"))]
    assert versions == sorted(versions, reverse=True)
    kinds = set(re.findall(r"^### (.*)$", read("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("heading", ["[0.1.0]", "0.1.0 - 2026-11-26", "[0.1.0] - soon"])
def test_a_release_without_its_date_is_found(heading: str) -> None:
    with pytest.raises(AssertionError, match="no version with its date"):
        released(f"## [Unreleased]\n\n## {heading}\n")


def test_the_supported_pythons_are_the_same_everywhere() -> None:
    assert re.search(r"SUPPORTED_PYTHONS='(.*)'", read("scripts/lib.sh"))[1].split() == list(PYTHONS)  # type: ignore[index]
    classifiers = project()["classifiers"]
    assert isinstance(classifiers, list)
    prefix = "Programming Language :: Python :: "
    assert [c.removeprefix(prefix) for c in classifiers if c.startswith(prefix)] == list(PYTHONS)
    assert project()["requires-python"] == project(LAYER)["requires-python"] == ">=3.11,<3.14"


def documented_commands() -> list[tuple[str, list[str]]]:
    """Return each script that the documents tell users to start, with its arguments."""
    documents = read("README.md") + read("CONTRIBUTING.md")
    found = re.findall(r"(?:^|[\s`])\./((?:scripts|\.ci)/[\w-]+)([^\n`#]*)", documents)
    return [(script, arguments.split()) for script, arguments in found]


def test_the_documents_name_commands_that_exist() -> None:
    commands = documented_commands()
    assert {"scripts/run", "scripts/test", "scripts/bench"} <= {script for script, _ in commands}
    # Where each script's options are understood.
    sources = {"scripts/run": ["caal_desktop/cli.py"], "scripts/bench": ["tests/bench/__main__.py"]}
    for script, arguments in commands:
        assert os.access(ROOT / script, os.X_OK), f"{script} is not there, or cannot be started"
        understood = "".join(map(read, sources.get(script, [script])))
        if script == "scripts/test":  # it passes on to pytest what it does not know itself
            understood += subprocess.run(
                [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True
            ).stdout
        for argument in arguments:
            if argument.startswith("-"):
                assert argument in understood, f"{script} does not know {argument}"
            elif "/" in argument:
                assert (ROOT / argument).exists(), argument


def named_files(document: str, text: str) -> Iterable[tuple[str, bool]]:
    """Yield each file that a document links to or names in code, and whether there is one.

    A name in code is a path below the root, the package or the document's folder. Capitals stand for any name.
    """
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    beside = (ROOT / document).parent
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"\w+:", link):
            yield link, (beside / link).exists()
    for word in " ".join(re.findall(r"`([^`\n]+)`", text)).split():
        if re.fullmatch(r"\w[\w.-]*(/[\w.-]*)+|[\w-]+\.(py|md|toml|txt)", word):
            pattern = word if (ROOT / word).exists() else re.sub(r"(?<![a-z])[A-Z]{2,}(?![a-z])", "*", word.strip("/"))
            yield word, any(next(folder.glob(pattern), None) for folder in (ROOT, ROOT / "caal_desktop", beside))


def test_the_documents_name_files_that_exist() -> None:
    found = {(name, *file) for name, text in texts(r"(docs/)?\w+\.md$") for file in named_files(name, text)}
    assert len(found) > 80
    assert [(document, file) for document, file, exists in sorted(found) if not exists] == []


@pytest.mark.parametrize(
    ("text", "exists"),
    [
        ("[a](LICENSE)", True),
        ("[a](LICENCE)", False),
        ("![a](docs/gone.png)", False),
        ("see `llm/base.py`", True),
        ("see `llm/basis.py`", False),
        ("`gone.py`", False),
        ("`caal_desktop/llm/providers/NAME.py`", True),
        ("`caal_desktop/widgets/wizard/NAME_page.py`", False),
        ("`python -m x > docs/gone.md`", False),
    ],
)
def test_a_file_that_is_named_and_not_there_is_found(text: str, exists: bool) -> None:
    assert [there for _file, there in named_files("README.md", text)] == [exists]


@pytest.mark.parametrize("script", ["lib.sh", "run", "test", "bench"])
def test_the_scripts_are_posix_shell(script: str) -> None:
    checked = subprocess.run(["sh", "-n", ROOT / "scripts" / script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def constraints(python: str, file: str = "constraints.txt") -> dict[str, Requirement]:
    """Return the pins that hold for one Python on Linux."""
    lines = [line for line in read(file).splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): r for r in requirements if holds(r, python)}


def holds(requirement: Requirement, python: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"})


@pytest.mark.parametrize(("of", "file"), [("", "constraints.txt"), (LAYER, "constraints-openai2.txt")])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_to_a_version_that_the_project_allows(python: str, of: str, file: str) -> None:
    pins = constraints(python, file)
    table = project(of)
    dependencies, extras = table["dependencies"], table["optional-dependencies"]
    assert isinstance(dependencies, list)
    assert isinstance(extras, dict)
    wanted = [Requirement(line) for line in [*dependencies, *(line for extra in extras.values() for line in extra)]]
    for requirement in [r for r in wanted if holds(r, python)]:
        pin = pins[canonicalize_name(requirement.name)]
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert requirement.specifier.contains(specifier.version), f"{pin} does not fit {requirement}"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_layer_is_tested_with_the_oldest_sdk_that_it_allows_and_else_the_same(python: str) -> None:
    pins, layer = constraints(python), constraints(python, "constraints-openai2.txt")
    (asked,) = (r for r in map(Requirement, layer_dependencies()) if r.name == "openai")
    (oldest,) = (one.version for one in asked.specifier if one.operator == ">=")
    (pinned,) = layer["openai"].specifier
    assert pinned.version.startswith(f"{oldest}.")
    assert not {"httpx2", "pyside6-essentials", "shiboken6", "qasync", "keyring"} & layer.keys()
    different = {name for name in layer.keys() & pins.keys() if layer[name].specifier != pins[name].specifier}
    assert different == {"openai"}


def layer_dependencies() -> list[str]:
    dependencies = project(LAYER)["dependencies"]
    assert isinstance(dependencies, list)
    return dependencies


def test_the_layer_asks_for_nothing_else_than_the_program() -> None:
    program = project()["dependencies"]
    assert isinstance(program, list)
    ranges = {r.name: r.specifier for r in map(Requirement, program)}
    for line in layer_dependencies():
        requirement = Requirement(line)
        if requirement.name not in ("openai", "typing-extensions"):  # an older one will do; comes with openai
            assert requirement.specifier == ranges[requirement.name], line


@pytest.mark.parametrize("python", PYTHONS)
def test_nothing_brings_what_the_sdk_imports_wherever_it_is_installed(python: str) -> None:
    # aiohttp: 0.1 s and 10 MB more for importing openai, which can do without.
    assert "aiohttp" not in constraints(python)


def test_constraints_name_no_place() -> None:
    for file in ("constraints.txt", "constraints-openai2.txt"):
        assert not re.search(r"://|\s@\s|--", read(file))
