"""The errors of requests that a server answered. Import them from :mod:`caal_desktop.llm.errors`."""

# The names say what happened; the suffix "Error" would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from caal_desktop.llm.errors.base import ProviderError, Remedy
from caal_desktop.llm.errors.text import ErrorTemplate
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText


class AuthenticationFailed(ProviderError):
    """401. ``params["sent_no_key"]`` is true where the request was sent without a key."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} did not accept the API key.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The key is wrong, disabled or expired.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Check the key, or create a new one and enter it.")
    what_without_key: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "{provider} asks for an API key.")
    why_without_key: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "The request was sent without one.")
    advice_without_key: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "Enter a key for this server.")
    remedy = Remedy.CHECK_KEY

    def template(self) -> ErrorTemplate:
        """Return the templates; those of a request without a key do not call the key wrong."""
        if not self.params.get("sent_no_key"):
            return super().template()
        return ErrorTemplate(self.what_without_key, self.why_without_key, self.advice_without_key)


class ManagementKeyRejected(AuthenticationFailed):
    """401 or 403: the key is one that manages an account."""

    what = QT_TRANSLATE_NOOP("ProviderError", "This is a management key, which cannot chat.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "{provider} keeps keys that manage an account apart from keys that talk to models."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Create an ordinary API key and enter that one.")


class InsufficientCredit(ProviderError):
    """402, or 403 or 429 because of the key's own limit. ``retry_after`` has the seconds until that starts anew."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The credit does not cover this request.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The account's credit or the key's own limit at {provider} is too small for the longest answer allowed.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Add credit, raise the key's limit, or lower the maximum answer length."
    )
    advice_with_wait: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Add credit, raise the key's limit, or wait {wait} for it to start anew."
    )
    remedy = Remedy.ADD_CREDIT

    def template(self) -> ErrorTemplate:
        """Return the templates; the advice names the wait where it is known."""
        template = super().template()
        return template if self.retry_after is None else replace(template, advice=self.advice_with_wait)


class PermissionRefused(ProviderError):
    """403: the key is valid, but the request is not permitted."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} does not allow this request.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The key is valid, but this is not permitted for it.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose another model, or look at the account's permissions.")
    remedy = Remedy.CHOOSE_MODEL


class ModerationRefused(PermissionRefused):
    """403 for what was written; ``params["reasons"]`` lists the reasons as a tuple of texts, which may be empty."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The message was flagged by moderation.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The model's provider named these reasons: {reasons}.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Word the message differently, or choose a model without moderation.")
    why_unnamed: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The model's provider does not answer such messages, and named no reason."
    )
    remedy = Remedy.SHORTEN

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason says where none was named."""
        template = super().template()
        return template if self.params.get("reasons") else replace(template, why=self.why_unnamed)


class RegionRefused(PermissionRefused):
    """403: the model is not offered where the user is."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” is not offered in your region.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Its hosts do not take requests from where you are.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose another model.")


class ModelNotFound(ProviderError):
    """404: there is no such model."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} has no model called “{model}”.")
    why = QT_TRANSLATE_NOOP("ProviderError", "It may have been renamed or withdrawn, or its name is mistyped.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose another model.")
    why_no_author: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Names of models have the form “author/model” there."
    )
    remedy = Remedy.CHOOSE_MODEL


class NotHosted(ModelNotFound):
    """404: the model is known, and nobody runs it now."""

    what = QT_TRANSLATE_NOOP("ProviderError", "Nobody offers “{model}” at the moment.")
    why = QT_TRANSLATE_NOOP("ProviderError", "{provider} knows the model, but has no host that runs it now.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose another model, or try again later.")


class ModelEnded(ModelNotFound):
    """404: the model was offered once."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” is no longer offered.")
    why = QT_TRANSLATE_NOOP("ProviderError", "It was retired, as models are when newer ones take their place.")
    why_removed: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "The hosts that ran it have removed it.")


