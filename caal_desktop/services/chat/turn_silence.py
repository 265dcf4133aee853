"""How long a voice assistant would have been silent, had an answer of the chat been its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.silence import silence_of_turn

if TYPE_CHECKING:
    from caal_desktop.services.chat.conversation import AnswerFacts

CHARACTERS_PER_TOKEN = 4
"""Of English text; other languages have fewer, so that their tokens seem to come slower than they do."""


def turn_silence(facts: AnswerFacts, characters: int) -> float | None:
    """Return the silence in seconds.

    Args:
        facts: of an answer that came whole.
        characters: how long its text is: where the server does not tell the number of its tokens, it is estimated.

    Returns:
        None where nothing was written, the figures are no turn's, or the request had to be sent again after a pause.
    """
    if facts.first_token_s is None or facts.last_token_s is None or facts.was_repeated:
        return None
    tokens = _told_tokens(facts) or characters / CHARACTERS_PER_TOKEN
    return silence_of_turn(facts.first_token_s, facts.last_token_s - facts.first_token_s, tokens)


def _told_tokens(facts: AnswerFacts) -> int | None:
    """Return the number of the text's tokens; None where it is not told apart from those of its thinking."""
    usage = facts.usage
    if usage is None or usage.completion_tokens is None:
        return None
    if usage.reasoning_tokens is None and facts.reasoning_s is not None:
        return None
    return max(0, usage.completion_tokens - (usage.reasoning_tokens or 0))
