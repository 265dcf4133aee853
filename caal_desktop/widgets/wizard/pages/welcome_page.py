"""The first step: a greeting, and the choice of a provider."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER, PROVIDERS
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import bring_into_view
from caal_desktop.widgets.common.icons import icon_pixmap
from caal_desktop.widgets.common.provider_names import provider_summary, provider_title
from caal_desktop.widgets.wizard.pages.page import WizardPage

_MARK = 18
_ICON = 24
"""Pixels: the round mark and the icon of a card."""


class ProviderCard(QRadioButton):
    """A radio button drawn as a card: icon, name, one sentence."""

    def __init__(self, provider: str, *, badge: str = "", parent: QWidget | None = None) -> None:
        self._title, self._summary = provider_title(provider), provider_summary(provider)
        super().__init__(self._title, parent)
        self.provider = provider
        self._icon, self._badge = PROVIDERS[provider].icon, badge
        self.setObjectName(f"wizard.provider.{provider}")
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(self._summary)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """Return the size in a window of ordinary width."""
        return QSize(360, self.heightForWidth(640))

    def minimumSizeHint(self) -> QSize:
        """Return a narrow size: the sentence wraps into a second line there."""
        return QSize(200, self.fontMetrics().height() * 2 + design.GRID * 4)

    def heightForWidth(self, width: int) -> int:
        """Return the height of the name and the whole sentence."""
        return self.fontMetrics().height() + 2 + self._summary_area(width).height() + design.GRID * 4

    def _summary_area(self, width: int) -> QRect:
        area = QRect(0, 0, max(1, width - self._text_left() - design.GRID * 2), 10_000)
        return self.fontMetrics().boundingRect(area, Qt.TextFlag.TextWordWrap, self._summary)

    @staticmethod
    def _text_left() -> int:
        return design.GRID * 2 + _MARK + design.GRID * 2 + _ICON + design.GRID * 2

    def hitButton(self, pos: object) -> bool:
        """Return True: the whole card is the button."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Enter to the default button: some platforms would press the card again."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Draw the background of a hovered card."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Draw the ordinary background."""
        super().leaveEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draw the focus ring, and come into view: a scroll area follows Tab by itself, but not the arrows."""
        super().focusInEvent(event)
        self.update()
        bring_into_view(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card with its mark, icon, name and sentence."""
        colours = design.colours(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        checked = self.isChecked()
        ground = design.mix(colours.accent, colours.card, 0.10) if checked else colours.card
        if self.underMouse() and not checked:
            ground = design.mix(colours.text, colours.card, 0.05)
        strong = checked or self.hasFocus()
        painter.setPen(QPen(colours.accent if strong else colours.line, 2 if self.hasFocus() else 1.2))
        painter.setBrush(ground)
        painter.drawRoundedRect(area, design.RADIUS, design.RADIUS)
        middle = self.height() // 2
        self._draw_mark(painter, QRectF(design.GRID * 2, middle - _MARK / 2, _MARK, _MARK), colours)
        tone = colours.accent_text if checked else colours.muted
        icon = icon_pixmap(self._icon, tone, _ICON, self.devicePixelRatioF())
        painter.drawPixmap(design.GRID * 4 + _MARK, middle - _ICON // 2, icon)
        self._draw_texts(painter, self._text_left(), colours)
        painter.end()

    def _draw_mark(self, painter: QPainter, area: QRectF, colours: design.Colours) -> None:
        # Our own: some styles draw it for another ground than the card's, where nothing is left of it in the dark.
        checked = self.isChecked()
        painter.setPen(QPen(colours.accent if checked else colours.muted, 1.5))
        painter.setBrush(colours.accent if checked else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(area.adjusted(0.75, 0.75, -0.75, -0.75))
        if checked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.on_accent)
            painter.drawEllipse(area.center(), _MARK / 5, _MARK / 5)

    def _draw_texts(self, painter: QPainter, left: int, colours: design.Colours) -> None:
        bold = design.scaled_font(self, 1.0, bold=True)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        line = metrics.height()
        summary = self._summary_area(self.width())
        top = (self.height() - line - 2 - summary.height()) // 2
        painter.setPen(colours.text)
        painter.drawText(left, top + metrics.ascent(), self._title)
        if self._badge:
            self._draw_badge(painter, left + metrics.horizontalAdvance(self._title) + design.GRID, top, colours)
        painter.setFont(self.font())
        painter.setPen(colours.muted)
        area = QRect(left, top + line + 2, self.width() - left - design.GRID * 2, summary.height())
        painter.drawText(area, Qt.TextFlag.TextWordWrap, self._summary)

    def _draw_badge(self, painter: QPainter, left: int, top: int, colours: design.Colours) -> None:
        painter.setFont(design.scaled_font(self, 0.82, bold=True))
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(self._badge) + design.GRID * 2
        area = QRectF(left, top + 1, width, metrics.height() + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(design.mix(colours.accent, colours.card, 0.20))
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setPen(colours.text)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._badge)


class WelcomePage(WizardPage):
    """Offers the providers to choose from.

    Signals:
        providerChosen: carries the provider's name.
    """

    providerChosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Welcome to CAAL"),
            self.tr(
                "Your assistant needs a language model to think with. Setting one up takes about two minutes: "
                "choose who answers, give a key, pick a model, try it."
            ),
            name="wizard.welcome",
            parent=parent,
        )
        self._group = QButtonGroup(self)
        cards = QVBoxLayout()
        cards.setSpacing(design.GRID)
        for provider in PROVIDERS:
            badge = self.tr("Recommended") if provider == DEFAULT_PROVIDER else ""
            card = ProviderCard(provider, badge=badge, parent=self)
            self._group.addButton(card)
            cards.addWidget(card)
        self.body.addLayout(cards)
        self.body.addStretch(1)
        self._group.buttonToggled.connect(self._on_toggled)

    def show_provider(self, provider: str) -> None:
        """Mark the chosen provider."""
        for card in self._group.buttons():
            if isinstance(card, ProviderCard) and card.provider == provider:
                card.setChecked(True)

    def first_focus(self) -> QWidget | None:
        """Return the chosen card: arrows choose another one, Enter continues."""
        return self._group.checkedButton()

    def _on_toggled(self, card: QWidget, checked: bool) -> None:
        if checked and isinstance(card, ProviderCard):
            self.providerChosen.emit(card.provider)
