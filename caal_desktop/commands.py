"""The program's commands: titles, keys, places in menus, and what each needs.

Menus, the buttons below an error, the key bindings and the list of shortcuts are made of this table. A window binds a
command to the function that carries it out (:mod:`caal_desktop.widgets.common.command_set`). A
:class:`~caal_desktop.llm.errors.Remedy` of an error is the id of the command that helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import Remedy
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping


class CommandId(StrEnum):
    """The ids of commands."""

    # The main window's menus.
    NEW = "new"
    TEMPORARY = "temporary"
    OPTIONS = "options"
    COMPARE = "compare"
    STOP = "stop"
    SIDEBAR = "sidebar"
    SEARCH = "search"
    JUMP = "jump"
    QUIT = "quit"
    MODEL = "model"
    KEY = "key"
    SETUP = "setup"
    SETTINGS = "settings"
    SHORTCUTS = "shortcuts"
    ABOUT = "about"
    # What helps against an error: the values of Remedy, and what may be offered beside them.
    RETRY = Remedy.RETRY.value
    WAIT = Remedy.WAIT.value
    CHECK_KEY = Remedy.CHECK_KEY.value
    ADD_CREDIT = Remedy.ADD_CREDIT.value
    CHOOSE_MODEL = Remedy.CHOOSE_MODEL.value
    PRIVACY_SETTINGS = Remedy.PRIVACY_SETTINGS.value
    SHORTEN = Remedy.SHORTEN.value
    DEFAULT_PARAMETERS = Remedy.DEFAULT_PARAMETERS.value
    NETWORK_SETTINGS = Remedy.NETWORK_SETTINGS.value
    PROVIDER_SETTINGS = Remedy.PROVIDER_SETTINGS.value
    ALLOW_SHORTER_ANSWER = "allow_shorter_answer"
    USE_FALLBACK = "use_fallback"
    PRIVACY_PAGE = "privacy_page"
    RAISE_LIMIT = "raise_limit"
    CONTINUE = "continue"
    # What can be done with a message.
    EDIT = "edit"
    REGENERATE = "regenerate"
    REGENERATE_WITH = "regenerate_with"
    COPY = "copy"
    COPY_MARKDOWN = "copy_markdown"
    DELETE = "delete"
    PREVIOUS_VERSION = "previous_version"
    NEXT_VERSION = "next_version"
    # Keys of the chat.
    SEND = "send"
    BREAK_LINE = "break_line"
    CHAT_BACK = "chat_back"
    GO_TO_BEGINNING = "go_to_beginning"
    GO_TO_END = "go_to_end"
    PAGE_ON = "page_on"
    SELECT_ALL = "select_all"
    COPY_SELECTION = "copy_selection"
    RENAME_CONVERSATION = "rename_conversation"
    DELETE_CONVERSATION = "delete_conversation"
    # The model picker.
    SEARCH_MODELS = "search_models"
    STAR_MODEL = "star_model"
    COMPARE_MODEL = "compare_model"
    MODEL_DETAILS = "model_details"
    MOVE_IN_MODELS = "move_in_models"
    USE_MODEL = "use_model"
    PICKER_BACK = "picker_back"
    # Setup and settings.
    SETUP_ON = "setup_on"
    SETUP_BACK = "setup_back"
    SEARCH_SETTINGS = "search_settings"
    SETTINGS_BACK = "settings_back"


class Need(StrEnum):
    """What must be there before a command can do anything."""

    MESSAGE = "message"
    """A message of the conversation; the call has its index."""
    RUNNING_ANSWER = "running_answer"
    """An answer is being received."""
    HISTORY = "history"
    """Conversations are kept."""
    MARKED_MODEL = "marked_model"
    """A model is selected in the picker."""
    CREDITS_PAGE = "credits_page"
    """The provider has a page where credit is bought."""
    PRIVACY_PAGE = "privacy_page"
    """The provider has a page for the account's privacy settings."""
    KEYS_PAGE = "keys_page"
    """The provider has a page where keys are made, and their limits set."""


