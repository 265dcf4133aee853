"""The errors of requests without an answer: what the provider was given, and the connection to the server.

Import them from :mod:`caal_desktop.llm.errors`, which shows the whole tree.
"""

# The names say what happened; the suffix "Error" would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from caal_desktop.llm.errors.base import THE_SERVER, ProviderError, Remedy
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText

if TYPE_CHECKING:
    from caal_desktop.llm.errors.text import ErrorTemplate


class ConfigurationError(ProviderError, ValueError):
    """The provider cannot work with what it was given. Nothing was sent."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} is not set up completely.")
    why = QT_TRANSLATE_NOOP("ProviderError", "One of its settings cannot be used.")
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Look through the provider's settings and correct what the details name."
    )
    why_no_model: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "No model is chosen.")
    why_unknown: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "There is no provider called “{name}”. Known are {known}."
    )
    why_header: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The header “{header}” cannot be sent. {reason}"
    )
    why_closed: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The connection to it was closed before the request was made."
    )
    remedy = Remedy.PROVIDER_SETTINGS


class ApiKeyMissing(ConfigurationError):
    """No key was given to a provider that needs one."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} needs an API key.")
    why = QT_TRANSLATE_NOOP("ProviderError", "No key has been entered yet.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Enter your key, or create one on the provider's website.")
    remedy = Remedy.CHECK_KEY


class ApiKeyMalformed(ConfigurationError):
    """The key has characters that no key has."""

    what = QT_TRANSLATE_NOOP("ProviderError", "This cannot be an API key.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "It holds spaces, line breaks or letters that no key has, perhaps from copying."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Copy the key once more and paste it alone.")
    remedy = Remedy.CHECK_KEY


class AddressRefused(ConfigurationError):
    """The base URL cannot be used, or a key must not be sent to it."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The server address of {provider} cannot be used.")
    what_without_name: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "The server's address cannot be used.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Sending to this address would not be safe, or it is not an address.")
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Correct the address in the provider's settings; an address on the internet needs https."
    )
    why_empty: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "The address is empty.")
    why_no_url: ClassVar[SourceText] = QT_TRANSLATE_NOOP("ProviderError", "The address is not a valid URL.")
    why_no_host: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The address must begin with https:// or http:// and name a host."
    )
    why_credentials: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The address must not contain a user name or a password."
    )
    why_query: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The address must not contain blanks, “?” or “#”."
    )
    why_unencrypted: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "A key is sent over plain http only to this computer or a private network."
    )
    why_odd_spelling: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The address hides where it leads: write {host} instead."
    )
    why_fixed: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Only {address} or an address on this computer (127.0.0.1, ::1, localhost) is allowed."
    )

    def template(self) -> ErrorTemplate:
        """Return the templates; a server whose address names no host has no name either."""
        template = super().template()
        is_named = self.params["provider"] != THE_SERVER
        return template if is_named else replace(template, what=self.what_without_name)


class NotOffered(ConfigurationError):
    """Only some providers can do what was asked for, and this one cannot."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} does not offer this.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Only some providers do.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Use another provider where you need it.")


class NetworkSettingsInvalid(ConfigurationError):
    """The machine's certificate or proxy settings stop every connection."""

    what = QT_TRANSLATE_NOOP("ProviderError", "No connection can be prepared.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "This computer's certificate or proxy settings name something that cannot be used."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Correct the environment variables SSL_CERT_FILE, SSL_CERT_DIR or HTTPS_PROXY, then try again."
    )
    remedy = Remedy.NETWORK_SETTINGS


class ConnectionFailed(ProviderError):
    """The server was not reached."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} could not be reached.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The connection could not be made.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Check the internet connection and try again.")
    transient = True


class NameResolutionFailed(ConnectionFailed):
    """The host's name has no address: the computer is offline, or the name is mistyped."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The address of {provider} was not found.")
    why = QT_TRANSLATE_NOOP("ProviderError", "This computer seems to be offline, or the name {host} does not exist.")
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Check the internet connection and the server's address, then try again."
    )
    remedy = Remedy.NETWORK_SETTINGS


class ConnectionRefused(ConnectionFailed):
    """No server listens at the address."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} refused the connection.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Nothing is listening at {host}.")
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "If the server is yours, start it or correct its address; otherwise try again in a moment."
    )
    remedy = Remedy.PROVIDER_SETTINGS


class ConnectionDropped(ConnectionFailed):
    """The connection ended before an answer began."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} closed the connection without an answer.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The network or the server dropped it.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Try again.")


class CertificateRejected(ConnectionFailed):
    """The TLS handshake failed; ``params["issuer"]`` names the certificate's issuer where it is known."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The connection to {provider} is not trustworthy.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was not accepted: a company proxy or security software may be reading along, "
        "or this computer's clock is wrong.",
    )
    why_named: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was issued by “{issuer}”, which this computer does not trust: a company proxy or security "
        "software may be reading along, or this computer's clock is wrong.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Check date and time first. In a company network, ask for its certificate authority's file and name it in "
        "the network settings.",
    )
    remedy = Remedy.NETWORK_SETTINGS
    transient = False

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason names the issuer where it is known."""
        template = super().template()
        return replace(template, why=self.why_named) if self.params.get("issuer") else template


class ProxyAuthenticationRequired(ConnectionFailed):
    """A proxy asks for a user name and a password."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The network's proxy asks for a sign-in.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "A proxy stands between this computer and {provider}, and it did not accept the request."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Enter the proxy's user name and password in the network settings, or put them into HTTPS_PROXY.",
    )
    remedy = Remedy.NETWORK_SETTINGS
    transient = False


class CaptivePortalSuspected(ConnectionFailed):
    """Something other than the API answered: a web page or a redirect."""

    what = QT_TRANSLATE_NOOP("ProviderError", "A web page came instead of an answer from {provider}.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "A Wi-Fi sign-in page or a company filter may be answering in its place, or the server's address is wrong.",
    )
    why_redirect: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The answer was a redirect to another address. "
        "A Wi-Fi sign-in page or a company filter may be answering, or the server's address is wrong.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Open any website in the browser, sign in to the network if it asks, and try again."
    )
    remedy = Remedy.NETWORK_SETTINGS
    transient = False


class ConnectionTimedOut(ConnectionFailed):
    """No connection was made within the connect timeout."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The connection to {provider} took too long.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The network is slow or blocks the connection.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Check the internet connection and try again.")
    transient = False  # the user has already waited as long as is reasonable
