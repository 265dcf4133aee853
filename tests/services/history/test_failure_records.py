"""The error of an answer is told again after a restart, in the language that the program has then."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import errors, translation
from caal_desktop.llm.errors import (
    AuthenticationFailed,
    Availability,
    ErrorText,
    InvalidResponse,
    ProviderError,
    RateLimited,
    Remedy,
    StreamStalled,
)
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Count, Duration, SourceText, Unit
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    AnswerStatus,
    ChatMessage,
    Conversation,
    Role,
    SavedFailureError,
)
from caal_desktop.services.history.conversation_export import json_parts, markdown_parts
from caal_desktop.services.history.conversation_records import to_conversation, to_record
from caal_desktop.services.history.failure_records import from_failure_record, to_failure_record
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = sorted(
    (found for name in errors.__all__ if issubclass(found := getattr(errors, name), ProviderError)),
    key=lambda found: found.__name__,
)

GERMAN = {
    "{provider} asks for a pause.": "{provider} bittet um eine Pause.",
    "Wait {wait} and try again, or choose another model.": "Warten Sie {wait}, oder wählen Sie ein anderes Modell.",
    "Your own server": "Ihr eigener Server",
    "Conversation": "Gespräch",
    "You": "Sie",
    "Assistant": "Assistent",
    "File: {name}": "Datei: {name}",
    "Tool call: {name}": "Werkzeugaufruf: {name}",
}


def translate(text: SourceText) -> str:
    return GERMAN.get(text, f"<{text}>")


def format_value(value: object) -> str:
    if isinstance(value, Duration):
        count = value.in_whole_units()
        return f"{count.number} {({Unit.SECOND: 'Sekunden', Unit.MINUTE: 'Minuten'})[count.unit]}"
    return str(value)


class Database:
    """The conversations' database as two runs of the program see it, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, extra: dict[str, Any]) -> None:
        """Keep a conversation of one answer, with these values of it."""
        self.keep_record(MessageRecord("a", None, "assistant", "failed", 1.0, extra=extra))

    def keep_record(self, record: MessageRecord) -> None:
        database = HistoryDatabase(self.path)
        database.save_conversation(ConversationRecord("c", "t", 1.0, 1.0))
        database.save_message("c", record)
        database.close()

    def keep_error(self, error: ProviderError | SavedFailureError) -> None:
        answer = ChatMessage(Role.ASSISTANT, status=AnswerStatus.FAILED, error=error, facts=AnswerFacts("model/x"))
        self.keep_record(to_record(answer, shown=True))

    def load(self) -> ConversationRecord:
        database = HistoryDatabase(self.path)
        record = database.load("c")
        database.close()
        assert record is not None
        return record

    def load_error(self) -> ProviderError | SavedFailureError:
        (message,) = to_conversation(self.load()).path()
        assert message.error is not None
        return message.error


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "conversations.db")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_the_same_after_a_restart(database: Database, cls: type[ProviderError]) -> None:
    params = {
        "provider": "OpenRouter",
        "model": "x/y",
        "time": Duration(90.0),
        "count": 3,
        "share": 0.5,
        "reasons": "a",
    }
    why = Availability(
        "moon_phase", False, ("x/y",), ("z/y",), ("Acme",), ("whim",), "max_price", "No.", 30.0, "https://a"
    )
    error = cls("openrouter", status=418, detail="A teapot.", retry_after=30.0, params=params, availability=why)
    described = error.describe()
    database.keep_error(error)
    loaded = database.load_error()
    assert isinstance(loaded, ProviderError)
    assert type(loaded) is cls
    assert loaded.describe() == described
    assert (loaded.provider, loaded.status, loaded.detail, loaded.retry_after) == ("openrouter", 418, "A teapot.", 30.0)
    assert loaded.availability == why
    assert (loaded.remedy, loaded.params, str(loaded)) == (error.remedy, error.params, str(error))


def test_a_loaded_error_is_told_in_another_language(database: Database) -> None:
    database.keep_error(RateLimited("openrouter", retry_after=300.0, params={"provider": "OpenRouter"}))
    loaded = database.load_error()
    assert isinstance(loaded, RateLimited)
    text = loaded.describe(translate, format_value)
    assert text.what == "OpenRouter bittet um eine Pause."
    assert text.advice == "Warten Sie 5 Minuten, oder wählen Sie ein anderes Modell."
    assert loaded.remedy is Remedy.WAIT


def test_what_fills_the_placeholders_survives(database: Database) -> None:
    inner = translation.FilledText(QT_TRANSLATE_NOOP("Tests", "below {limit}"), {"limit": 12.5, "for": Duration(7)})
    values = {
        "duration": Duration(0.25),
        "count": Count(3, Unit.CHARACTER),
        "whole": 7,
        "fraction": 1.5,
        "yes": True,
        "nothing": None,
        "day": date(2026, 2, 28),
        "message": inner,
        "several": ("a", 2, Duration(3.0)),
    }
    error = StreamStalled("openrouter")
    error.params.update(values, title=QT_TRANSLATE_NOOP("Tests", "Your own server"))
    # As it is on the disk: a value that only looks the same in memory would not do.
    loaded = from_failure_record(json.loads(json.dumps(to_failure_record(error), allow_nan=False)))
    assert isinstance(loaded, StreamStalled)
    assert {name: loaded.params[name] for name in values} == values
    assert isinstance(loaded.params["whole"], int)
    kept = loaded.params["message"]
    assert isinstance(kept, translation.FilledText)
    assert kept.text.context == "Tests"


