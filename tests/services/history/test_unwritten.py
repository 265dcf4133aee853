"""What is gathered while nothing can be written: of each thing the latest, and no more than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Conversation, Role
from caal_desktop.services.history.unwritten import Key, Kind, Unwritten, UnwrittenConversation
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary

if TYPE_CHECKING:
    from caal_desktop.storage.history.store import HistoryDatabase


def conversation_of(text: str) -> tuple[ConversationRecord, Conversation]:
    """Return a conversation of one question, and its head."""
    conversation = Conversation()
    conversation.add(ChatMessage(Role.USER, [text]), None)
    return ConversationRecord(conversation.id, text, 1.0, 1.0), conversation


def listed(changes: Unwritten, *listing: str, query: str = "") -> list[str]:
    """Return the ids of what will be listed, of what is listed now."""
    found = {identifier: ConversationSummary(identifier, "", 1.0) for identifier in listing}
    changes.apply_to(found, query)
    return list(found)


def test_of_what_is_deleted_for_good_nothing_more_is_written() -> None:
    changes = Unwritten()
    head, conversation = conversation_of("Hello")
    changes.of(head, conversation).save(conversation.roots[0])
    changes.rename(head.id, "Hi")
    changes.delete(head.id)
    changes.purge()
    assert list(changes.keys()) == [Key(Kind.PURGED, head.id), Key(Kind.PURGE)]
    changes.restore(head.id)
    assert list(changes.keys()) == [Key(Kind.PURGED, head.id), Key(Kind.PURGE)], "it is too late"
    assert listed(changes, head.id, "other") == ["other"]


def test_a_deletion_after_the_purge_can_be_undone() -> None:
    changes = Unwritten()
    changes.purge()
    changes.delete("a")
    assert listed(changes, "a", "b") == ["b"]
    changes.restore("a")
    assert listed(changes, "a", "b") == ["a", "b"]


def test_what_was_deleted_before_a_later_purge_is_purged() -> None:
    changes, later = Unwritten(), Unwritten()
    later.delete("a")
    later.purge()
    changes.add(later)
    assert list(changes.keys()) == [Key(Kind.PURGED, "a"), Key(Kind.PURGE)]


def test_the_latest_expiry_counts() -> None:
    changes, silent, later = Unwritten(), Unwritten(), Unwritten()
    changes.expire(30)
    changes.add(silent)
    assert list(changes.keys()) == [Key(Kind.EXPIRY)]
    later.expire(0)
    changes.add(later)
    assert list(changes.keys()) == [], "nothing is to expire any more"


def test_facts_that_became_known_later_are_written() -> None:
    changes, later = Unwritten(), Unwritten()
    answer = ChatMessage(Role.ASSISTANT, ["Hi"])
    later.save_facts(answer)
    changes.add(later)
    assert list(changes.keys()) == [Key(Kind.FACTS, answer.id)]


@pytest.mark.parametrize(("query", "is_listed"), [("", True), ("hell", True), ("absent", False)])
def test_an_unwritten_conversation_is_found_by_what_it_says(query: str, is_listed: bool) -> None:
    changes = Unwritten()
    head, conversation = conversation_of("Hello")
    changes.of(head, conversation).save(conversation.roots[0])
    assert listed(changes, query=query) == [head.id] * is_listed


def test_a_change_that_cannot_be_prepared_fails_when_it_is_written() -> None:
    """And holds up no other until then."""
    changes = Unwritten()
    head, conversation = conversation_of("Hello")
    head.options = cast("dict[str, object]", None)
    changes.of(head, conversation).save(conversation.roots[0])
    changes.rename("other", "Hi")
    changes.rename("left out", "Hi")
    steps = changes.steps({}, "", lambda key: key.id == "left out")
    assert list(steps) == [Key(Kind.CONVERSATION, head.id), Key(Kind.TITLE, "other")]
    with pytest.raises(TypeError):
        steps[Key(Kind.CONVERSATION, head.id)](cast("HistoryDatabase", None))


# --- one conversation


def test_a_message_is_written_whole_or_grows() -> None:
    head, conversation = conversation_of("Hello")
    message = conversation.roots[0]
    changes = UnwrittenConversation(head, conversation)
    changes.grow(message)
    assert (list(changes.messages), list(changes.grown)) == ([], [message.id])
    changes.save(message)
    changes.grow(message)
    assert (list(changes.messages), list(changes.grown)) == ([message.id], [])
    changes.begin_again()
    changes.remove(message.id)
    assert (list(changes.messages), list(changes.grown), list(changes.removed)) == ([], [], [message.id])


@pytest.mark.parametrize("is_saved", [False, True])
def test_what_is_removed_later_is_not_written(is_saved: bool) -> None:
    head, conversation = conversation_of("Hello")
    message = conversation.roots[0]
    changes, later = (UnwrittenConversation(head, conversation) for _ in range(2))
    (changes.save if is_saved else changes.grow)(message)
    later.remove(message.id)
    later.has_other_path = True
    changes.add(later)
    assert (list(changes.messages), list(changes.grown), list(changes.removed)) == ([], [], [message.id])
    assert changes.has_other_path


def test_nothing_is_remembered_of_an_answer_that_has_ended() -> None:
    """A program that runs for weeks has thousands of them."""
    conversation = Conversation()
    answer = ChatMessage(Role.ASSISTANT, ["begun"], AnswerStatus.STREAMING)
    conversation.add(answer, None)
    head = ConversationRecord(conversation.id, "", 1.0, 1.0)
    lengths: dict[str, tuple[int, int]] = {}
    for status, known in ((AnswerStatus.STREAMING, {answer.id: (5, 0)}), (AnswerStatus.COMPLETE, {})):
        answer.status = status
        changes = Unwritten()
        changes.of(head, conversation).save(answer)
        changes.steps(lengths, "", lambda _key: False)
        assert lengths == known
