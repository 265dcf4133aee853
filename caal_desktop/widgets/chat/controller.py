"""Turns what the user does in the chat into requests to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.attachment_service import AttachmentService
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.fallback_offer import Fallback, fallback_for
from caal_desktop.services.providers.connections import connection_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.history.draft_file import Draft
    from caal_desktop.widgets.chat.chat_page import ChatPage
    from caal_desktop.widgets.common.command_set import CommandSet


class ChatController(QObject):
    """Connects the chat's page with its service, and binds the page's commands that need a request.

    Args:
        page: the page.
        chat: the page's conversation.
        keys: has the key that is sent along.
        catalogue: knows the models.
        settings: say which model is asked, and how.
        commands: those of the window.

    Attributes:
        files: reads the files to be attached; closed by the window's owner.

    Signals:
        keyNeeded: nothing can be sent without a key.
        modelRequested: a model is to be chosen; carries the function that takes its id, and the window that asks or
            None.
        optionsChanged: how this conversation is asked has changed.
        requestLikely: a request will probably follow soon.
        compared: the conversations of a comparison that has ended.
    """

    keyNeeded = Signal()
    modelRequested = Signal(object, object)
    optionsChanged = Signal(object)
    requestLikely = Signal()
    compared = Signal(list)

    def __init__(
        self,
        page: ChatPage,
        chat: ChatService,
        keys: KeyService,
        catalogue: CatalogueService,
        settings: SettingsService,
        commands: CommandSet[[]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._page, self._chat, self._keys = page, chat, keys
        self._catalogue, self._settings, self._commands = catalogue, settings, commands
        self._options = ChatOptions()
        self._make_chat: Callable[[], ChatService] | None = None
        self.files = AttachmentService(self)
        self.files.ready.connect(page.composer.attachments.add)
        self.files.refused.connect(page.composer.attachments.refuse)
        page.composer.attachRequested.connect(self.choose_file)
        page.composer.filesDropped.connect(self.attach)
        page.submitted.connect(self._send)
        page.resubmitted.connect(self._resend)
        self._bind(page.commands)
        chat.cleared.connect(lambda: self.set_options(ChatOptions()))
        chat.cleared.connect(self._look_up_missing_costs)
        keys.stateChanged.connect(lambda _secret, _state: self._look_up_missing_costs())

    def _bind(self, commands: CommandSet[[int]]) -> None:
        commands.bind(CommandId.RETRY, self._regenerate)
        commands.bind(CommandId.REGENERATE, self._regenerate)
        commands.bind(
            CommandId.REGENERATE_WITH,
            lambda index: self.modelRequested.emit(lambda model_id: self._regenerate(index, model_id), None),
        )
        commands.bind(
            CommandId.CHOOSE_MODEL, lambda index: self.modelRequested.emit(self._change_model_and_retry(index), None)
        )
        commands.bind(CommandId.USE_FALLBACK, self._use_fallback)
        commands.bind(CommandId.CONTINUE, self._continue)
        commands.bind(CommandId.DEFAULT_PARAMETERS, self._use_model_defaults)
        commands.bind(CommandId.ALLOW_SHORTER_ANSWER, self._allow_shorter_answer)

    @property
    def options(self) -> ChatOptions:
        """The options of this conversation."""
        return self._options

    @property
    def model(self) -> ModelInfo | None:
        """The chosen model as the catalogue knows it; None where it does not."""
        return self._catalogue.current.find(self._settings.current.of().model)

    def fallback_for(self, message: ChatMessage) -> Fallback | None:
        """Return the model that can be asked in place of the one that has failed; None where there is none."""
        return fallback_for(message, self._catalogue.current)

    def name_of(self, model_id: str) -> str:
        """Return a model's name; its id where the catalogue does not know it."""
        model = self._catalogue.current.find(model_id)
        return model.name if model is not None else model_id

    def set_options(self, options: ChatOptions) -> None:
        """Change the options of this conversation."""
        if options != self._options:
            self._options = options
            self.optionsChanged.emit(options)

    def restore_options(self, kept: dict[str, object]) -> None:
        """Take over the options that were kept with an earlier conversation."""
        self.set_options(ChatOptions.from_json(kept))

    def restore_draft(self, draft: Draft) -> None:
        """Put back what was being written when the program ended, unless something is being written already."""
        if self._page.can_restore_draft:
            self._page.composer.set_text(draft.text)
            self.attach(list(draft.files))

    def add_draft(self, draft: Draft) -> None:
        """Put back what was being written, beside what is being written by now."""
        self._page.add_to_draft(draft.text)
        self.attach([file for file in draft.files if file not in self._page.draft.files])

    def open_options(self) -> None:
        """Open the dialog for this conversation's options."""
        from caal_desktop.widgets.chat.options_dialog import OptionsDialog

        dialog = OptionsDialog(self._options, self._settings.current, self.model, self._page.window())
        dialog.chosen.connect(self.set_options)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def enable_compare(self, make_chat: Callable[[], ChatService]) -> None:
        """Allow comparing models.

        Args:
            make_chat: makes a conversation; :attr:`compared` gives it back.
        """
        self._make_chat = make_chat

    def open_compare(self) -> None:
        """Open the window that asks several models the same question, at first the last two that were used."""
        from caal_desktop.widgets.chat.compare_window import CompareWindow

        if self._make_chat is None:
            return
        settings = self._settings.current
        models = [model for model in dict.fromkeys([settings.of().model, *settings.recent_models]) if model]
        window = CompareWindow(
            self._make_chat,
            self.request,
            self.name_of,
            models[:2],
            self._options,
            settings.max_tokens,
            self._commands,
            self._page.window(),
            find_fallback=self.fallback_for,
        )
        window.modelRequested.connect(lambda use: self.modelRequested.emit(use, window))
        window.closed.connect(self.compared)
        window.finished.connect(window.deleteLater)
        self.requestLikely.emit()
        window.open()

    def request(self, model_id: str | None = None, options: ChatOptions | None = None) -> ChatRequest | None:
        """Return how to ask a model; None where the key or the model is missing, which the user is asked for.

        Args:
            model_id: the model; None for the chosen one.
            options: the options; None for those of this conversation.
        """
        settings = self._settings.current
        connection = connection_for(settings, self._keys)
        if connection is None:
            self.keyNeeded.emit()
            return None
        model_id = model_id or settings.of().model
        if not model_id:
            self.modelRequested.emit(self._settings.use_model, None)
            return None
        model = self._catalogue.current.find(model_id)
        return chat_request(settings, connection, model, options or self._options, model_id=model_id)

    def choose_file(self) -> None:
        """Open the dialog in which the user chooses files to attach."""
        dialog = QFileDialog(self._page, self.tr("Attach a file"))
        dialog.setObjectName("chat.attach.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.attach)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def attach(self, paths: list[str]) -> None:
        """Read files that are to be sent with the message."""
        for path in paths:
            self.files.read(path)

    def _look_up_missing_costs(self) -> None:
        # When another conversation is shown, or the key has been read meanwhile.
        if (connection := connection_for(self._settings.current, self._keys)) is not None:
            self._chat.look_up_missing_costs(connection)

    def _send(self, text: str) -> None:
        bar = self._page.composer.attachments
        if any(attachment.is_image for attachment in bar.files) and not self._model_takes_images():
            bar.refuse_image(self.model.name if self.model is not None else "")
            return
        request = self.request()
        if request is not None:
            self._chat.send(text, request, bar.files)
            self._page.composer.clear()
            bar.clear()

    def _model_takes_images(self) -> bool:
        # Models whose servers do not list modalities may well take images.
        model = self.model
        return model is None or not model.input_modalities or "image" in model.input_modalities

    def _resend(self, index: int, text: str) -> None:
        request = self.request()
        if request is not None:
            self._page.cancel_edit()
            self._chat.resend(index, text, request)

    def _regenerate(self, index: int, model_id: str | None = None) -> None:
        request = self.request(model_id)
        if request is not None:
            self._chat.regenerate(index, request)

    def _continue(self, _index: int) -> None:
        request = self.request()
        if request is not None:
            self._chat.continue_answer(request)

    def _use_model_defaults(self, index: int) -> None:
        self.set_options(self._options.with_model_defaults())
        self._regenerate(index)

    def _allow_shorter_answer(self, index: int) -> None:
        self.set_options(self._options.with_shorter_answer(self._settings.current.max_tokens))
        self._regenerate(index)

    def _use_fallback(self, index: int) -> None:
        fallback = self.fallback_for(self._chat.messages[index])
        if fallback is not None:
            self._change_model_and_retry(index)(fallback.model.id)

    def _change_model_and_retry(self, index: int) -> Callable[[str], None]:
        def use(model_id: str) -> None:
            if model_id:
                self._settings.use_model(model_id)
                self._regenerate(index)

        return use