class FreeVariantEnded(ModelEnded):
    """404: the model goes on, at a price."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” is no longer free.")
    why = QT_TRANSLATE_NOOP("ProviderError", "{provider} has ended the free variant of this model.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Use the model at its price, or choose another free one.")


class NoProviderAllowed(ProviderError):
    """404: the account's privacy or provider settings exclude every host of the model."""

    what = QT_TRANSLATE_NOOP("ProviderError", "Your privacy settings leave no provider for “{model}”.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Every provider that hosts this model is excluded by the data policy or the list of allowed providers.",
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Loosen the privacy settings, or choose another model.")
    why_storing: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Your settings, here or at {provider}, allow only providers that store nothing, and none of these hosts this "
        "model.",
    )
    why_training: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Your settings, here or at {provider}, exclude providers that may train models on what is written, and no "
        "other hosts this model.",
    )
    why_region: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Your account at {provider} keeps requests within a region of the world, where nobody hosts this model.",
    )
    why_list: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Your list of allowed or ignored providers, here or at {provider}, leaves none that hosts it."
    )
    remedy = Remedy.PRIVACY_SETTINGS


class CapabilityNotOffered(ProviderError):
    """404: the model exists, but no host offers it with what the request needs."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” cannot do what this request needs.")
    why = QT_TRANSLATE_NOOP("ProviderError", "No provider of this model supports a part of the request, such as tools.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose a model that supports it.")
    remedy = Remedy.CHOOSE_MODEL


class NotAChatModel(CapabilityNotOffered):
    """400: the model answers other kinds of requests."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” cannot chat.")
    why = QT_TRANSLATE_NOOP("ProviderError", "It is made for other tasks, such as images, embeddings or batch jobs.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Choose a model that chats.")


class RequirementUnmet(CapabilityNotOffered):
    """404: no host meets a limit that was set."""

    what = QT_TRANSLATE_NOOP("ProviderError", "No host of “{model}” meets what is asked for.")
    why = QT_TRANSLATE_NOOP("ProviderError", "A limit, of the request or of your account, leaves out all of them.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Loosen that limit in your account, or choose another model.")
    why_price: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "All of them ask for more than the highest price that is allowed."
    )
    why_precision: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "None of them runs it with the precision (quantization) that is asked for."
    )


class EndpointNotFound(ProviderError):
    """404 or 405: the server does not have the path."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The address of {provider} does not speak the expected language.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "A server answered there, but it has no such function; often the address lacks “/v1” at its end.",
    )
    why_own_interface: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "A server answered there, but it is not {provider}; the host, the port or a path may be wrong."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Correct the server's address in the provider's settings.")
    remedy = Remedy.PROVIDER_SETTINGS


class RequestTimedOut(ProviderError):
    """408, 504, 524, or no answer within the read timeout."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} took too long to answer.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The model or its provider did not begin in time.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Try again, or choose a faster model.")
    transient = True


class RequestTooLarge(ProviderError):
    """413, or 400 for a conversation beyond the model's context length."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The conversation is too long for “{model}”.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "Messages and answer together exceed what the model or the server can take."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Start a new conversation, shorten the message, or choose a model with a longer context."
    )
    remedy = Remedy.SHORTEN


class UnprocessableRequest(ProviderError):
    """422: the content of the request cannot be processed."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} could not work with the message.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "The request was understood, but its content cannot be processed by this model."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Shorten or change the message, or choose another model.")
    remedy = Remedy.SHORTEN


class RateLimited(ProviderError):
    """429: too many requests. ``retry_after`` has the seconds to wait, where the server tells them."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} asks for a pause.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "Too many requests came in a short time, or the model's provider is at its limit."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Wait a moment and try again, or choose another model.")
    advice_with_wait: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Wait {wait} and try again, or choose another model."
    )
    remedy = Remedy.WAIT
    transient = True

    def template(self) -> ErrorTemplate:
        """Return the templates; the advice names the wait where it is known."""
        template = super().template()
        return template if self.retry_after is None else replace(template, advice=self.advice_with_wait)


class CapacityExhausted(RateLimited):
    """429: the hosts of the model are at their limit, whoever asks."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” is very busy at the moment.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "Its hosts take no more requests just now. That is no limit of your key at {provider}."
    )


