"""The error tree's branches for requests that a server answered, badly or with a refusal."""

# The names say what happened, as an interface shows it; "Error" at the end of each would say nothing more.
# ruff: noqa: N818

from __future__ import annotations

from typing import ClassVar

from caal_desktop.llm.errors.base import ProviderError, Remedy
from caal_desktop.llm.errors.text import ErrorText


class AuthenticationFailed(ProviderError):
    """401. ``params["sent_no_key"]`` tells that there was no key to be wrong."""

    what = "{provider} did not accept the API key."
    why = "The key is wrong, disabled or expired."
    advice = "Check the key, or create a new one and enter it."
    what_without_key: ClassVar[str] = "{provider} asks for an API key."
    why_without_key: ClassVar[str] = "The request was sent without one."
    advice_without_key: ClassVar[str] = "Enter a key for this server."
    remedy = Remedy.CHECK_KEY

    def templates(self) -> ErrorText:
        """Return the templates; a key that was not sent is not called wrong."""
        if not self.params.get("sent_no_key"):
            return super().templates()
        return ErrorText(self.what_without_key, self.why_without_key, self.advice_without_key)


class ManagementKeyRejected(AuthenticationFailed):
    """A key that administers other keys."""

    what = "This is a management key, which cannot chat."
    why = "{provider} keeps keys that manage an account apart from keys that talk to models."
    advice = "Create an ordinary API key and enter that one."


class InsufficientCredit(ProviderError):
    """402, or the key's own limit."""

    what = "The credit does not cover this request."
    why = "The account's credit or the key's own limit at {provider} is too small for the longest answer allowed."
    advice = "Add credit, raise the key's limit, or lower the maximum answer length."
    remedy = Remedy.ADD_CREDIT


class PermissionRefused(ProviderError):
    """403. The key itself is fine."""

    what = "{provider} does not allow this request."
    why = "The key is valid, but this is not permitted for it."
    advice = "Choose another model, or look at the account's permissions."
    remedy = Remedy.CHOOSE_MODEL


class ModerationRefused(PermissionRefused):
    """403 with moderation reasons. ``params["reasons"]`` is their list in one line."""

    what = "The message was flagged by moderation."
    why = "The model's provider named these reasons: {reasons}."
    advice = "Word the message differently, or choose a model without moderation."
    remedy = Remedy.SHORTEN


class ModelNotFound(ProviderError):
    """404: no such model."""

    what = "{provider} has no model called “{model}”."
    why = "It may have been renamed or withdrawn, or its name is mistyped."
    advice = "Choose another model."
    remedy = Remedy.CHOOSE_MODEL


class NoProviderAllowed(ProviderError):
    """404: the privacy or provider settings leave nobody who could answer."""

    what = "Your privacy settings leave no provider for “{model}”."
    why = "Every provider that hosts this model is excluded by the data policy or the list of allowed providers."
    advice = "Loosen the privacy settings, or choose another model."
    remedy = Remedy.PRIVACY_SETTINGS


class CapabilityNotOffered(ProviderError):
    """404: the model exists, but nobody offers it with what the request needs."""

    what = "“{model}” cannot do what this request needs."
    why = "No provider of this model supports a part of the request, such as tools."
    advice = "Choose a model that supports it."
    remedy = Remedy.CHOOSE_MODEL


class EndpointNotFound(ProviderError):
    """404 or 405 for the path itself."""

    what = "The address of {provider} does not speak the expected language."
    why = "A server answered there, but it has no such function; often the address lacks “/v1” at its end."
    advice = "Correct the server's address in the provider's settings."
    remedy = Remedy.PROVIDER_SETTINGS


class RequestTimedOut(ProviderError):
    """408, 504, 524, or no answer within the read timeout."""

    what = "{provider} took too long to answer."
    why = "The model or its provider did not begin in time."
    advice = "Try again, or choose a faster model."
    transient = True


