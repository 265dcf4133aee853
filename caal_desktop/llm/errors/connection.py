"""The errors of requests without an answer: what the provider was given, and the connection to the server.

Import them from :mod:`caal_desktop.llm.errors`, which shows the whole tree.
"""

# The names say what happened; the suffix "Error" would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from caal_desktop.llm.errors.base import THE_SERVER, ProviderError, Remedy
from caal_desktop.llm.errors.text import ErrorTemplate
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText


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
    advice = QT_TRANSLATE_NOOP("ProviderError", "Correct the address in the provider's settings.")
    advice_unencrypted: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Begin the address with https:// if the server offers that. Name a server of your own network by its IP "
        "address or by its whole name, such as “server.local”.",
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
        if self.reason == self.why_unencrypted:
            template = replace(template, advice=self.advice_unencrypted)
        is_named = self.params["provider"] != THE_SERVER
        return template if is_named else replace(template, what=self.what_without_name)


class NotOffered(ConfigurationError):
    """Only some providers can do what was asked for, and this one cannot."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} does not offer this.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Only some providers do.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Use another provider where you need it.")


class SDKUnusable(ConfigurationError):
    """The package that speaks with every server is missing, or cannot be imported."""

    what = QT_TRANSLATE_NOOP("ProviderError", "This installation cannot reach any provider.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "The Python package “openai”, which every request needs, is missing or damaged."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Install the program again, then try once more.")
    remedy = Remedy.RETRY


class NetworkSettingsInvalid(ConfigurationError):
    """The machine's certificate or proxy settings stop every connection."""

    what = QT_TRANSLATE_NOOP("ProviderError", "No connection can be prepared.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "This computer's certificate or proxy settings name something that cannot be used."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Correct the environment variables SSL_CERT_FILE, SSL_CERT_DIR or HTTPS_PROXY, then try again."
    )
    why_variable: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The environment variable {variable} names “{file}”, which is not a readable file of certificates.",
    )
    remedy = Remedy.NETWORK_SETTINGS


class CertificateFileUnusable(NetworkSettingsInvalid):
    """The file of certificate authorities that the settings name cannot be used."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate file of the settings cannot be used.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The network settings name a file that holds no usable certificates.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Name another file in the network settings, or none.")
    why_missing: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The network settings name “{file}”, and there is no such file."
    )
    why_too_large: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The network settings name “{file}”, which is too large for a file of certificates."
    )
    why_no_certificates: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The network settings name “{file}”, which holds no certificates in PEM form."
    )
    why_unreadable: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The network settings name “{file}”, which cannot be read."
    )


class ConnectionFailed(ProviderError):
    """The server was not reached."""

    what = QT_TRANSLATE_NOOP("ProviderError", "{provider} could not be reached.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The connection could not be made.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Check the internet connection and try again.")
    transient = True


class NameResolutionFailed(ConnectionFailed):
    """The host's name has no address: the computer is offline, or the name is mistyped."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The name of {provider} could not be looked up.")
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
    """The TLS handshake failed; a subclass says why where that is known.

    ``params["issuer"]`` names the certificate's issuer where it is known.
    """

    what = QT_TRANSLATE_NOOP("ProviderError", "The connection to {provider} is not trustworthy.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was not accepted: a company proxy or security software may be reading along, "
        "or this computer's clock is wrong.",
    )
    why_named: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was issued by “{issuer}”, which this computer does not trust: a company proxy or security "
        "software may be reading along.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Check date and time first. In a company network, ask for its certificate authority's file and name it in "
        "the network settings.",
    )
    why_no_tls: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "No encrypted connection could be made: the server may not speak https, or something on the way interferes.",
    )
    advice_no_tls: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "If the server is yours, check whether its address begins with http:// or https://; otherwise try another "
        "network.",
    )
    remedy = Remedy.NETWORK_SETTINGS
    transient = False

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason names the issuer where it is known."""
        template = super().template()
        if self.reason == self.why_no_tls:
            return replace(template, advice=self.advice_no_tls)
        return replace(template, why=self.why_named) if self.params.get("issuer") else template


class CertificateForAnotherHost(CertificateRejected):
    """The certificate is for other hosts; ``params["names"]`` has these where they are known."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The server that answered is not {host}.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate is for another name: the address may be mistyped, or a Wi-Fi sign-in page or a company filter "
        "answers in its place.",
    )
    why_names: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate is for another name ({names}): the address may be mistyped, or a Wi-Fi sign-in page or a "
        "company filter answers in its place.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Check the server's address. In a public network, open any website in the browser and sign in if it asks.",
    )
    remedy = Remedy.PROVIDER_SETTINGS

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason tells the certificate's names where they are known."""
        template = super().template()
        return replace(template, why=self.why_names if self.params.get("names") else self.why)


class CertificateExpired(CertificateRejected):
    """The certificate, or one above it, is too old, unless the computer's clock is fast."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate of {provider} has expired.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "The server's operator has not renewed it in time, or this computer's clock is wrong."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError", "Check this computer's date and time. If they are right, the server's operator can help."
    )
    remedy = Remedy.RETRY


class CertificateFileExpired(CertificateExpired):
    """The authority that has expired is the one of the settings' own file."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate file of the settings has expired.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The certificates in the file that the network settings name have expired, or this computer's clock is wrong.",
    )
    why_file: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The certificates in “{file}”, which the network settings name, have expired, or this computer's clock is "
        "wrong.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Check this computer's date and time. If they are right, ask the network's owner for the new file and name it "
        "in the network settings.",
    )
    remedy = Remedy.NETWORK_SETTINGS

    def template(self) -> ErrorTemplate:
        """Return the templates; the reason names the file where it is known."""
        template = super().template()
        return replace(template, why=self.why_file) if self.params.get("file") else template


