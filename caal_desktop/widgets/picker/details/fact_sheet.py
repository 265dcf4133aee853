"""A model's details as one text, which keyboard and screen readers can read, select and search."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_fitness
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import in_words, translated
from caal_desktop.widgets.picker.details.model_facts import Fact, model_facts, topic_title
from caal_desktop.widgets.picker.details.quick_words import quick_facts

if TYPE_CHECKING:
    from typing import Any

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.widgets.markdown.parse.sanitize import SafeLink

_SIGNS = {
    FitnessVerdict.FIT: ("✓", "good"),
    FitnessVerdict.UNSURE: ("?", "caution"),
    FitnessVerdict.UNFIT: ("✗", "bad"),
}
_LABEL_SHARE = 38  # per cent of the width


class FactSheet(QTextBrowser):
    """Shows one model's facts. Nothing is ever loaded for it, and a link only emits a signal.

    Signals:
        linkActivated: carries the :class:`~caal_desktop.widgets.markdown.SafeLink`.
    """

    linkActivated = Signal(object)

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Details"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(design.GRID // 2)
        self.viewport().setAutoFillBackground(False)
        self.anchorClicked.connect(self._on_anchor)
        self.highlighted.connect(self._show_target)
        self._model: ModelInfo | None = None
        self._view: CatalogueView | None = None
        self._page_url = ""
        self._drawn_with: tuple[int, str] = (0, "")

    def loadResource(self, kind: int, url: QUrl | str) -> Any:
        """Load nothing: neither from the network nor from the disk."""
        return None

    def show_model(self, model: ModelInfo, view: CatalogueView, page_url: str = "") -> None:
        """Show a model's facts.

        Args:
            model: the model.
            view: the list that it is of.
            page_url: its page at its provider; "" where there is none.
        """
        is_same_model = self._model is not None and model.id == self._model.id
        if model is self._model and view is self._view and page_url == self._page_url:
            return
        self._model, self._view, self._page_url = model, view, page_url
        self._draw(keeps_place=is_same_model)

    def changeEvent(self, event: QEvent) -> None:
        """Draw again in other colours or another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_model"):
            look = (self.palette().cacheKey(), self.font().key())
            if self._model is not None and look != self._drawn_with:
                self._draw()

    # --- drawing

    def _draw(self, *, keeps_place: bool = False) -> None:
        model, view = self._model, self._view
        if model is None or view is None:
            return
        place = self.verticalScrollBar().value() if keeps_place else 0
        self._drawn_with = (self.palette().cacheKey(), self.font().key())
        document = self.document()
        document.clear()
        document.setDefaultFont(self.font())
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        self._write_fitness(cursor, model, view)
        self._write_quick_hosts(cursor, model, view)
        cursor.endEditBlock()
        if model.description:
            # Imported when there is something to render: Markdown takes 40 ms to import.
            from caal_desktop.widgets.markdown.render.stream import MarkdownStream

            MarkdownStream.render_all(document, model.description, self.palette())
            cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for topic, facts in groupby(model_facts(model, view.competence, view.figures), key=lambda fact: fact.topic):
            self._write_heading(cursor, topic_title(topic))
            self._write_facts(cursor, list(facts))
        self._write_links(cursor, model)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.verticalScrollBar().setValue(place)

    def _format(self, tone: str = "text", *, bold: bool = False, scale: float = 1.0) -> QTextCharFormat:
        result = QTextCharFormat()
        result.setForeground(getattr(design.colours(self.palette()), tone))
        if bold:
            result.setFontWeight(QFont.Weight.DemiBold)
        if scale != 1.0 and self.font().pointSizeF() > 0:
            result.setFontPointSize(self.font().pointSizeF() * scale)
        return result

    def _block(self, cursor: QTextCursor, *, top: float = 0, bottom: float = 0, level: int = 0) -> None:
        block = QTextBlockFormat()
        block.setTopMargin(top)
        block.setBottomMargin(bottom)
        block.setHeadingLevel(level)
        block.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if cursor.document().isEmpty():
            cursor.setBlockFormat(block)
        else:
            cursor.insertBlock(block)

    def _write_heading(self, cursor: QTextCursor, text: str) -> None:
        self._block(cursor, top=design.GRID * 2, bottom=design.GRID // 2, level=3)
        cursor.insertText(text, self._format(bold=True))

    def _write_fitness(self, cursor: QTextCursor, model: ModelInfo, view: CatalogueView) -> None:
        fitness = voice_fitness(model, view.today, view.figures)
        sentence = {
            FitnessVerdict.FIT: self.tr("Fit for a voice assistant"),
            FitnessVerdict.UNSURE: self.tr("May be fit for a voice assistant"),
            FitnessVerdict.UNFIT: self.tr("Not fit for a voice assistant"),
        }[fitness.verdict]
        self._block(cursor, bottom=design.GRID // 2, level=3)
        cursor.insertText(sentence, self._format(_SIGNS[fitness.verdict][1], bold=True))
        self._block(cursor, bottom=design.GRID // 2)
        cursor.insertText(explanation_line(view.explain(model)), self._format("muted"))
        for one in fitness.reasons:
            sign, tone = _SIGNS[one.verdict]
            self._block(cursor)
            cursor.insertText(f"{sign}  ", self._format(tone, bold=True))
            cursor.insertText(in_words(one.message), self._format())

    def _write_quick_hosts(self, cursor: QTextCursor, model: ModelInfo, view: CatalogueView) -> None:
        facts = quick_facts(model, view.figures)
        if facts:
            self._write_heading(cursor, translated(SPECS["quick_hosts"].label))
        for fact in facts:
            self._block(cursor)
            cursor.insertText(fact, self._format())

    def _write_facts(self, cursor: QTextCursor, facts: list[Fact]) -> None:
        layout = QTextTableFormat()
        layout.setBorder(0)
        layout.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
        layout.setCellPadding(2)
        layout.setCellSpacing(0)
        layout.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        share = QTextLength.Type.PercentageLength
        layout.setColumnWidthConstraints([QTextLength(share, _LABEL_SHARE), QTextLength(share, 100 - _LABEL_SHARE)])
        table = cursor.insertTable(len(facts), 2, layout)
        for row, fact in enumerate(facts):
            table.cellAt(row, 0).firstCursorPosition().insertText(fact.label, self._format("muted"))
            value = table.cellAt(row, 1).firstCursorPosition()
            value.insertText(fact.value, self._format())
            if fact.note:
                value.insertBlock()
                value.insertText(fact.note, self._format("muted", scale=0.92))
        cursor.movePosition(QTextCursor.MoveOperation.End)

    def _write_links(self, cursor: QTextCursor, model: ModelInfo) -> None:
        links = []
        if self._page_url:
            links.append(self._page_url)
        if model.hugging_face_id:
            links.append(f"https://huggingface.co/{model.hugging_face_id}")
        from caal_desktop.widgets.markdown.parse.sanitize import safe_link

        safe = [link for link in map(safe_link, links) if link is not None]
        if not safe:
            return
        self._write_heading(cursor, self.tr("Links"))
        for link in safe:
            self._block(cursor)
            anchor = self._format()
            anchor.setForeground(self.palette().color(QPalette.ColorRole.Link))
            anchor.setAnchor(True)
            anchor.setAnchorHref(link.href)
            anchor.setFontUnderline(True)
            cursor.insertText(link.display, anchor)

    # --- links

    def _on_anchor(self, url: QUrl) -> None:
        link = self._safe(url)
        if link is not None:
            self.linkActivated.emit(link)

    def _show_target(self, url: QUrl) -> None:
        link = self._safe(url)
        set_tooltip(self.viewport(), link.display if link is not None else "")

    def _safe(self, url: QUrl) -> SafeLink | None:
        from caal_desktop.widgets.markdown.parse.sanitize import safe_link

        return safe_link(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
