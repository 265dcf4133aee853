"""The words for what can go wrong."""

from __future__ import annotations

import re

import pytest

from caal_desktop.llm.translation import Duration
from caal_desktop.storage import errors
from caal_desktop.storage.keyring.backend import UNKNOWN_STORE
from caal_desktop.storage.settings.store import NOTICE_TEXTS, SettingsNotice, SettingsNoticeKind
from tests.support.error_trees import all_templates

CLASSES = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.StorageError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_each_error_says_what_why_and_what_to_do(error: type[errors.StorageError]) -> None:
    text = error().describe()
    for sentence in (text.what, text.why, text.advice):
        assert sentence.endswith(".")
        assert "{" not in sentence, "a value that is not known leaves an ellipsis"
        assert "!" not in sentence
    assert {error.what, error.why, error.advice} <= all_templates(errors.StorageError)


def test_every_notice_about_the_settings_has_a_text() -> None:
    assert set(NOTICE_TEXTS) == set(SettingsNoticeKind)
    assert all(str(SettingsNotice(kind)).endswith(".") for kind in SettingsNoticeKind)


def test_texts_are_translated_before_they_are_filled() -> None:
    error = errors.FolderUnusable(folder="/a/{reason}/b", reason="no room")
    text = error.describe(lambda template: template.replace("The folder {folder}", "Der Ordner {folder} {unbekannt}"))
    assert text.what == "Der Ordner /a/{reason}/b … cannot be used."
    assert text.why == "The system says: no room."
    assert str(error) == "The folder /a/{reason}/b cannot be used. The system says: no room."


def test_what_fills_a_text_is_translated_too() -> None:
    """The name of a store that is not known, and how long it was waited for."""
    error = errors.KeyringTimedOut(store=UNKNOWN_STORE, duration=Duration(10.0))
    assert error.describe().what == "The system's keyring did not answer within 10 seconds."
    german = {
        UNKNOWN_STORE: "Der Schlüsselbund des Systems",
        error.what: "{store} hat {duration} lang nicht geantwortet.",
    }
    text = error.describe(lambda template: german.get(template, template), lambda _duration: "10 Sekunden")
    assert text.what == "Der Schlüsselbund des Systems hat 10 Sekunden lang nicht geantwortet."


def test_the_tree_in_the_documentation_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"(?:├──|└──|^ {4})\s?([A-Z]\w+)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(error.__name__ for error in CLASSES)
