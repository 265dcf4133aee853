"""What is not in the conversations' database yet: each change once, however often it was made.

A change names *what* is to be written, and the value is taken from the conversation in memory when it is written. So a
write that has failed is made up for by writing what is there by then; it may be repeated without harm where nobody
knows whether it succeeded, and a thousand failures need no more memory than one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from caal_desktop.services.history.conversation_records import to_record
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping
    from typing import TypeAlias

    from caal_desktop.services.chat.conversation import ChatMessage, Conversation
    from caal_desktop.storage.history.records import MessageRecord
    from caal_desktop.storage.history.store import HistoryDatabase

    Step: TypeAlias = Callable[[HistoryDatabase], None]
    WrittenLengths: TypeAlias = MutableMapping[str, tuple[int, int]]
    """Of answers that still grow, by their id: the characters of text and of reasoning that were handed over."""


class Kind(IntEnum):
    """What a change is about, in the order in which changes are written.

    Deletions that came before a purge are written before it; those that came later, and can be undone, after it.
    """

    CONVERSATION = 0
    FACTS = 1
    TITLE = 2
    PURGED = 3
    EXPIRY = 4
    PURGE = 5
    DELETED = 6


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a change is about; a later change of the same key takes the place of the one before.

    Attributes:
        kind: what kind of thing it is.
        id: which one; "" where there is only one.
    """

    kind: Kind
    id: str = ""


@dataclass(slots=True)
class UnwrittenConversation:
    """What is to be written of one conversation.

    Attributes:
        head: title, times and options; its messages are not used.
        conversation: the conversation in memory.
        messages: by their ids, those that are to be written whole, in the order in which they came.
        grown: by their ids, those of which only new text is to be written.
        removed: ids of those that were removed.
        has_other_path: whether other versions are shown than before.
    """

    head: ConversationRecord
    conversation: Conversation
    messages: dict[str, ChatMessage] = field(default_factory=dict)
    grown: dict[str, ChatMessage] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)
    has_other_path: bool = False

    def save(self, message: ChatMessage) -> None:
        """Write a message as a whole."""
        self.messages[message.id] = message
        self.grown.pop(message.id, None)

    def grow(self, message: ChatMessage) -> None:
        """Write the new text of a message."""
        if message.id not in self.messages:
            self.grown[message.id] = message

    def remove(self, message: str) -> None:
        """Remove a message."""
        self.messages.pop(message, None)
        self.grown.pop(message, None)
        self.removed[message] = None

    def add(self, later: UnwrittenConversation) -> None:
        """Add what was changed later."""
        self.head = later.head
        for removed in later.removed:
            self.remove(removed)
        for message in later.messages.values():
            self.save(message)
        for message in later.grown.values():
            self.grow(message)
        self.has_other_path = self.has_other_path or later.has_other_path

    def begin_again(self) -> None:
        """Write whole what was to grow: nobody knows how much of it was written."""
        self.messages.update(self.grown)
        self.grown.clear()

    def write_whole(self) -> None:
        """Write all of its messages, in their order, and which versions are shown."""
        self.messages = {message.id: message for message in self.conversation}
        self.grown.clear()
        self.has_other_path = True

    def whole(self, title: str) -> ConversationRecord:
        """Return the conversation as it would be kept, with all of its messages."""
        head = self.head
        record = ConversationRecord(head.id, title, head.created, head.updated, head.options)
        record.messages = [self._record(message) for message in self.conversation]
        return record

    def step(self, lengths: WrittenLengths) -> Step:
        """Return what writes it as it is now."""
        head, identifier = self.head, self.head.id
        record = ConversationRecord(identifier, head.title, head.created, head.updated, dict(head.options))
        removed, messages, pieces = tuple(self.removed), [], []
        for message in self.grown.values():
            if message.id in lengths:
                pieces += _pieces(message, *lengths[message.id])
                lengths[message.id] = len(message.text), len(message.reasoning)
            else:
                self.messages[message.id] = message
        for message in self.messages.values():
            messages.append(self._record(message))
            if message.status.is_open:
                lengths[message.id] = len(message.text), len(message.reasoning)
            else:
                lengths.pop(message.id, None)
        shown, hidden = self._path() if self.has_other_path else ([], [])

        def write(database: HistoryDatabase) -> None:
            database.save_conversation(record)
            for gone in removed:
                database.remove_message(gone)
            for message in messages:
                database.save_message(identifier, message, updated=record.updated)
            if pieces:
                database.append(pieces)
            if shown:
                database.show(shown, hidden)

        return write

    def _record(self, message: ChatMessage) -> MessageRecord:
        chosen = message.parent.chosen if message.parent is not None else self.conversation.chosen_root
        return to_record(message, shown=chosen is message)

    def _path(self) -> tuple[list[str], list[str]]:
        shown: list[str] = []
        hidden: list[str] = []
        for message in self.conversation:
            if len(self.conversation.siblings(message)) > 1:
                chosen = message.parent.chosen if message.parent is not None else self.conversation.chosen_root
                (shown if chosen is message else hidden).append(message.id)
        return shown, hidden