class CertificateNotYetValid(CertificateRejected):
    """The certificate is of the future: most likely the computer's clock is slow."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate of {provider} is not valid yet.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError", "It is valid from a later time on. Most likely this computer's clock is wrong."
    )
    advice = QT_TRANSLATE_NOOP("ProviderError", "Set this computer's date and time, then try again.")
    remedy = Remedy.RETRY


class CertificateIssuerUnknown(CertificateRejected):
    """Nobody who is trusted vouches for the certificate.

    ``params`` name what should have: ``file``, of the settings, or the environment's ``variable``; neither for the
    system alone.
    """

    what = QT_TRANSLATE_NOOP("ProviderError", "It cannot be confirmed that this is {provider}.")
    why = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was issued by somebody whom this computer does not trust: a company proxy or security "
        "software may be reading along.",
    )
    why_self_signed: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The server has issued its certificate itself, as servers at home often do. Anybody on the way could have done "
        "that, too.",
    )
    why_file: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The certificate file “{file}” of the network settings does not vouch for its certificate."
    )
    why_file_named: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was issued by “{issuer}”. The certificate file “{file}” of the network settings does not "
        "vouch for it.",
    )
    why_variable: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The certificates that the environment variable {variable} names do not vouch for its own."
    )
    why_variable_named: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Its certificate was issued by “{issuer}”. The certificates that the environment variable {variable} names do "
        "not vouch for it.",
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "In a company network, ask for its certificate authority's file and name it in the network settings. The same "
        "helps with a server of your own.",
    )
    advice_file: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Check whether the file is the one for this network and this server, and name the right one in the network "
        "settings.",
    )
    advice_variable: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Correct the environment variable {variable}, or name the file of the server's certificate authority in the "
        "network settings.",
    )
    remedy = Remedy.NETWORK_SETTINGS

    def template(self) -> ErrorTemplate:
        """Return the templates that name what should have vouched, and the issuer where it is known."""
        template, is_named = super().template(), bool(self.params.get("issuer"))
        if self.params.get("file"):
            why = self.why_file_named if is_named else self.why_file
            return replace(template, why=why, advice=self.advice_file)
        if self.reason:
            return replace(template, why=self.reason)
        if self.params.get("variable"):
            why = self.why_variable_named if is_named else self.why_variable
            return replace(template, why=why, advice=self.advice_variable)
        return template


class CertificateRevoked(CertificateRejected):
    """The certificate's issuer has withdrawn it."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate of {provider} was withdrawn.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Whoever issued it no longer vouches for it; perhaps its key was stolen.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "Send nothing to this server until its operator has a new certificate.")
    remedy = Remedy.RETRY


class CertificateTooWeak(CertificateRejected):
    """The certificate's key or signature is of a kind that can be forged."""

    what = QT_TRANSLATE_NOOP("ProviderError", "The certificate of {provider} is too weak.")
    why = QT_TRANSLATE_NOOP("ProviderError", "Its key or its signature is of a kind that others can forge.")
    advice = QT_TRANSLATE_NOOP("ProviderError", "The server's operator can help, with a certificate of today's kind.")
    remedy = Remedy.RETRY


class ProxyCertificateRejected(CertificateRejected):
    """The certificate of the network's proxy was refused, not the server's.

    ``params["proxy"]`` says which proxy; ``issuer`` and ``names`` tell of its certificate what is known.
    """

    what = QT_TRANSLATE_NOOP("ProviderError", "The connection to the network's proxy is not trustworthy.")
    why = QT_TRANSLATE_NOOP("ProviderError", "The proxy's own certificate was not accepted.")
    why_refused: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The certificate of the proxy {proxy} was not accepted."
    )
    why_unknown: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError",
        "The certificate of the proxy {proxy} was issued by “{issuer}”, which this computer does not trust.",
    )
    why_names: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The certificate of the proxy {proxy} is for another name ({names})."
    )
    why_time: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "The certificate of the proxy {proxy} is not valid today, or this computer's clock is wrong."
    )
    why_no_tls: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "No encrypted connection to the proxy {proxy} could be made: it may not speak https."
    )
    advice = QT_TRANSLATE_NOOP(
        "ProviderError",
        "Ask the network's owner for the file of the proxy's certificate authority and name it in the network "
        "settings.",
    )
    advice_names: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Check the proxy's address in the network settings."
    )
    advice_time: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Check this computer's date and time. If they are right, the network's owner can help."
    )
    advice_no_tls: ClassVar[SourceText] = QT_TRANSLATE_NOOP(
        "ProviderError", "Check whether the proxy's address begins with http:// or https://."
    )

    @classmethod
    def why_of(cls, cause: type[ProviderError]) -> SourceText:
        """Return the reason for a cause that has a class of its own where a server's certificate is refused."""
        if issubclass(cause, CertificateExpired | CertificateNotYetValid):
            return cls.why_time
        if issubclass(cause, CertificateForAnotherHost):
            return cls.why_names
        return cls.why_unknown if issubclass(cause, CertificateIssuerUnknown) else cls.why_refused

    def template(self) -> ErrorTemplate:
        """Return the templates that fit the reason, as far as its facts are known."""
        needed = {self.why_unknown: "issuer", self.why_names: "names"}.get(self.reason)
        why = self.why_refused if needed is not None and not self.params.get(needed) else self.reason or self.why
        advice = {
            self.why_names: self.advice_names,
            self.why_time: self.advice_time,
            self.why_no_tls: self.advice_no_tls,
        }.get(self.reason, self.advice)
        return ErrorTemplate(self.what, why, advice)


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
