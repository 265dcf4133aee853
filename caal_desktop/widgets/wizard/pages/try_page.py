"""The fourth step: one short answer, and how long a voice assistant would have been silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from caal_desktop.commands import CommandId, Need, remedy_of
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage
from caal_desktop.services.chat.turn_silence import turn_silence
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.announcements import announce
from caal_desktop.widgets.common.answer_facts import answer_facts, verdict_on_silence
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import BusyRing, DoubleClickGuard, PaddedButton, TextLabel, bring_into_view
from caal_desktop.widgets.common.formats import seconds
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel, error_message
from caal_desktop.widgets.common.pause_line import PauseLine
from caal_desktop.widgets.common.suggested_model import naming, suggestion, with_fallback
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.services.chat.conversation import SavedFailureError
    from caal_desktop.services.chat.fallback_offer import Fallback


class TryPage(WizardPage):
    """Takes one question and shows the answer as it streams.

    Args:
        commands: those of the window around.

    Signals:
        asked: carries the question.
        stopped: the user does not want to wait any longer.
        defaultsWanted: carries the question, to be asked with the model's own parameters.
        fallbackWanted: carries the id of the model that was suggested, and the question.

    Attributes:
        answer: shows the answer.
        pause: shows the pause before the question is sent again.
    """

    asked = Signal(str)
    stopped = Signal()
    defaultsWanted = Signal(str)
    fallbackWanted = Signal(str, str)

    def __init__(self, commands: CommandSet[[]] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Try it once"), "", name="wizard.try", parent=parent)
        self.commands: CommandSet[[]] = CommandSet(commands, available=frozenset({Need.MESSAGE}))
        self._question = QLineEdit(self.tr("Introduce yourself in one sentence."), self)
        self._question.setObjectName("wizard.try.question")
        self._question.setAccessibleName(self.tr("Question"))
        design.keep_height(self._question, 36)
        self._question.setTextMargins(design.GRID // 2, 0, design.GRID // 2, 0)
        self._ask = PaddedButton(self.tr("Ask"), name="wizard.try.ask", parent=self)
        design.keep_height(self._ask, 36)
        DoubleClickGuard(self._ask)
        row = QHBoxLayout()
        row.setSpacing(design.GRID)
        row.addWidget(self._question, 1)
        row.addWidget(self._ask)
        self.answer = QPlainTextEdit(self)
        self.answer.setObjectName("wizard.try.answer")
        self.answer.setAccessibleName(self.tr("Answer"))
        self.answer.setReadOnly(True)
        self.answer.setFrameShape(QFrame.Shape.StyledPanel)
        self.answer.document().setDocumentMargin(design.GRID * 3 / 2)
        self.answer.setTabChangesFocus(True)
        self.answer.setPlaceholderText(self.tr("The answer appears here, word by word."))
        self._ring = BusyRing(parent=self)
        self._facts = TextLabel(name="wizard.try.facts", muted=True, parent=self)
        self.pause = PauseLine(self)
        self.pause.textChanged.connect(lambda text: self._facts.setText(text or self.tr("Waiting for the first word…")))
        self.pause.begun.connect(self._say)
        facts_row = QHBoxLayout()
        facts_row.setSpacing(design.GRID)
        facts_row.addWidget(self._ring, 0, Qt.AlignmentFlag.AlignTop)
        facts_row.addWidget(self._facts, 1)
        self._ring.hide()
        self.message = MessagePanel(name="wizard.try.message", parent=self)
        self.message.return_focus_to(self._ask)
        self.body.addLayout(row)
        self.body.addWidget(self.answer, 1)
        self.body.addLayout(facts_row)
        self.body.addWidget(self.message)
        self._busy = False
        self._fallback: Fallback | None = None
        self._ask.clicked.connect(self._on_ask)
        self._question.returnPressed.connect(self._on_return)
        self.commands.bind(CommandId.RETRY, self._on_ask)
        self.commands.bind(CommandId.SHORTEN, self._edit_question)
        self.commands.bind(CommandId.DEFAULT_PARAMETERS, self._ask_with_defaults)
        self.commands.bind(CommandId.USE_FALLBACK, self._ask_fallback)

    @property
    def ask_button(self) -> QPushButton:
        """The button that asks, the default one while nothing has been tried."""
        return self._ask

    def first_focus(self) -> QWidget | None:
        """Return the button that asks."""
        return self._ask

    def set_model(self, name: str) -> None:
        """Name the model that is asked."""
        self.intro.setText(
            self.tr("A real question to {model}. How long its answer takes is the silence you will hear.").format(
                model=name
            )
        )
        self.intro.show()

    def set_waiting_for_key(self, waiting: bool) -> None:
        """Disable asking while the keyring has not given the key of an earlier run, or enable it."""
        if waiting == self._ask.isEnabled():
            self._ask.setEnabled(not waiting)
            self._ring.setVisible(waiting)
            self._facts.setText(self.tr("Asking the system's keyring for your key…") if waiting else "")

    def begin_answer(self) -> None:
        """Show that an answer is being waited for."""
        self.answer.clear()
        self.message.hide()
        self.pause.end()
        self._set_busy(True)
        self._facts.setText(self.tr("Waiting for the first word…"))

    def append(self, text: str) -> None:
        """Append more of the answer."""
        cursor = self.answer.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        cursor.insertText(text)

    def show_working(self) -> None:
        """Show that the server is still working on the answer."""
        self.pause.end()
        if self._busy and not self.answer.toPlainText():
            self._facts.setText(self.tr("The model is working on it…"))

    def show_status(self, message: ChatMessage, fallback: Fallback | None = None) -> None:
        """Show how far the answer has come.

        Args:
            message: the answer.
            fallback: the model that can be asked instead, where it has failed; None where there is none.
        """
        facts = message.facts
        if facts is None:
            return
        self.pause.end()
        was_busy = self._busy
        self._set_busy(message.status in (AnswerStatus.WAITING, AnswerStatus.STREAMING))
        silence = turn_silence(facts, len(message.text)) if message.status is AnswerStatus.COMPLETE else None
        if silence is not None:
            verdict = verdict_on_silence(silence)
            self._facts.setText(" ".join(filter(None, (verdict, answer_facts(facts)))))
            if was_busy:
                self._say(" ".join(filter(None, (message.text, verdict))))
        elif facts.first_token_s is not None:
            first = self.tr("First word after {time}.").format(time=seconds(facts.first_token_s))
            self._facts.setText(" ".join(filter(None, (first, answer_facts(facts)))))
        elif not self._busy:
            self._facts.setText("")
        if message.status is AnswerStatus.STOPPED:
            self._facts.setText(" ".join(filter(None, (self.tr("Stopped."), answer_facts(facts)))))
        if message.status is AnswerStatus.FAILED and message.error is not None:
            self._show_failure(message.error, fallback)

    def _say(self, text: str) -> None:
        """Have what is shown below the answer come into view, and screen readers say it."""
        announce(self, text)
        # Once it has its height, and then the page that of all its parts.
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, lambda: bring_into_view(self._facts)))

    def _show_failure(self, error: ProviderError | SavedFailureError, fallback: Fallback | None) -> None:
        self._fallback = fallback
        wanted = [remedy_of(error), CommandId.RETRY, CommandId.CHOOSE_MODEL, CommandId.CHECK_KEY]
        message = error_message(MessageKind.ERROR, error)
        body = message.body
        if fallback is not None:
            wanted = with_fallback(wanted)
            body += "\n" + suggestion(fallback)
        actions = self.commands.buttons(wanted)
        if fallback is not None:
            actions = naming(fallback.model, actions)
        self.message.show_message(MessageKind.ERROR, message.title, body, actions)

    def reset(self) -> None:
        """Clear the answer: another model is to be asked."""
        self.pause.end()
        self.answer.clear()
        self._facts.setText("")
        self.message.hide()
        self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._ring.setVisible(busy)
        self._ask.setText(self.tr("Stop") if busy else self.tr("Ask"))

    def _on_ask(self) -> None:
        if self._busy:
            self.stopped.emit()
        elif question := self._question.text().strip():
            self.asked.emit(question)

    def _ask_with_defaults(self) -> None:
        if question := self._question.text().strip():
            self.defaultsWanted.emit(question)

    def _ask_fallback(self) -> None:
        if self._fallback is not None and (question := self._question.text().strip()):
            self.fallbackWanted.emit(self._fallback.model.id, question)

    def _edit_question(self) -> None:
        self._question.setFocus(Qt.FocusReason.OtherFocusReason)
        self._question.selectAll()

    def _on_return(self) -> None:
        if not self._busy and self._ask.isEnabled():
            self._on_ask()