def test_the_reason_that_an_error_has_of_its_own_survives(database: Database) -> None:
    error = InvalidResponse("openrouter", reason=InvalidResponse.why_no_rows)
    database.keep_error(error)
    loaded = database.load_error()
    assert isinstance(loaded, InvalidResponse)
    assert loaded.describe().why == "Its list of models is empty."
    assert loaded.reason.context == "ProviderError"


OLD = {"what": "It failed.", "why": "So it did.", "advice": "Do something.", "remedy": "add_credit"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="of an earlier version"),
        pytest.param({"error": "SunEclipsed", "params": {}}, id="of a class that is not known"),
        pytest.param({"error": "ErrorText", "params": {}}, id="of a name that is no error"),
        pytest.param({"error": 5, "params": []}, id="of no class"),
        pytest.param({"error": "RateLimited", "params": {"wait": {"weeks": 3}}}, id="with an unknown value"),
        pytest.param({"error": "RateLimited", "params": {"wait": {"seconds": 1e300}}}, id="with a long wait"),
        pytest.param({"error": "RateLimited", "params": {}, "retry_after": 1e300}, id="with a late retry"),
        pytest.param({"error": "RateLimited", "params": {"count": 10**400}}, id="with a large number"),
        pytest.param({"error": "RateLimited", "params": {"count": math.inf}}, id="with infinity"),
        pytest.param({"error": "RateLimited", "params": {"count": math.nan}}, id="with what is no number"),
        pytest.param({"error": "RateLimited", "params": {"day": {"date": "today"}}}, id="with no date"),
        pytest.param(
            {"error": "RateLimited", "params": {"a": {"number": 3, "unit": "moon"}}}, id="with an unknown unit"
        ),
        pytest.param({"error": "RateLimited", "params": {"a": [[[[[[]]]]]]}}, id="with deep lists"),
        pytest.param(
            {"error": "RateLimited", "params": {"a": {"message": {"seconds": 1}, "values": {}}}}, id="without a text"
        ),
    ],
)
def test_a_record_without_a_readable_error_is_told_in_its_own_words(database: Database, more: dict[str, Any]) -> None:
    database.keep({"facts": {"asked_model": "m"}, "failure": {**OLD, **more}})
    loaded = database.load_error()
    assert isinstance(loaded, SavedFailureError)
    assert loaded.text == ErrorText("It failed.", "So it did.", "Do something.")
    assert loaded.remedy is Remedy.ADD_CREDIT
    database.keep_error(loaded)
    again = database.load_error()
    assert isinstance(again, SavedFailureError)
    assert (again.text, again.remedy) == (loaded.text, loaded.remedy)


@pytest.mark.parametrize("value", [None, "words", 5, []])
def test_no_record_is_no_error(value: object) -> None:
    assert from_failure_record(value) is None


def test_an_earlier_version_finds_the_words_where_it_looks_for_them() -> None:
    record = to_failure_record(AuthenticationFailed("openrouter", params={"provider": "OpenRouter"}))
    assert record["what"] == "OpenRouter did not accept the API key."
    assert record["why"] == "The key is wrong, disabled or expired."
    assert record["advice"].startswith("Check the key")
    assert record["remedy"] == "check_key"


def test_a_key_is_not_kept_with_an_error() -> None:
    key = "sk-or-v1-" + "5f" * 32
    error = RateLimited("openrouter", detail=f"the key {key} waits", params={"host": key}, secrets=(key,))
    assert key not in json.dumps(to_failure_record(error))


# --- the export


def exported(error: ProviderError | SavedFailureError | None = None, title: str = "") -> str:
    """Return the Markdown, in German, of a conversation with an attachment, a tool call and an error."""
    extra = {
        "attachments": [{"name": "notes.txt", "media_type": "text/plain", "content": "", "size": 0}],
    }
    answer = {"tool_calls": [{"name": "search", "arguments": "{}"}]}
    if error is not None:
        answer["failure"] = to_failure_record(error)  # type: ignore[assignment]
    messages = [
        MessageRecord("q", None, "user", "complete", 1.0, "Hello", extra=extra),
        MessageRecord("a", "q", "assistant", "failed", 2.0, extra=answer),
    ]
    record = ConversationRecord("c", title, 1.0, 1.0, {}, messages)
    return "".join(markdown_parts(record, translate, format_value))


def test_the_markdown_is_in_the_user_s_language() -> None:
    error = RateLimited("openrouter", params={"provider": "OpenRouter"})
    assert exported(error) == (
        "# Gespräch\n\n## Sie\n\n*Datei: notes.txt*\n\nHello\n\n## Assistent\n\n"
        "Werkzeugaufruf: search\n\n```json\n{}\n```\n\n*OpenRouter bittet um eine Pause.*\n"
    )


def test_words_of_an_earlier_run_are_exported_as_they_are() -> None:
    text = exported(SavedFailureError(ErrorText("It failed.", "So it did.", ""), Remedy.RETRY), "A title")
    assert text.startswith("# A title\n")
    assert text.endswith("\n\n*It failed.*\n")


def test_the_export_for_programs_stays_as_it_was() -> None:
    conversation = Conversation()
    question = ChatMessage(Role.USER, ["Hello"])
    conversation.add(question, None)
    record = ConversationRecord(conversation.id, "t", 1.0, 1.0, {}, [to_record(question, shown=True)])
    assert json.loads("".join(json_parts(record)))["messages"][0]["text"] == "Hello"