class DailyLimitReached(RateLimited):
    """429: the free models' daily number of requests is used up."""

    what = QT_TRANSLATE_NOOP("ProviderError", "Today's free requests are used up.")
    why = QT_TRANSLATE_NOOP("ProviderError", "{provider} allows a number of requests to free models each day.")
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Come back tomorrow, add credit for a higher limit, or choose a paid model."
    )
    advice_with_wait: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Come back in {wait}, add credit for a higher limit, or choose a paid model."
    )
    transient = False


class ProviderUnavailable(ProviderError):
    """502, 503 or 529.

    ``params["provider_name"]`` is the hosting provider, where OpenRouter names it; ``params["hosts"]``, a tuple of
    texts, are those that were tried.
    """

    what = QT_TRANSLATE_NOOP("ProviderError", "The model is not available at the moment.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The servers that run it are down or overloaded.")
    why_named: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "{provider_name}, which runs it, is down or overloaded."
    )
    why_hosts: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Those that run it are down or overloaded: {hosts}."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Try again in a moment, or choose another model.")
    transient = True

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason names the hosting providers where they are known."""
        template = super().template()
        if self.params.get("hosts"):
            return replace(template, why=self.why_hosts)
        return replace(template, why=self.why_named) if self.params.get("provider_name") else template


class ServerFailed(ProviderError):
    """500 and other 5xx."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} had an error of its own.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The fault is on the server's side; your message and settings are fine.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Try again in a moment, or choose another model.")


class BadRequest(ProviderError):
    """400 and other 4xx."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” did not accept the request.")
    why = QT_TRANSLATE_NOOP("ProviderError", "A parameter does not suit this model.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Go back to the model's default parameters, or choose another model.")
    why_parameters: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "No host of this model takes all the parameters that were sent."
    )
    remedy = Remedy.DEFAULT_PARAMETERS


class InvalidResponse(ProviderError):
    """The answer cannot be read."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The answer of {provider} could not be read.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "It was damaged on the way, or the server does not speak the expected language."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Try again; if it happens again, check the server's address or choose another model."
    )
    why_empty: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "It is empty.")
    why_too_long: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "It is longer than any answer that this program reads."
    )
    why_not_json: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "It is not valid JSON. It was damaged on the way, or the server does not speak the expected language.",
    )
    why_plain_text: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "It is plain text, no answer of a model. Something on the way, such as a gateway or a proxy, may have answered "
        "in the server's place, or the server's address is wrong.",
    )
    why_no_object: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "It is no JSON object. The server may not speak the expected language."
    )
    why_no_message: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "It holds no message. The server may not speak the expected language."
    )
    why_no_models: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "It holds no list of models. The server may not speak the expected language."
    )
    why_no_rows: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "Its list of models is empty.")
    why_no_hosts: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "It holds no list of hosts. The server may not speak the expected language."
    )
    why_no_key: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "It holds no key.")
    why_garbled_call: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The model tried to use a tool, and wrote that in a form that cannot be read."
    )


class EmptyAnswer(ProviderError):
    """The answer is complete, and has no text."""

    what = QT_TRANSLATE_NOOP("ProviderError", "“{model}” answered without saying anything.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "It may have spent its whole answer length on thinking, or had nothing to add."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Ask again, allow a longer answer, or choose another model.")


class StreamInterrupted(ProviderError):
    """The answer broke off: the connection ended without a finish reason and without the end mark."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The answer broke off.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The connection to {provider} ended before the answer was complete.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "What came so far is kept. Ask again for the rest.")


class StreamStalled(ProviderError):
    """The answer went silent for longer than the read timeout."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The answer stopped coming.")
    why = QT_TRANSLATE_NOOP("ProviderError", "{provider} has sent nothing more for {time}.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "What came so far is kept. Try again, or choose another model.")
