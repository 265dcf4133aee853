"""Looks at whole windows as users with a keyboard, a screen reader, large text or another language meet them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QScrollArea, QWidget

from caal_desktop.storage.settings.choices import Density
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.widgets.common.appearance import Appearance
from caal_desktop.widgets.common.controls import ElidedLabel
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

W = TypeVar("W", bound=QWidget)


def controls_without_a_name(window: QWidget) -> list[str]:
    """Return the controls that the keyboard reaches and that lack an object name or an accessible name."""
    found: list[str] = []
    for widget in _visible(window, QWidget):
        if not widget.isEnabled() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        if widget.focusProxy() is not None or widget.objectName().startswith("qt_"):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name).strip() if interface is not None else ""
        if not widget.objectName() or not name:
            found.append(f"{type(widget).__name__} in {_path(widget)}: its accessible name is {name!r}")
    return found


def cut_texts(window: QWidget) -> list[str]:
    """Return the labels and buttons whose text does not fit, and that do not show it whole in a tooltip."""
    labels, buttons = _visible(window, QLabel), _visible(window, QAbstractButton)
    found = [
        f"{_path(label)}: {label.text()!r} {reason}"
        for label in labels
        if label.text() and not label.toolTip() and (reason := _label_is_cut(label))
    ]
    found += [
        f"{_path(button)}: {button.text()!r} has {button.size()}, needs {button.sizeHint()}"
        for button in buttons
        if button.text() and not button.toolTip() and button.sizeHint().expandedTo(button.size()) != button.size()
    ]
    found += [
        f"{_path(widget)}: {widget.property('text')!r} is cut by {outside}"
        for widget in (*labels, *buttons)
        if (outside := _is_outside(widget, window)) is not None
    ]
    return found + [
        f"{_path(area)}: the page is wider than its place by {area.horizontalScrollBar().maximum()}"
        for area in _visible(window, QScrollArea)
        if area.horizontalScrollBar().maximum() > 0
    ]


def complaints(window: QWidget, place: str = "") -> list[str]:
    """Return everything that is wrong with a window as it stands, each with the place in front."""
    where = f"{place}: " if place else ""
    return [where + line for line in (*cut_texts(window), *controls_without_a_name(window))]


def complaints_at_its_sizes(window: QWidget, place: str) -> list[str]:
    """Return everything that is wrong with a window at its least size, and at the one that it wishes for."""
    found: list[str] = []
    for size in (window.minimumSize(), window.sizeHint().expandedTo(window.minimumSize())):
        window.resize(size)
        turn(6)
        found += complaints(window, f"{place} at {window.width()}x{window.height()}")
    return found


def _label_is_cut(label: QLabel) -> str:
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        if label.height() < needed:
            return f"is {label.height()} high at a width of {label.width()}, needs {needed}"
        words = [re.sub(r"[\u00a0\u202f]", " ", word) for word in label.text().split()]
        widest = max((label.fontMetrics().horizontalAdvance(word) for word in words), default=0)
        return f"has a word that is {widest} wide, in {label.width()}" if widest > label.width() else ""
    if isinstance(label, ElidedLabel) and label.width() < label.sizeHint().width():
        # It cuts its text itself and tells it in the tooltip; or the text fits just so.
        return "" if label.fontMetrics().horizontalAdvance(label.text()) <= label.width() else "is cut unsaid"
    hint = label.sizeHint()
    if label.width() < hint.width() or label.height() < hint.height():
        return f"has {label.size()}, needs {hint}"
    return ""


def _is_outside(widget: QWidget, window: QWidget) -> str | None:
    """Return the ancestor that cuts a widget; what can be scrolled to is not cut."""
    ancestor = widget.parentWidget()
    while ancestor is not None and ancestor is not window:
        if isinstance(ancestor.parentWidget(), QAbstractScrollArea):
            return None
        ancestor = ancestor.parentWidget()
    place = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
    return None if window.rect().contains(place) else _path(window)


def _visible(window: QWidget, kind: type[W]) -> list[W]:
    return [widget for widget in window.findChildren(kind) if widget.isVisible() and widget.window() is window]


def _path(widget: QWidget) -> str:
    names: list[str] = []
    step: QWidget | None = widget
    while step is not None:
        names.append(step.objectName() or type(step).__name__)
        step = step.parentWidget()
    return "/".join(reversed(names[:4]))


class LongWords(QTranslator):
    """Another language as far as space is concerned: every text 40 % longer, with words as long as German ones."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """Lengthen a text; what is filled in later stays."""
        return re.sub(r"(?<![{\w])[^\W\d_]{3,}(?![\w}])", lambda word: _longer(word.group()), source)

    def isEmpty(self) -> bool:
        """Return False: Qt leaves out translators that are empty."""
        return False


def _longer(word: str) -> str:
    return word + "".join("äöührungsk"[i % 10] for i in range(max(1, round(len(word) * 0.4))))


@pytest.fixture
def long_words(qapp: QApplication) -> Iterator[Callable[[], None]]:
    """Call it to have every text that is made from then on lengthened."""
    translator = LongWords()
    yield lambda: None if QCoreApplication.installTranslator(translator) else pytest.fail("no translator")
    QCoreApplication.removeTranslator(translator)
    turn(2)


@pytest.fixture
def text_scale(qapp: QApplication) -> Iterator[Callable[[float], None]]:
    """Call it to scale all text, as the user's setting does."""
    own = QFont(qapp.font())

    def scale(factor: float) -> None:
        font = QFont(own)
        font.setPointSizeF(own.pointSizeF() * factor)
        qapp.setFont(font)

    yield scale
    qapp.setFont(own)
    turn(2)


@pytest.fixture
def density(qapp: QApplication) -> Iterator[Callable[[Density], None]]:
    """Call it to choose a density, as the user's setting does."""
    appearance = Appearance(qapp)

    def choose(wanted: Density) -> None:
        appearance.apply(Settings(density=wanted))
        turn(3)

    yield choose
    choose(Density.COMFORTABLE)
