"""Tells which call the fragments of an answer's tool calls belong to.

A server says it by ``index``, and many say it wrongly: some give every call the index 0, some leave it out, some repeat
a call's id and name in each fragment, and some make up a new id for each. What is certain is that a call has one name
and one JSON object of arguments; where index and id contradict that, it decides.
"""

from __future__ import annotations

import json
from typing import Any, Final

from caal_desktop.llm.echoes import EchoFilter
from caal_desktop.llm.events import ToolCallDelta
from caal_desktop.llm.fields import CharacterJoiner, as_dict, as_int, as_string, as_text, whole_characters

_OPENING: Final = frozenset("{[")
_CLOSING: Final = frozenset("}]")


class PiecewiseText:
    """One text of a stream: whole characters, without the request's secrets, wherever its pieces are cut.

    Args:
        secrets: those that went with the request.
    """

    def __init__(self, secrets: tuple[str | None, ...]) -> None:
        self._characters = CharacterJoiner()
        self._echoes = EchoFilter(secrets)

    def feed(self, piece: str) -> str:
        """Return what can be told of the text with its next piece; may be ""."""
        return self._echoes.feed(self._characters.feed(piece))

    def finish(self, *, is_complete: bool) -> str:
        """Return what was held back; half a character only where nothing can follow it."""
        last = self._echoes.feed(self._characters.finish()) if is_complete else ""
        return last + self._echoes.finish()


class _Call:
    """One call, as far as it has come.

    Attributes:
        index: its position among the answer's calls.
        call_id, name: its id and its function's name; None until a fragment tells them.
        text: the arguments.
    """

    def __init__(self, index: int, secrets: tuple[str | None, ...]) -> None:
        self.index = index
        self.call_id: str | None = None
        self.name: str | None = None
        self.text = PiecewiseText(secrets)
        self._unread: list[str] = []
        self._has_begun = self._in_string = self._is_escaped = False
        self._depth = 0

    def add(self, arguments: str) -> str:
        """Take a piece of the arguments, and return what can be told of them."""
        if arguments:
            self._unread.append(arguments)
        return self.text.feed(arguments)

    @property
    def is_complete(self) -> bool:
        """Whether its arguments have come to their end."""
        self._read()
        return self._has_begun and not self._in_string and self._depth <= 0

    @property
    def is_under_way(self) -> bool:
        """Whether its arguments have begun and not come to their end."""
        return not self.is_complete and self._has_begun

    def _read(self) -> None:
        """Follow the brackets of what has come; what was read once is not read again."""
        text = "".join(self._unread)
        self._unread.clear()
        self._has_begun = self._has_begun or bool(text.strip())
        for character in text:
            if self._is_escaped:
                self._is_escaped = False
            elif character == '"':
                self._in_string = not self._in_string
            elif self._in_string:
                self._is_escaped = character == "\\"
            elif character in _OPENING:
                self._depth += 1
            elif character in _CLOSING:
                self._depth -= 1


class ToolCallJoiner:
    """Numbers the calls of one answer, and gives each fragment the number of its call.

    Args:
        secrets: those that went with the request; taken out of the arguments.
    """

    def __init__(self, secrets: tuple[str | None, ...]) -> None:
        self._secrets = secrets
        self._calls: list[_Call] = []
        self._at: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def feed(self, fragment: dict[str, Any]) -> ToolCallDelta:
        """Return the event of a fragment."""
        function = as_dict(fragment.get("function"))
        call_id, name = _whole(fragment.get("id")), _whole(function.get("name"))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments, ensure_ascii=False)
        text = as_string(arguments) or ""
        index = as_int(fragment.get("index"))
        if index is not None and index < 0:
            index = None
        call = self._call_of(index, call_id, name, text)
        if index is not None:
            self._at[index] = call
        if call.call_id is None and call_id is not None:
            call.call_id = call_id
            self._by_id[call_id] = call
        call.name = call.name or name
        # Of the ids that are made up for each fragment, the first one is the call's.
        told_id = call_id if call_id == call.call_id else None
        return ToolCallDelta(call.index, told_id, name, call.add(text))

    def finish(self, *, is_complete: bool) -> list[ToolCallDelta]:
        """Return the events of what was held back.

        Args:
            is_complete: the answer has not broken off.
        """
        ends = ((call.index, call.text.finish(is_complete=is_complete)) for call in self._calls)
        return [ToolCallDelta(index, None, None, text) for index, text in ends if text]

    def _call_of(self, index: int | None, call_id: str | None, name: str | None, text: str) -> _Call:
        last = self._calls[-1] if self._calls else None
        call = last if index is None else self._at.get(index)
        if call is not None and call_id is not None and call_id != call.call_id:
            known = self._by_id.get(call_id)
            if known is not None and name in (None, known.name):
                call = known  # the fragments of several calls come in turn
        if call is None or _begins_another(call, call_id, name, text, has_index=index is not None):
            call = _Call(len(self._calls), self._secrets)
            self._calls.append(call)
        return call


def _begins_another(call: _Call, call_id: str | None, name: str | None, text: str, *, has_index: bool) -> bool:
    """Return whether a fragment belongs to another call than the one that its index names, or that came last."""
    has_other_name = name is not None and call.name is not None and name != call.name
    if call_id is not None and call.call_id is not None:
        if call_id == call.call_id:
            return has_other_name
        # A new id: another call, unless the arguments show that this one is not over.
        return call.is_complete if name is None else has_other_name or not call.is_under_way
    if name is None or name != call.name:
        return has_other_name
    # The same name again, without an id that would tell more.
    return call.is_complete and bool(text.strip()) if has_index else not call.is_under_way


def _whole(value: object) -> str | None:
    text = as_text(value)
    return None if text is None else whole_characters(text)
