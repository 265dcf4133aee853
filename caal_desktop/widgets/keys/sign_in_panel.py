"""Signing in at a provider: one button, what happens meanwhile, and what to do where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId, part_of
from caal_desktop.services.keys.sign_in_service import SignInPhase, SignInProblem, SignInView
from caal_desktop.sign_in.pages import PAGES, PageTexts
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import PaddedButton, TextLabel, control_before, hand_focus_to
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import reason_and_advice, translated, words_of

if TYPE_CHECKING:
    from caal_desktop.services.keys.sign_in_service import SignInService


def page_texts() -> PageTexts:
    """Return what the pages on which the browser ends say, translated."""
    texts = {name: (translated(title), translated(body)) for name, (title, body) in PAGES.items()}
    return PageTexts(QLocale().bcp47Name(), texts)


class SignInPanel(QWidget):
    """Shows a sign-in and its controls.

    Args:
        service: carries out the sign-in.
        provider: where to sign in.
        commands: of the window around, for what helps against a failure.
        name: the object name.

    Signals:
        keyReceived: carries the key that the sign-in gave.
        began: the user has begun; a request will follow.
    """

    keyReceived = Signal(str)
    began = Signal()

    def __init__(
        self,
        service: SignInService,
        provider: str,
        commands: CommandSet[[]] | None = None,
        *,
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._commands: CommandSet[[]] = CommandSet(commands)
        self._commands.bind(CommandId.RETRY, self.begin)
        self._commands.bind(CommandId.CHECK_KEY, self._cancel_and_focus)
        self._service = service
        # The service is shared: another panel may show a sign-in of its own.
        self._is_ours = False
        self._by_hand = False
        self.setObjectName(name)
        self._button = PaddedButton("", name=f"{name}.begin", parent=self)
        design.keep_height(self._button, 36)
        self._hint = TextLabel(name=f"{name}.hint", muted=True, scale=0.92, parent=self)
        self._show_hint(is_idle=True)
        self.message = MessagePanel(name=f"{name}.message", parent=self)
        self._code = QLineEdit(self)
        self._code.setObjectName(f"{name}.code")
        self._code.setAccessibleName(self.tr("Sign-in code or address"))
        self._code.setPlaceholderText(self.tr("The code, or the whole address of the browser's page"))
        self._code.setTextMargins(design.GRID // 2, 0, design.GRID // 2, 0)
        design.keep_height(self._code, 36)
        self._use = PaddedButton(self.tr("Use this code"), name=f"{name}.use", parent=self)
        design.keep_height(self._use, 36)
        self._code_row = QWidget(self)
        code_row = QHBoxLayout(self._code_row)
        code_row.setContentsMargins(0, 0, 0, 0)
        code_row.setSpacing(design.GRID)
        code_row.addWidget(self._code, 1)
        code_row.addWidget(self._use)
        self._code_error = TextLabel(name=f"{name}.problem", parent=self)
        self._code_error.hide()
        self._code_row.hide()
        row = QHBoxLayout()
        row.addWidget(self._button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(self._code_row)
        layout.addWidget(self._code_error)
        layout.addWidget(self._hint)
        self.message.follow_in_tab_order(self._button)
        self._button.clicked.connect(self.begin)
        self._use.clicked.connect(self._submit_code)
        self._code.returnPressed.connect(self._submit_code)
        service.changed.connect(self._show)
        service.keyReceived.connect(self._on_key)
        self.set_provider(provider)

    def set_provider(self, provider: str) -> None:
        """Sign in at this provider from now on."""
        self._provider = provider
        self._button.setText(self.tr("Sign in with {provider}").format(provider=provider_title(provider)))

    def precede_in_tab_order(self, widget: QWidget) -> None:
        """Place the panel's controls just before one that was made earlier."""
        before = control_before(widget)
        for control in (self._button, self._code, self._use):
            if before is not None:
                self.setTabOrder(before, control)
            before = control

    def begin(self) -> None:
        """Open the browser."""
        self._is_ours, self._by_hand = True, False
        self.began.emit()
        self._code.clear()
        self._service.begin(self._provider)

    def cancel(self) -> None:
        """Cancel a sign-in that was begun here."""
        if self._is_ours:
            self._service.cancel()

    def _on_key(self, key: str) -> None:
        if self._is_ours:
            self._is_ours = False
            self.keyReceived.emit(key)

    def _cancel_and_focus(self) -> None:
        self.cancel()
        self._button.setFocus()

    def _ask_for_code(self) -> None:
        self._by_hand = True
        self._show(self._service.view)
        self._code.setFocus()

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._service.view.code_url)

    def _submit_code(self) -> None:
        error = translated(self._service.submit_code(self._code.text()))
        self._code_error.setText(error)
        self._code_error.setVisible(bool(error))

    def _show(self, view: SignInView) -> None:
        if not self._is_ours:
            return
        is_idle = view.phase in (SignInPhase.IDLE, SignInPhase.DONE)
        had_focus = self._button.hasFocus()
        self._button.setVisible(is_idle)
        self._show_hint(is_idle=is_idle)
        needs_code = self._by_hand or view.problem in (SignInProblem.PORT_BUSY, SignInProblem.NO_BROWSER)
        if view.phase is not SignInPhase.WAITING:
            self._code_row.hide()
            self._code_error.hide()
        match view.phase:
            case SignInPhase.IDLE | SignInPhase.DONE:
                self.message.hide()
                self._button.setVisible(True)
            case SignInPhase.WAITING:
                self._code_row.setVisible(needs_code)
                self._show_waiting(view)
            case SignInPhase.EXCHANGING:
                stop = MessageAction("cancel", self.tr("Stop waiting"), self._cancel_and_focus)
                self.message.show_message(MessageKind.BUSY, self.tr("Fetching your key…"), "", (stop,))
            case SignInPhase.FAILED:
                self._show_failed(view)
        if had_focus and not is_idle:
            # What comes next after the button that has gone is the field for a key, which may be out of sight.
            hand_focus_to(self.message)

    def _show_hint(self, *, is_idle: bool) -> None:
        # What the button does is said while there is one.
        self._hint.setText(
            self.tr("Opens your browser; nothing has to be copied. Or paste a key:")
            if is_idle
            else self.tr("Or paste a key:")
        )

    def _show_waiting(self, view: SignInView) -> None:
        cancel = MessageAction("cancel", self.tr("Cancel"), self._cancel_and_focus)
        copy = MessageAction("copy", self.tr("Copy the address"), self._copy_address)
        by_hand = MessageAction("by_hand", self.tr("Paste a code instead"), self._ask_for_code)
        provider = provider_title(self._provider)
        then = self.tr(
            "Open the address in a browser, on this computer or on another device. {provider}'s page shows a code once "
            "you have allowed CAAL Desktop: paste it here within ten minutes."
        ).format(provider=provider)
        if view.problem is SignInProblem.NO_BROWSER:
            self.message.show_message(
                MessageKind.WARNING, self.tr("No web browser could be opened"), then, (copy, cancel)
            )
        elif view.problem is SignInProblem.PORT_BUSY:
            self.message.show_message(
                MessageKind.WARNING,
                self.tr("Your browser cannot reach CAAL Desktop"),
                self.tr(
                    "Sign in there all the same. {provider}'s page shows a code once you have allowed CAAL Desktop: "
                    "paste it here within ten minutes."
                ).format(provider=provider),
                (copy, cancel),
            )
        elif self._by_hand:
            page = MessageAction("page", self.tr("Open the page"), self._service.open_code_page)
            self.message.show_message(MessageKind.INFO, self.tr("Sign in on any device"), then, (copy, page, cancel))
        else:
            self.message.show_message(
                MessageKind.BUSY,
                self.tr("Waiting for your browser…"),
                self.tr("Allow CAAL Desktop on {provider}'s page. Closed the tab? Open it again, or cancel.").format(
                    provider=provider
                ),
                (MessageAction("again", self.tr("Open it again"), self.begin), by_hand, cancel),
            )

    def _show_failed(self, view: SignInView) -> None:
        again = self._commands.button(CommandId.RETRY).titled(self.tr("Sign in again")).named("again")
        # The same command as for a wrong key: another key is given than the one that the sign-in would bring.
        instead = self._commands.button(CommandId.CHECK_KEY).titled(self.tr("Paste a key instead")).named("cancel")
        provider = provider_title(self._provider)
        remedies: list[MessageAction] = []
        title, body = {
            SignInProblem.DENIED: (
                self.tr("The sign-in was declined"),
                self.tr("Nothing has changed. Sign in again, or paste a key instead."),
            ),
            SignInProblem.EXPIRED: (
                self.tr("The browser did not come back"),
                self.tr("CAAL Desktop has stopped waiting for it. Sign in again, or paste a key instead."),
            ),
            SignInProblem.WRONG_CODE: (
                self.tr("{provider} did not accept the code").format(provider=provider),
                self.tr("It was used before, is too old, or was not copied whole. Sign in again to get a fresh one."),
            ),
        }.get(view.problem or SignInProblem.UNREACHABLE, ("", ""))
        if not title:
            text = words_of(view.error) if view.error is not None else None
            title = text.what if text else self.tr("{provider} could not be reached.").format(provider=provider)
            body = reason_and_advice(text) if text else ""
            remedies = self._commands.remedies(view.error)
        others = [action for action in remedies if action.name != part_of(CommandId.CHECK_KEY)]
        self.message.show_message(MessageKind.WARNING, title, body, (*others, again, instead))