class StandardKey(StrEnum):
    """Keys that differ between platforms: the names of ``QKeySequence.StandardKey``."""

    NEW = "New"
    FIND = "Find"
    COPY = "Copy"
    SELECT_ALL = "SelectAll"
    PREFERENCES = "Preferences"


class MenuRole(StrEnum):
    """Entries that a platform may move to a menu of its own: the names of ``QAction.MenuRole``."""

    QUIT = "QuitRole"
    PREFERENCES = "PreferencesRole"
    ABOUT = "AboutRole"


class Section(StrEnum):
    """A part of the list of shortcuts."""

    MAIN = "main"
    CHAT = "chat"
    PICKER = "picker"
    SETUP = "setup"
    SETTINGS = "settings"


SECTION_TITLES: Mapping[Section, SourceText] = {
    Section.MAIN: QT_TRANSLATE_NOOP("Command", "Main window"),
    Section.CHAT: QT_TRANSLATE_NOOP("Command", "Chat"),
    Section.PICKER: QT_TRANSLATE_NOOP("Command", "Model picker"),
    Section.SETUP: QT_TRANSLATE_NOOP("Command", "Setup"),
    Section.SETTINGS: QT_TRANSLATE_NOOP("Command", "Settings"),
}
"""The sections' headings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        title: its name; in a menu with ``&`` before the mnemonic.
        short_title: its name beside an icon; "" where that is the title.
        part: the last part of its buttons' and its menu entry's object names; "" where that is the id.
        section: its section in the list of shortcuts; None for a command without keys.
        shortcuts: its keys, as portable text or standard keys.
        shortcuts_with_control: its keys where Ctrl+Enter sends a message; () where they are the same.
        needs: what must be there; without it the command is disabled, and not offered below an error.
        same_as: the command that does the same; None where no other one does.
        role: its place in the platform's own menus; None where it has none.
    """

    title: SourceText
    short_title: SourceText = NO_TEXT
    part: str = ""
    section: Section | None = None
    shortcuts: tuple[str | StandardKey, ...] = ()
    shortcuts_with_control: tuple[str, ...] = ()
    needs: frozenset[Need] = frozenset()
    same_as: CommandId | None = None
    role: MenuRole | None = None


_MESSAGE = frozenset({Need.MESSAGE})
_MARKED_MODEL = frozenset({Need.MARKED_MODEL})

