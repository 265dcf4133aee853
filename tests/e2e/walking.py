"""The steps of the first walk, by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.program import Program

QUESTION = "What is the capital of France?"


def to_key(program: Program) -> None:
    """From the welcome page to the key's."""
    program.wait_for("wizard.provider.openrouter", "focused", "checked")
    program.press("Return")
    program.wait_for("wizard.key.field.edit", "focused")


def give_key(program: Program, key: str) -> None:
    """Type a key; the program begins to check it by itself when it is whole."""
    program.wait_for("wizard.key.field.edit", "focused")
    program.type(key)
    # Bullets: what is seen of it is its length.
    program.wait_for("wizard.key.field.edit", text="\N{BULLET}" * len(key))


def to_model(program: Program, key: str) -> None:
    """Through the key's page, with a key that works."""
    give_key(program, key)
    program.wait_for("wizard.key.message.title", name="This key works")
    program.wait_for("wizard.next", "focused", "enabled")
    program.press("Return")
    program.wait_for("wizard.model")


def to_trial(program: Program) -> None:
    """Through the model's page, with the model that is recommended."""
    program.wait_for("wizard.next", "enabled")
    program.press("Return")
    program.wait_for("wizard.try.ask", "focused")


def to_done(program: Program) -> None:
    """Through the trial, with an answer."""
    program.wait_for("wizard.try.ask", "focused")
    program.press("Return")
    program.wait_for("wizard.next", "focused", "enabled")
    program.press("Return")
    program.wait_for("wizard.done")


def to_chat(program: Program) -> None:
    """From the last page to the main window."""
    program.wait_for("wizard.next", "enabled", name="Open the chat")
    program.press("Return")
    in_chat(program)


def in_chat(program: Program) -> None:
    """The main window is there, and what is typed goes into the composer."""
    program.wait_for("main")
    program.wait_for("chat.composer.edit", "focused")


def ask(program: Program) -> None:
    """Ask in the chat, in place of what was being written there."""
    in_chat(program)
    program.press("ctrl+a")
    program.type(QUESTION)
    # Not before the keyring has given the key.
    program.wait_for("chat.send", "enabled")
    program.press("Return")


def walk(program: Program, key: str) -> None:
    """All of it."""
    to_key(program)
    to_model(program, key)
    to_trial(program)
    to_done(program)
    to_chat(program)