def _pieces(message: ChatMessage, text: int, reasoning: int) -> list[tuple[str, str, str]]:
    """Return what is new of a message beyond so many characters."""
    new = (("text", message.text[text:]), ("reasoning", message.reasoning[reasoning:]))
    return [(message.id, kind, piece) for kind, piece in new if piece]


class Unwritten:
    """Changes that are to be written, each as its key's latest."""

    def __init__(self) -> None:
        self._conversations: dict[str, UnwrittenConversation] = {}
        self._facts: dict[str, ChatMessage] = {}
        self._titles: dict[str, str] = {}
        self._purged: dict[str, bool] = {}
        self._deleted: dict[str, bool] = {}
        self._expiry_days: int | None = None
        self._purges = False

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return any(True for _ in self.keys())

    def keys(self) -> Iterable[Key]:
        """Yield what is to be written, in the order of writing."""
        yield from (Key(Kind.CONVERSATION, identifier) for identifier in self._conversations)
        yield from (Key(Kind.FACTS, identifier) for identifier in self._facts)
        yield from (Key(Kind.TITLE, identifier) for identifier in self._titles)
        yield from (Key(Kind.PURGED, identifier) for identifier in self._purged)
        if self._expiry_days:
            yield Key(Kind.EXPIRY)
        if self._purges:
            yield Key(Kind.PURGE)
        yield from (Key(Kind.DELETED, identifier) for identifier in self._deleted)

    # --- what was changed

    def of(self, head: ConversationRecord, conversation: Conversation) -> UnwrittenConversation:
        """Return what is to be written of a conversation, to which may be added."""
        found = self._conversations.setdefault(head.id, UnwrittenConversation(head, conversation))
        found.head, found.conversation = head, conversation
        return found

    def save_facts(self, message: ChatMessage) -> None:
        """Write what became known of a message whose conversation may be another one than that which is shown."""
        self._facts[message.id] = message

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        self._titles[conversation] = title

    def delete(self, conversation: str) -> None:
        """Delete a conversation; it can be restored until the next purge."""
        self._deleted[conversation] = True

    def restore(self, conversation: str) -> None:
        """Restore a conversation that was deleted since the last purge."""
        if not (self._purges and conversation not in self._deleted):
            self._deleted[conversation] = False

    def purge(self) -> None:
        """Delete for good what is deleted so far; of that, nothing more is written."""
        self._purges = True
        for conversation, deleted in self._deleted.items():
            self._purged[conversation] = deleted
            if deleted:
                self._conversations.pop(conversation, None)
                self._titles.pop(conversation, None)
        self._deleted.clear()

    def expire(self, days: int) -> None:
        """Delete for good what has had no new message for so many days; 0 deletes nothing."""
        self._expiry_days = days

    def add(self, later: Unwritten) -> None:
        """Add what was changed after all of this."""
        if later._purges:
            self._deleted.update(later._purged)
            self.purge()
        for identifier, unwritten in later._conversations.items():
            if identifier in self._conversations:
                self._conversations[identifier].add(unwritten)
            else:
                self._conversations[identifier] = unwritten
        self._facts.update(later._facts)
        self._titles.update(later._titles)
        self._deleted.update(later._deleted)
        if later._expiry_days is not None:
            self._expiry_days = later._expiry_days

    # --- writing

    def steps(self, lengths: WrittenLengths, shown: str, is_left_out: Callable[[Key], bool]) -> dict[Key, Step]:
        """Return what writes each change, as things are now, in the order of writing.

        Args:
            lengths: what has been handed over of answers that still grow; brought up to date.
            shown: the conversation that is shown, which does not expire.
            is_left_out: whether a change is not to be written this time.
        """
        found: dict[Key, Step] = {}
        for key in self.keys():
            if is_left_out(key):
                continue
            try:
                found[key] = self._step(key, lengths, shown)
            except Exception as error:
                # Told like one of the writing, so that it holds up no other change.
                found[key] = _failing(error)
        return found

    def _step(self, key: Key, lengths: WrittenLengths, shown: str) -> Step:
        match key.kind:
            case Kind.CONVERSATION:
                return self._conversations[key.id].step(lengths)
            case Kind.FACTS:
                extra = to_record(self._facts[key.id], shown=True).extra
                return lambda database: database.save_extra(key.id, extra)
            case Kind.TITLE:
                title = self._titles[key.id]
                return lambda database: database.rename(key.id, title)
            case Kind.PURGED | Kind.DELETED:
                deleted = (self._purged if key.kind is Kind.PURGED else self._deleted)[key.id]
                return lambda database: database.delete(key.id) if deleted else database.restore(key.id)
            case Kind.EXPIRY:
                before = time.time() - (self._expiry_days or 0) * 86_400
                return lambda database: database.expire(before, shown)
            case Kind.PURGE:
                return lambda database: database.purge()

    def forget(self, written: Iterable[Key]) -> None:
        """Forget what has been written."""
        for key in written:
            match key.kind:
                case Kind.CONVERSATION:
                    del self._conversations[key.id]
                case Kind.FACTS:
                    del self._facts[key.id]
                case Kind.TITLE:
                    del self._titles[key.id]
                case Kind.PURGED:
                    del self._purged[key.id]
                case Kind.EXPIRY:
                    self._expiry_days = None
                case Kind.PURGE:
                    self._purges = False
                case Kind.DELETED:
                    del self._deleted[key.id]

    def begin_again(self) -> None:
        """Prepare for another attempt after one whose outcome is not known."""
        for unwritten in self._conversations.values():
            unwritten.begin_again()

    def write_whole(self) -> None:
        """Write the conversations with all of their messages: the file has nothing of them."""
        for unwritten in self._conversations.values():
            unwritten.write_whole()

    # --- reading

    @property
    def conversations(self) -> Iterable[str]:
        """The ids of the conversations that have something that is not written."""
        return self._conversations.keys()

    @property
    def deleted(self) -> dict[str, bool]:
        """By the ids of conversations, whether they were deleted, or restored after that."""
        return self._purged | self._deleted

    def conversation(self, identifier: str) -> UnwrittenConversation | None:
        """Return what is to be written of a conversation; None where that is nothing."""
        return self._conversations.get(identifier)

    def title(self, identifier: str) -> str | None:
        """Return the title that a conversation is to have; None where that was not changed."""
        return self._titles.get(identifier)

    def apply_to(self, listing: dict[str, ConversationSummary], query: str) -> None:
        """Change a list of conversations as if everything had been written.

        Args:
            listing: by their ids, what the database lists.
            query: what was searched for, "" for all.
        """
        for identifier, unwritten in self._conversations.items():
            listed = listing.get(identifier)
            title = listed.title if listed is not None else unwritten.head.title
            if listed is not None or _matches(unwritten.conversation, title, query):
                snippet = listed.snippet if listed is not None else ""
                listing[identifier] = ConversationSummary(identifier, title, unwritten.head.updated, snippet)
        for identifier, title in self._titles.items():
            if (listed := listing.get(identifier)) is not None:
                listing[identifier] = ConversationSummary(identifier, title, listed.updated, listed.snippet)
        for identifier, deleted in self.deleted.items():
            if deleted:
                listing.pop(identifier, None)


def _failing(error: Exception) -> Step:
    def fail(_database: HistoryDatabase) -> None:
        raise error

    return fail


def _matches(conversation: Conversation, title: str, query: str) -> bool:
    wanted = " ".join(query.split()).lower()
    return wanted in title.lower() or any(wanted in message.text.lower() for message in conversation)
