"""The errors of the provider layer, as one tree.

::

    ProviderError
    ├── ConfigurationError (also a ValueError)    the provider cannot work as it is set up; nothing was sent
    │   ├── ApiKeyMissing
    │   ├── ApiKeyMalformed                       line breaks, or characters that no key has
    │   ├── AddressRefused                        a base URL that is none, or that a key must not be sent to
    │   ├── NotOffered                            only other providers can do this
    │   ├── SDKUnusable                           the package “openai” is missing or damaged
    │   └── NetworkSettingsInvalid                SSL_CERT_FILE names no file, a proxy that cannot be used
    │       └── CertificateFileUnusable           the settings' own file of certificate authorities
    ├── ConnectionFailed                          the server was not reached
    │   ├── NameResolutionFailed
    │   ├── ConnectionRefused
    │   ├── ConnectionDropped                     before the answer began
    │   ├── CertificateRejected                   or no TLS at all
    │   │   ├── CertificateForAnotherHost
    │   │   ├── CertificateExpired
    │   │   │   └── CertificateFileExpired        the settings' own file of certificate authorities
    │   │   ├── CertificateNotYetValid            the computer's clock is slow
    │   │   ├── CertificateIssuerUnknown          self-signed ones included
    │   │   ├── CertificateRevoked
    │   │   ├── CertificateTooWeak
    │   │   └── ProxyCertificateRejected          the proxy's own certificate, for whatever cause
    │   ├── ProxyAuthenticationRequired           407
    │   ├── CaptivePortalSuspected                a web page or a redirect instead of an answer; 511
    │   └── ConnectionTimedOut
    ├── AuthenticationFailed                      401
    │   └── ManagementKeyRejected                 a key that manages an account, and cannot chat
    ├── InsufficientCredit                        402
    ├── PermissionRefused                         403
    │   ├── ModerationRefused                     403 with moderation reasons
    │   └── RegionRefused                         403, because the model is not offered where the user is
    ├── ModelNotFound                             404, or 400 at OpenRouter
    │   ├── NotHosted                             404, because nobody runs the model now
    │   └── ModelEnded                            404, because it was retired, or all hosts have removed it
    │       └── FreeVariantEnded                  404, because it has a price now
    ├── NoProviderAllowed                         404, because data policy or allowed providers exclude every host
    ├── CapabilityNotOffered                      404, because no host of the model can do what was asked
    │   ├── NotAChatModel                         400, because it is made for something else
    │   └── RequirementUnmet                      404, because no host meets a limit: price, precision, …
    ├── EndpointNotFound                          404 or 405, because the address is another kind of server
    ├── RequestTimedOut                           408, 504, 524, or no answer within the read timeout
    ├── RequestTooLarge                           413, or 400 for the context length
    ├── UnprocessableRequest                      422
    ├── RateLimited                               429
    │   ├── CapacityExhausted                     429 of the hosts, not of the user's key
    │   └── DailyLimitReached                     429 of the free models' daily cap
    ├── ProviderUnavailable                       502, 503, 529
    ├── ServerFailed                              500 and other 5xx
    ├── BadRequest                                400 and other 4xx
    ├── InvalidResponse                           an answer that cannot be read
    ├── EmptyAnswer                               a complete answer without text
    ├── StreamInterrupted                         the answer broke off
    └── StreamStalled                             the answer went silent

Each class says what happened, why, and what to do next, as templates in English (:mod:`caal_desktop.llm.errors.text`).
``str(error)`` has the words in English; :meth:`ProviderError.describe` has them in any language.

No error contains a key: neither its text, its ``detail`` and its ``metadata``, nor an exception that it is chained to.
"""

from __future__ import annotations

from caal_desktop.llm.errors.availability import Availability, AvailabilityCode
from caal_desktop.llm.errors.base import ProviderError, Remedy
from caal_desktop.llm.errors.connection import (
    AddressRefused,
    ApiKeyMalformed,
    ApiKeyMissing,
    CaptivePortalSuspected,
    CertificateExpired,
    CertificateFileExpired,
    CertificateFileUnusable,
    CertificateForAnotherHost,
    CertificateIssuerUnknown,
    CertificateNotYetValid,
    CertificateRejected,
    CertificateRevoked,
    CertificateTooWeak,
    ConfigurationError,
    ConnectionDropped,
    ConnectionFailed,
    ConnectionRefused,
    ConnectionTimedOut,
    NameResolutionFailed,
    NetworkSettingsInvalid,
    NotOffered,
    ProxyAuthenticationRequired,
    ProxyCertificateRejected,
    SDKUnusable,
)
from caal_desktop.llm.errors.server import (
    AuthenticationFailed,
    BadRequest,
    CapabilityNotOffered,
    CapacityExhausted,
    DailyLimitReached,
    EmptyAnswer,
    EndpointNotFound,
    FreeVariantEnded,
    InsufficientCredit,
    InvalidResponse,
    ManagementKeyRejected,
    ModelEnded,
    ModelNotFound,
    ModerationRefused,
    NoProviderAllowed,
    NotAChatModel,
    NotHosted,
    PermissionRefused,
    ProviderUnavailable,
    RateLimited,
    RegionRefused,
    RequestTimedOut,
    RequestTooLarge,
    RequirementUnmet,
    ServerFailed,
    StreamInterrupted,
    StreamStalled,
    UnprocessableRequest,
)
from caal_desktop.llm.errors.text import ErrorText

__all__ = [
    "AddressRefused",
    "ApiKeyMalformed",
    "ApiKeyMissing",
    "AuthenticationFailed",
    "Availability",
    "AvailabilityCode",
    "BadRequest",
    "CapabilityNotOffered",
    "CapacityExhausted",
    "CaptivePortalSuspected",
    "CertificateExpired",
    "CertificateFileExpired",
    "CertificateFileUnusable",
    "CertificateForAnotherHost",
    "CertificateIssuerUnknown",
    "CertificateNotYetValid",
    "CertificateRejected",
    "CertificateRevoked",
    "CertificateTooWeak",
    "ConfigurationError",
    "ConnectionDropped",
    "ConnectionFailed",
    "ConnectionRefused",
    "ConnectionTimedOut",
    "DailyLimitReached",
    "EmptyAnswer",
    "EndpointNotFound",
    "ErrorText",
    "FreeVariantEnded",
    "InsufficientCredit",
    "InvalidResponse",
    "ManagementKeyRejected",
    "ModelEnded",
    "ModelNotFound",
    "ModerationRefused",
    "NameResolutionFailed",
    "NetworkSettingsInvalid",
    "NoProviderAllowed",
    "NotAChatModel",
    "NotHosted",
    "NotOffered",
    "PermissionRefused",
    "ProviderError",
    "ProviderUnavailable",
    "ProxyAuthenticationRequired",
    "ProxyCertificateRejected",
    "RateLimited",
    "RegionRefused",
    "Remedy",
    "RequestTimedOut",
    "RequestTooLarge",
    "RequirementUnmet",
    "SDKUnusable",
    "ServerFailed",
    "StreamInterrupted",
    "StreamStalled",
    "UnprocessableRequest",
]