COMMANDS: Mapping[CommandId, Command] = {
    CommandId.NEW: Command(
        title=QT_TRANSLATE_NOOP("Command", "&New conversation"), section=Section.MAIN, shortcuts=(StandardKey.NEW,)
    ),
    CommandId.TEMPORARY: Command(
        title=QT_TRANSLATE_NOOP("Command", "New &temporary conversation"),
        short_title=QT_TRANSLATE_NOOP("Command", "Temporary conversation"),
        section=Section.MAIN,
        shortcuts=("Ctrl+Shift+N",),
        needs=frozenset({Need.HISTORY}),
    ),
    CommandId.OPTIONS: Command(
        title=QT_TRANSLATE_NOOP("Command", "T&his conversation…"), section=Section.MAIN, shortcuts=("Ctrl+T",)
    ),
    CommandId.COMPARE: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Compare models…"), section=Section.MAIN, shortcuts=("Ctrl+Shift+C",)
    ),
    CommandId.STOP: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Stop the answer"), needs=frozenset({Need.RUNNING_ANSWER})
    ),
    CommandId.SIDEBAR: Command(
        title=QT_TRANSLATE_NOOP("Command", "Show or hide the &conversations"),
        short_title=QT_TRANSLATE_NOOP("Command", "Conversations"),
        section=Section.MAIN,
        shortcuts=("Ctrl+B",),
    ),
    CommandId.SEARCH: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Search conversations"),
        section=Section.MAIN,
        shortcuts=(StandardKey.FIND,),
        needs=frozenset({Need.HISTORY}),
    ),
    CommandId.JUMP: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Jump to the latest"), section=Section.MAIN, shortcuts=("Ctrl+End",)
    ),
    CommandId.QUIT: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Quit"), section=Section.MAIN, shortcuts=("Ctrl+Q",), role=MenuRole.QUIT
    ),
    CommandId.MODEL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Change &model…"), section=Section.MAIN, shortcuts=("Ctrl+M",)
    ),
    CommandId.KEY: Command(title=QT_TRANSLATE_NOOP("Command", "&Key and usage…"), same_as=CommandId.PROVIDER_SETTINGS),
    CommandId.SETUP: Command(title=QT_TRANSLATE_NOOP("Command", "Go through &setup again…")),
    CommandId.SETTINGS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Se&ttings…"),
        section=Section.MAIN,
        # The platform's own keys, where it has some, and keys that all platforms have.
        shortcuts=(StandardKey.PREFERENCES, "Ctrl+,"),
        role=MenuRole.PREFERENCES,
    ),
    CommandId.SHORTCUTS: Command(
        title=QT_TRANSLATE_NOOP("Command", "&Keyboard shortcuts"), section=Section.MAIN, shortcuts=("F1", "Ctrl+/")
    ),
    CommandId.ABOUT: Command(title=QT_TRANSLATE_NOOP("Command", "&About CAAL Desktop"), role=MenuRole.ABOUT),
    # --- against an error
    CommandId.RETRY: Command(title=QT_TRANSLATE_NOOP("Command", "Try again")),
    # The same as RETRY; its button first counts down the pause that the server has asked for.
    CommandId.WAIT: Command(title=QT_TRANSLATE_NOOP("Command", "Try again"), part="retry", same_as=CommandId.RETRY),
    CommandId.CHECK_KEY: Command(title=QT_TRANSLATE_NOOP("Command", "Change the key"), part="key"),
    CommandId.ADD_CREDIT: Command(
        title=QT_TRANSLATE_NOOP("Command", "Add credit"), part="credit", needs=frozenset({Need.CREDITS_PAGE})
    ),
    CommandId.RAISE_LIMIT: Command(
        title=QT_TRANSLATE_NOOP("Command", "Raise the key's limit"), part="limit", needs=frozenset({Need.KEYS_PAGE})
    ),
    CommandId.CHOOSE_MODEL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Choose another model"), part="model", needs=_MESSAGE
    ),
    CommandId.PRIVACY_SETTINGS: Command(title=QT_TRANSLATE_NOOP("Command", "Privacy settings"), part="privacy"),
    CommandId.SHORTEN: Command(title=QT_TRANSLATE_NOOP("Command", "Edit the message"), part="shorten", needs=_MESSAGE),
    CommandId.DEFAULT_PARAMETERS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Use the model's own parameters"), part="defaults", needs=_MESSAGE
    ),
    CommandId.NETWORK_SETTINGS: Command(title=QT_TRANSLATE_NOOP("Command", "Network settings"), part="network"),
    CommandId.PROVIDER_SETTINGS: Command(title=QT_TRANSLATE_NOOP("Command", "Provider's settings"), part="settings"),
    CommandId.ALLOW_SHORTER_ANSWER: Command(
        title=QT_TRANSLATE_NOOP("Command", "Allow a shorter answer"), part="lower", needs=_MESSAGE
    ),
    # Its button names the model.
    CommandId.USE_FALLBACK: Command(
        title=QT_TRANSLATE_NOOP("Command", "Use the suggested model"), part="fallback", needs=_MESSAGE
    ),
    CommandId.PRIVACY_PAGE: Command(
        title=QT_TRANSLATE_NOOP("Command", "Account's privacy page"),
        part="account",
        needs=frozenset({Need.PRIVACY_PAGE}),
    ),
    CommandId.CONTINUE: Command(
        title=QT_TRANSLATE_NOOP("Command", "Continue from there"),
        short_title=QT_TRANSLATE_NOOP("Command", "Continue"),
        needs=_MESSAGE,
    ),
    # --- with a message
    CommandId.EDIT: Command(title=QT_TRANSLATE_NOOP("Command", "Edit and send again"), needs=_MESSAGE),
    CommandId.REGENERATE: Command(title=QT_TRANSLATE_NOOP("Command", "Answer again"), needs=_MESSAGE),
    CommandId.REGENERATE_WITH: Command(
        title=QT_TRANSLATE_NOOP("Command", "Answer again with another model…"), needs=_MESSAGE
    ),
    CommandId.COPY: Command(
        title=QT_TRANSLATE_NOOP("Command", "Copy as plain text"),
        short_title=QT_TRANSLATE_NOOP("Command", "Copy"),
        needs=_MESSAGE,
    ),
    CommandId.COPY_MARKDOWN: Command(title=QT_TRANSLATE_NOOP("Command", "Copy as Markdown"), needs=_MESSAGE),
    CommandId.DELETE: Command(title=QT_TRANSLATE_NOOP("Command", "Delete this message"), needs=_MESSAGE),
    CommandId.PREVIOUS_VERSION: Command(
        title=QT_TRANSLATE_NOOP("Command", "Earlier version"), part="previous", needs=_MESSAGE
    ),
    CommandId.NEXT_VERSION: Command(title=QT_TRANSLATE_NOOP("Command", "Later version"), part="next", needs=_MESSAGE),
    # --- the chat's keys
    CommandId.SEND: Command(
        title=QT_TRANSLATE_NOOP("Command", "Send the message"),
        section=Section.CHAT,
        shortcuts=("Return",),
        shortcuts_with_control=("Ctrl+Return",),
    ),
    CommandId.BREAK_LINE: Command(
        title=QT_TRANSLATE_NOOP("Command", "Break the line"),
        section=Section.CHAT,
        shortcuts=("Shift+Return",),
        shortcuts_with_control=("Return",),
    ),
    CommandId.CHAT_BACK: Command(
        title=QT_TRANSLATE_NOOP("Command", "Stop the answer; leave a message as it was"),
        section=Section.CHAT,
        shortcuts=("Esc",),
    ),
    CommandId.GO_TO_BEGINNING: Command(
        title=QT_TRANSLATE_NOOP("Command", "Conversation: go to the beginning"),
        section=Section.CHAT,
        shortcuts=("Home",),
    ),
    CommandId.GO_TO_END: Command(
        title=QT_TRANSLATE_NOOP("Command", "Conversation: go to the end"), section=Section.CHAT, shortcuts=("End",)
    ),
    CommandId.PAGE_ON: Command(
        title=QT_TRANSLATE_NOOP("Command", "Conversation: a page on"), section=Section.CHAT, shortcuts=("Space",)
    ),
    CommandId.SELECT_ALL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Conversation: select everything"),
        short_title=QT_TRANSLATE_NOOP("Command", "Select all"),
        section=Section.CHAT,
        shortcuts=(StandardKey.SELECT_ALL,),
    ),
    CommandId.COPY_SELECTION: Command(
        title=QT_TRANSLATE_NOOP("Command", "Conversation: copy what is selected"),
        short_title=QT_TRANSLATE_NOOP("Command", "Copy"),
        section=Section.CHAT,
        shortcuts=(StandardKey.COPY,),
    ),
    CommandId.RENAME_CONVERSATION: Command(
        title=QT_TRANSLATE_NOOP("Command", "List of conversations: rename"),
        short_title=QT_TRANSLATE_NOOP("Command", "Rename…"),
        section=Section.CHAT,
        shortcuts=("F2",),
    ),
    CommandId.DELETE_CONVERSATION: Command(
        title=QT_TRANSLATE_NOOP("Command", "List of conversations: delete"),
        short_title=QT_TRANSLATE_NOOP("Command", "Delete"),
        section=Section.CHAT,
        shortcuts=("Del",),
    ),
    # --- the model picker
    CommandId.SEARCH_MODELS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Search models"), section=Section.PICKER, shortcuts=(StandardKey.FIND,)
    ),
    CommandId.STAR_MODEL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Make the model a favourite, or no longer"),
        short_title=QT_TRANSLATE_NOOP("Command", "Favourite"),
        section=Section.PICKER,
        shortcuts=("Ctrl+D",),
        needs=_MARKED_MODEL,
    ),
    CommandId.COMPARE_MODEL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Compare the model, or no longer"),
        short_title=QT_TRANSLATE_NOOP("Command", "Compare"),
        section=Section.PICKER,
        shortcuts=("Ctrl+E",),
        needs=_MARKED_MODEL,
    ),
    CommandId.MODEL_DETAILS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Show or hide the details"),
        short_title=QT_TRANSLATE_NOOP("Command", "Read about the current model"),
        section=Section.PICKER,
        shortcuts=("Ctrl+I",),
    ),
    CommandId.MOVE_IN_MODELS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Move in the list, also while you type"),
        section=Section.PICKER,
        shortcuts=("Up", "Down", "PgUp", "PgDown"),
    ),
    CommandId.USE_MODEL: Command(
        title=QT_TRANSLATE_NOOP("Command", "Use the model"),
        section=Section.PICKER,
        shortcuts=("Return",),
        needs=_MARKED_MODEL,
    ),
    CommandId.PICKER_BACK: Command(
        title=QT_TRANSLATE_NOOP("Command", "Back: close details, clear the search, close the window"),
        section=Section.PICKER,
        shortcuts=("Esc",),
    ),
    # --- setup and settings
    CommandId.SETUP_ON: Command(
        title=QT_TRANSLATE_NOOP("Command", "Go on"), section=Section.SETUP, shortcuts=("Return",)
    ),
    CommandId.SETUP_BACK: Command(
        title=QT_TRANSLATE_NOOP("Command", "Stop waiting, else a step back, else close"),
        section=Section.SETUP,
        shortcuts=("Esc",),
    ),
    CommandId.SEARCH_SETTINGS: Command(
        title=QT_TRANSLATE_NOOP("Command", "Search settings"), section=Section.SETTINGS, shortcuts=(StandardKey.FIND,)
    ),
    CommandId.SETTINGS_BACK: Command(
        title=QT_TRANSLATE_NOOP("Command", "Clear the search, else close"), section=Section.SETTINGS, shortcuts=("Esc",)
    ),
}
"""Every command, in the order of the list of shortcuts."""


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu of the main window.

    Attributes:
        title: its name, with ``&`` before the mnemonic.
        groups: its commands; a separator is drawn between two groups.
    """

    title: SourceText
    groups: tuple[tuple[CommandId, ...], ...]


MENUS = (
    Menu(
        QT_TRANSLATE_NOOP("Command", "&Chat"),
        (
            (CommandId.NEW, CommandId.TEMPORARY, CommandId.OPTIONS, CommandId.COMPARE, CommandId.STOP),
            (CommandId.SIDEBAR, CommandId.SEARCH, CommandId.JUMP),
            (CommandId.QUIT,),
        ),
    ),
    Menu(
        QT_TRANSLATE_NOOP("Command", "&Assistant"),
        ((CommandId.MODEL, CommandId.KEY, CommandId.SETUP), (CommandId.SETTINGS,)),
    ),
    Menu(QT_TRANSLATE_NOOP("Command", "&Help"), ((CommandId.SHORTCUTS, CommandId.ABOUT),)),
)


def remedy_of(error: BaseException | None) -> CommandId:
    """Return the command that helps against an error; :attr:`CommandId.RETRY` where it names none."""
    remedy = getattr(error, "remedy", None)
    return CommandId(remedy.value) if isinstance(remedy, Remedy) else CommandId.RETRY


def part_of(command: CommandId) -> str:
    """Return the last part of the object names of a command's buttons and menu entries."""
    return COMMANDS[command].part or command.value