class RequestTooLarge(ProviderError):
    """413, or 400 for a conversation beyond the model's context length."""

    what = "The conversation is too long for “{model}”."
    why = "Messages and answer together exceed what the model or the server can take."
    advice = "Start a new conversation, shorten the message, or choose a model with a longer context."
    remedy = Remedy.SHORTEN


class UnprocessableRequest(ProviderError):
    """422."""

    what = "{provider} could not work with the message."
    why = "The request was understood, but its content cannot be processed by this model."
    advice = "Shorten or change the message, or choose another model."
    remedy = Remedy.SHORTEN


def _duration(seconds: float) -> str:
    """Return seconds in words short enough for a button, with unit symbols that need no translation."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


class RateLimited(ProviderError):
    """429. ``retry_after`` tells how long, where the server does."""

    what = "{provider} asks for a pause."
    why = "Too many requests came in a short time, or the model's provider is at its limit."
    advice = "Wait a moment and try again, or choose another model."
    advice_with_wait: ClassVar[str] = "Wait {wait} and try again, or choose another model."
    remedy = Remedy.WAIT
    transient = True

    def templates(self) -> ErrorText:
        """Return the templates; the advice names the wait where it is known."""
        if self.retry_after is None:
            return super().templates()
        self.params["wait"] = _duration(self.retry_after)
        return ErrorText(self.what, self.why, self.advice_with_wait)


class DailyLimitReached(RateLimited):
    """429: the free models' daily number of requests is used up."""

    what = "Today's free requests are used up."
    why = "{provider} allows a number of requests to free models each day."
    advice = "Come back tomorrow, add credit for a higher limit, or choose a paid model."
    advice_with_wait: ClassVar[str] = "Come back in {wait}, add credit for a higher limit, or choose a paid model."
    transient = False


class ProviderUnavailable(ProviderError):
    """502, 503, 529. ``params["provider_name"]`` is the hosting provider, where OpenRouter names it."""

    what = "The model is not available at the moment."
    why = "The servers that run it are down or overloaded."
    why_named: ClassVar[str] = "{provider_name}, which runs it, is down or overloaded."
    advice = "Try again in a moment, or choose another model."
    transient = True

    def templates(self) -> ErrorText:
        """Return the templates; the reason names the hosting provider where it is known."""
        return ErrorText(self.what, self.why_named if self.params.get("provider_name") else self.why, self.advice)


class ServerFailed(ProviderError):
    """500 and other 5xx."""

    what = "{provider} had an error of its own."
    why = "The fault is on the server's side; your message and settings are fine."
    advice = "Try again in a moment, or choose another model."


class BadRequest(ProviderError):
    """400 and other 4xx."""

    what = "“{model}” did not accept the request."
    why = "A parameter does not suit this model."
    advice = "Go back to the model's default parameters, or choose another model."
    remedy = Remedy.DEFAULT_PARAMETERS


class InvalidResponse(ProviderError):
    """An answer that cannot be read."""

    what = "The answer of {provider} could not be read."
    why = "It was damaged on the way, or the server does not speak the expected language."
    advice = "Try again; if it happens again, check the server's address or choose another model."


class EmptyAnswer(ProviderError):
    """A complete answer without any text."""

    what = "“{model}” answered without saying anything."
    why = "It may have spent its whole answer length on thinking, or had nothing to add."
    advice = "Ask again, allow a longer answer, or choose another model."


class StreamInterrupted(ProviderError):
    """The answer broke off: the connection ended without a finish reason and without the end mark."""

    what = "The answer broke off."
    why = "The connection to {provider} ended before the answer was complete."
    advice = "What came so far is kept. Ask again for the rest."


class StreamStalled(ProviderError):
    """The answer went silent for longer than the read timeout."""

    what = "The answer stopped coming."
    why = "{provider} has sent nothing more for {seconds} seconds."
    advice = "What came so far is kept. Try again, or choose another model."
