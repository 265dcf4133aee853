"""Maps bad answers, and the exceptions of the SDK, to :class:`~caal_desktop.llm.errors.ProviderError`.

The SDK is not imported: an exception is recognized by the names of its classes. So the import stays cheap, and errors
of the lower layers (``httpx2``, ``httpcore2``, ``ssl``, ``socket``), wrapped or not, are found in one walk through the
causes.
"""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm import errors
from caal_desktop.llm.echoes import hide_echoes
from caal_desktop.llm.errors import Availability, AvailabilityCode
from caal_desktop.llm.fields import as_dict, as_dicts, as_int, as_list, as_text, own_choice, parse_json
from caal_desktop.llm.redaction import clean_metadata, clean_text
from caal_desktop.llm.translation import NO_TEXT
from caal_desktop.llm.transport.certificates import BundleError, BundleFault
from caal_desktop.llm.transport.retry import retry_after_of, seconds_to_midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.errors.context import RequestContext
    from caal_desktop.llm.translation import SourceText


# --- answers -------------------------------------------------------------------------------------------------------

_ERROR_BY_STATUS: Final[dict[int, type[ProviderError]]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    402: errors.InsufficientCredit,
    403: errors.PermissionRefused,
    404: errors.ModelNotFound,
    405: errors.EndpointNotFound,
    407: errors.ProxyAuthenticationRequired,
    408: errors.RequestTimedOut,
    413: errors.RequestTooLarge,
    422: errors.UnprocessableRequest,
    429: errors.RateLimited,
    500: errors.ServerFailed,
    502: errors.ProviderUnavailable,
    503: errors.ProviderUnavailable,
    504: errors.RequestTimedOut,
    511: errors.CaptivePortalSuspected,
    524: errors.RequestTimedOut,
    529: errors.ProviderUnavailable,
}
# OpenAI's words in place of numbers, which compatible servers use, too.
_STATUS_BY_WORD: Final = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "insufficient_quota": 402,
    "billing_hard_limit_reached": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "context_length_exceeded": 413,
    "string_above_max_length": 413,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "invalid_request_error": 400,
    "server_error": 500,
    "internal_server_error": 500,
    "overloaded_error": 529,
    # OpenRouter's ``error_type``, as far as it is not among these.
    "token_limit_exceeded": 413,
    "string_too_long": 413,
    "payload_too_large": 413,
    "authentication": 401,
    "payment_required": 402,
    "content_policy_violation": 403,
    "refusal": 403,
    "not_found": 404,
    "timeout": 408,
    "unprocessable": 422,
    "invalid_image": 422,
    "image_too_large": 422,
    "image_too_small": 422,
    "unsupported_image_format": 422,
    "image_not_found": 422,
    "image_download_failed": 422,
    "invalid_request": 400,
    "invalid_prompt": 400,
    "max_tokens_exceeded": 400,
    "precondition_failed": 400,
    "server": 500,
    "provider_unavailable": 502,
    "provider_overloaded": 503,
}
# The word, in place of a code, for a model's call of a tool that was none.
_TOOL_FAULT: Final = "tool_use_failed"
_MORE_EXACT: Final = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "payment_required",
        "context_length_exceeded",
        "token_limit_exceeded",
        "string_too_long",
        "payload_too_large",
        "model_not_found",
    }
)
"""Words that say more than the 400 or 429 that they come with."""
_METADATA: Final = ("error_type", "provider_code", "limit_source", "remedy_hint", "previous_errors")
_REFUSALS: Final = frozenset({"content_policy_violation", "refusal"})
# OpenRouter's ``error.availability.code``, where the status beside it leaves more than one reason.
_ERROR_BY_AVAILABILITY: Final[dict[str, type[ProviderError]]] = {
    AvailabilityCode.MODEL_NOT_FOUND: errors.ModelNotFound,
    AvailabilityCode.WRONG_ENDPOINT: errors.NotAChatModel,
    AvailabilityCode.NO_ENDPOINTS: errors.NotHosted,
    AvailabilityCode.MODEL_DEPRECATED: errors.ModelEnded,
    AvailabilityCode.MODEL_UNAVAILABLE_UPSTREAM: errors.ModelEnded,
    AvailabilityCode.CAPACITY_EXHAUSTED: errors.CapacityExhausted,
    AvailabilityCode.TEMPORARILY_UNAVAILABLE: errors.ProviderUnavailable,
    AvailabilityCode.REGION_RESTRICTED: errors.RegionRefused,
    AvailabilityCode.PRIVACY_RESTRICTED: errors.NoProviderAllowed,
    AvailabilityCode.CONSTRAINT_FILTERED: errors.RequirementUnmet,
    AvailabilityCode.FREE_VARIANT_ENDED: errors.FreeVariantEnded,
}
_BY_EXCLUSION: Final[dict[str, tuple[type[ProviderError], SourceText]]] = {
    "data_policy:zdr": (errors.NoProviderAllowed, errors.NoProviderAllowed.why_storing),
    "data_policy:training": (errors.NoProviderAllowed, errors.NoProviderAllowed.why_training),
    "data_region": (errors.NoProviderAllowed, errors.NoProviderAllowed.why_region),
    "allowed_providers": (errors.NoProviderAllowed, errors.NoProviderAllowed.why_list),
    "geo": (errors.RegionRefused, NO_TEXT),
    "context_length": (errors.RequestTooLarge, NO_TEXT),
    "require_parameters": (errors.BadRequest, errors.BadRequest.why_parameters),
    "max_price": (errors.RequirementUnmet, errors.RequirementUnmet.why_price),
    "quantization": (errors.RequirementUnmet, errors.RequirementUnmet.why_precision),
}
"""What has left out every host (``excluded_by``, ``constraint.field``): the error, and its reason where that is known
better than the class tells it."""
_FREE_DAY: Final = "_free_tier_daily"
# What ``error.metadata.limit_source`` says of a 429: the source's end, and the error.
_ERROR_BY_SOURCE: Final[dict[str, type[ProviderError]]] = {
    _FREE_DAY: errors.DailyLimitReached,
    "_credits": errors.InsufficientCredit,
    "upstream_provider": errors.CapacityExhausted,
}
_CONTEXT_LENGTH: Final = re.compile(
    r"context[ _](?:length|size|window)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
_NO_MODEL: Final = re.compile(r"not a valid model|model\b.{0,120}\b(?:not found|does not exist)|unknown model", re.I)
_DATA_POLICY: Final = re.compile(
    r"data policy|privacy|zero data retention|\bzdr\b|allowed providers|providers? .{0,40}ignored|guardrail", re.I
)
# In a 502, whose other words may be anything.
_POLICY_REFUSAL: Final = re.compile(r"training violation|data policy|zero data retention", re.I)
_CAPABILITY: Final = re.compile(r"support (?:tool|image|input|audio|file|the requested|structured)|tool use", re.I)
_INCAPABLE: Final = re.compile(r"does not support (?:tools|thinking|images|vision|chat)\b", re.I)
"""In a 400, whose other words may be about a parameter."""
_MANAGEMENT_KEY: Final = re.compile(r"(?:management|provisioning)[ _]key", re.I)
_KEY_LIMIT: Final = re.compile(r"key limit|limit exceeded|spending limit|credit", re.I)
_DAILY: Final = re.compile(r"per[- ]day|daily", re.I)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.I | re.S)
_BODY_EXCERPT: Final = 300
_MOST_EARLIER: Final = 5
"""Hosts that were tried before and are named."""


def looks_like_html(text: str, content_type: str = "") -> bool:
    """Return whether a body is a web page."""
    head = text[:200].lstrip("\ufeff \t\r\n").lower()
    return head.startswith(("<!doctype", "<html", "<head", "<body")) or (
        "html" in content_type.lower() and head.startswith("<")
    )


def error_from_answer(
    context: RequestContext, status: int, headers: Mapping[str, str], body: bytes | str
) -> ProviderError:
    """Return the error for an answer whose HTTP status is not 2xx.

    Args:
        context: the request.
        status: the HTTP status.
        headers: the answer's headers; names in lower case, or a case-insensitive mapping.
        body: the answer's body.
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if 300 <= status < 400:
        return context.error(
            errors.CaptivePortalSuspected, reason=errors.CaptivePortalSuspected.why_redirect, status=status
        )
    payload = parse_json(text)
    if payload is None:
        title = _TITLE.search(text[:20_000])
        is_page = looks_like_html(text, headers.get("content-type", ""))
        detail = title[1] if title else ("" if is_page else _excerpt(context, text))
        return _classify(context, status, detail, {}, headers, body_is_error=False)
    return error_from_payload(context, payload, headers, status=status)


def error_from_payload(
    context: RequestContext, payload: object, headers: Mapping[str, str] | None = None, *, status: int | None = None
) -> ProviderError:
    """Return the error that a parsed body describes.

    Args:
        context: the request.
        payload: ``{"error": {...}}``, or the inner object or a text in its place.
        headers: the answer's headers.
        status: the HTTP status where it is not 2xx; otherwise the body's own code decides.
    """
    body = as_dict(payload)
    error: object = body["error"] if body.get("error") else payload
    fields = as_dict(error)
    message = as_text(error) or as_text(fields.get("message")) or as_text(body.get("message"))
    if message is None:
        other = body.get("detail", fields.get("error"))  # where FastAPI and others have it
        message = other if isinstance(other, str) else (_excerpt(context, json.dumps(other)) if other else "")
    words = [text for text in map(as_text, _types_of(fields)) if text is not None]
    exact = next((_STATUS_BY_WORD[word] for word in words if word in _MORE_EXACT), None)
    status = exact or status or _code(fields, words)
    return _classify(context, status, message, fields, headers or {}, body_is_error=bool(body.get("error")))


def _with_tool_fault(context: RequestContext, message: str, fields: dict[str, Any]) -> str:
    """Return an error's message with what stands beside it of a tool call that the model has garbled.

    The voice agent knows by these words that asking once more helps.
    """
    word = _TOOL_FAULT if _TOOL_FAULT in (fields.get("code"), fields.get("type")) else ""
    attempt = as_text(fields.get("failed_generation")) or ""
    if not word and not attempt:
        return message
    return ": ".join(part for part in (_excerpt(context, message), word, _excerpt(context, attempt)) if part)


def garbled_call(context: RequestContext, attempt: str) -> ProviderError:
    """Return the error of an answer whose text has what is nearly the call of a tool.

    Groq finds that itself, and says it in the same words.

    Args:
        context: the request.
        attempt: what the model wrote.
    """
    words = _with_tool_fault(context, "", {"code": _TOOL_FAULT, "failed_generation": attempt})
    return context.error(errors.InvalidResponse, words, reason=errors.InvalidResponse.why_garbled_call)


def _types_of(fields: dict[str, Any]) -> list[object]:
    """Return what may be a word for the kind of error."""
    metadata = as_dict(fields.get("metadata"))
    return [fields.get("code"), fields.get("type"), fields.get("error_type"), metadata.get("error_type")]


def _code(fields: dict[str, Any], words: list[str]) -> int | None:
    numbers = (as_int(fields.get(name)) for name in ("code", "http_status", "status", "type"))
    known = (*numbers, *map(_STATUS_BY_WORD.get, words))
    return next((number for number in known if number is not None and 300 <= number < 600), None)


def _classify(
    context: RequestContext,
    status: int | None,
    message: str,
    fields: dict[str, Any],
    headers: Mapping[str, str],
    *,
    body_is_error: bool,
) -> ProviderError:
    # Events within a stream have beside the message what other answers have in the metadata.
    metadata = {name: fields[name] for name in _METADATA if name in fields} | as_dict(fields.get("metadata"))
    availability = Availability.read(clean_metadata(fields.get("availability"), *context.secrets))
    raw = _raw_message(context, metadata.get("raw"))
    cls, reason = _by_availability(availability)
    if cls is None:
        told = f"{message} {raw}" if status == 502 else message
        cls = _by_status(context, status, told, fields, body_is_error=body_is_error)
        if cls is errors.EndpointNotFound and context.has_own_interface:
            reason = errors.EndpointNotFound.why_own_interface
        if availability is not None and availability.retryable and not cls.transient:
            # A reason that nobody here knows, and that will pass.
            cls = errors.ProviderUnavailable
    if issubclass(cls, errors.RateLimited):
        cls = _by_source(cls, as_text(metadata.get("limit_source")) or "", message)
    earlier = as_dicts(metadata.get("previous_errors"))[:_MOST_EARLIER]
    return context.error(
        cls,
        _detail(_with_tool_fault(context, message, fields), raw, earlier),
        reason=reason,
        status=status,
        retry_after=_wait(cls, status, metadata, headers, availability),
        metadata=metadata,
        availability=availability,
        **_params(context, cls, metadata, earlier, availability),
    )


def _by_source(cls: type[ProviderError], source: str, message: str) -> type[ProviderError]:
    """Return whose limit it is that a 429 tells of."""
    by_source = next((error for end, error in _ERROR_BY_SOURCE.items() if source.endswith(end)), None)
    if by_source is None and cls is errors.RateLimited and _DAILY.search(message):
        return errors.DailyLimitReached
    return by_source or cls


def _wait(
    cls: type[ProviderError],
    status: int | None,
    metadata: dict[str, Any],
    headers: Mapping[str, str],
    availability: Availability | None,
) -> float | None:
    if not issubclass(cls, errors.RateLimited) and status not in (402, 408, 429, 503, 529):
        return None
    wait = retry_after_of({**as_dict(metadata.get("headers")), **dict(headers)})
    if wait is None and availability is not None:
        wait = availability.retry_after
    if wait is None and (as_text(metadata.get("limit_source")) or "").endswith(_FREE_DAY):
        wait = seconds_to_midnight(headers)  # when the count starts anew, by OpenRouter's documentation
    return wait


def _detail(message: str, raw: str, earlier: list[dict[str, Any]]) -> str:
    """Return the server's words, with those of the hosts that were tried before."""
    tried = []
    for error in earlier:
        told = [str(value) for value in (error.get("status"), error.get("code")) if isinstance(value, int | str)]
        tried.append(": ".join(filter(None, (as_text(error.get("provider")), " ".join(told)))))
    before = f"({'; '.join(filter(None, tried))})" if any(tried) else ""
    return " ".join(filter(None, (": ".join(filter(None, (message, raw))), before)))


def _params(
    context: RequestContext,
    cls: type[ProviderError],
    metadata: dict[str, Any],
    earlier: list[dict[str, Any]],
    availability: Availability | None,
) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if provider_name := as_text(metadata.get("provider_name")):
        params["provider_name"] = provider_name
    hosts = availability.affected_providers if availability is not None else ()
    names = [as_text(error.get("provider")) for error in earlier]
    if tried := tuple(dict.fromkeys(name for name in (*hosts, *names) if name)):
        params["hosts"] = tried
    hint = as_text(metadata.get("remedy_hint")) or (availability.constraint_detail if availability is not None else "")
    if hint:
        params["hint"] = hint
    if issubclass(cls, errors.AuthenticationFailed):
        params["sent_no_key"] = not any(context.secrets)
    if issubclass(cls, errors.ModerationRefused):
        params["reasons"] = tuple(str(reason) for reason in as_list(metadata.get("reasons"))[:10])
        params["flagged_input"] = as_text(metadata.get("flagged_input")) or ""
    return params


def _by_availability(availability: Availability | None) -> tuple[type[ProviderError] | None, SourceText]:
    """Return the error that fits the reason, and why it happened where that is known better than the class tells it."""
    if availability is None:
        return None, NO_TEXT
    cls = _ERROR_BY_AVAILABILITY.get(availability.code)
    if cls is errors.ModelEnded and availability.code == AvailabilityCode.MODEL_UNAVAILABLE_UPSTREAM:
        return cls, errors.ModelEnded.why_removed
    if cls not in (errors.NotHosted, errors.NoProviderAllowed, errors.RequirementUnmet, errors.RegionRefused):
        return cls, NO_TEXT
    # There are hosts; what leaves all of them out is known more exactly.
    causes = (availability.constraint, *availability.excluded_by)
    known = [_BY_EXCLUSION[cause] for cause in causes if cause in _BY_EXCLUSION]
    if cls is errors.NoProviderAllowed:
        known = [cause for cause in known if cause[0] is cls]
    found = known[0] if known else None
    if found is None and cls is errors.NotHosted and availability.excluded_by:
        return errors.NoProviderAllowed, NO_TEXT
    return found or (cls, NO_TEXT)


def _by_status(
    context: RequestContext, status: int | None, message: str, fields: dict[str, Any], *, body_is_error: bool
) -> type[ProviderError]:
    if status is None:
        # An error without a code in the body of a 200: the server failed.
        return errors.RequestTooLarge if _CONTEXT_LENGTH.search(message) else errors.ServerFailed
    if status == 400:
        if _CONTEXT_LENGTH.search(message):
            return errors.RequestTooLarge
        if context.model and _INCAPABLE.search(message):
            return errors.CapabilityNotOffered
        return errors.ModelNotFound if context.model and _NO_MODEL.search(message) else errors.BadRequest
    if status in (401, 403) and _MANAGEMENT_KEY.search(message):
        return errors.ManagementKeyRejected
    if status == 403:
        metadata = as_dict(fields.get("metadata"))
        is_refusal = not _REFUSALS.isdisjoint(filter(None, map(as_text, _types_of(fields))))
        if metadata.get("reasons") or metadata.get("flagged_input") or is_refusal:
            return errors.ModerationRefused
        return errors.InsufficientCredit if _KEY_LIMIT.search(message) else errors.PermissionRefused
    if status == 404:
        if _DATA_POLICY.search(message):
            return errors.NoProviderAllowed
        if _CAPABILITY.search(message):
            return errors.CapabilityNotOffered
        names_model = context.routes or "model" in message.lower()
        return errors.ModelNotFound if context.model and body_is_error and names_model else errors.EndpointNotFound
    if status == 502 and _POLICY_REFUSAL.search(message):
        return errors.NoProviderAllowed
    known = _ERROR_BY_STATUS.get(status)
    if known is not None:
        return known
    return errors.ServerFailed if status >= 500 else errors.BadRequest


def _excerpt(context: RequestContext, text: str) -> str:
    """Return the beginning of an answer's words: without secrets, of which the cut could leave a part."""
    return clean_text(text, *context.secrets, limit=_BODY_EXCERPT)


def _raw_message(context: RequestContext, raw: object) -> str:
    """Return the hosting provider's own words, which are often wrapped in JSON."""
    if isinstance(raw, str):
        words, raw = raw, parse_json(raw)
        if raw is None:
            return _excerpt(context, words)
    fields = as_dict(raw)
    inner = fields.get("error")
    message = as_text(as_dict(inner).get("message")) or as_text(inner) or as_text(fields.get("message")) or ""
    return _with_tool_fault(context, message, as_dict(inner) or fields)


def error_in(payload: dict[str, Any]) -> object:
    """Return the error in a body, or in the choice that was asked for; None where there is none."""
    error: object = payload.get("error")
    if error:
        return error
    choice = own_choice(payload)
    error = choice.get("error")
    if error:
        return error
    if choice.get("finish_reason") == "error":
        return {"message": as_text(choice.get("native_finish_reason")) or ""}
    return None


def unreadable(context: RequestContext, raw: bytes, headers: Mapping[str, str]) -> ProviderError:
    """Return the error for the body of a good response that is neither JSON nor a stream of events.

    Args:
        context: the request.
        raw: the body, or its beginning.
        headers: the answer's headers.
    """
    text = hide_echoes(raw.decode("utf-8", "replace").lstrip("\ufeff"), context.secrets).strip()
    if looks_like_html(text, headers.get("content-type", "")):
        return context.error(errors.CaptivePortalSuspected)
    if not text:
        return context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_empty)
    if text[0] in "{[<":
        return context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_not_json)
    return context.error(errors.InvalidResponse, _excerpt(context, text), reason=errors.InvalidResponse.why_plain_text)


def decode_json(context: RequestContext, raw: bytes, headers: Mapping[str, str]) -> object:
    """Return the JSON of a good response.

    Args:
        context: the request.
        raw: the body.
        headers: the answer's headers.

    Raises:
        CaptivePortalSuspected: it is a web page.
        InvalidResponse: it is no JSON.
        ProviderError: it is an error.
    """
    payload = parse_json(hide_echoes(raw.decode("utf-8", "replace").lstrip("\ufeff"), context.secrets))
    if payload is None:
        raise unreadable(context, raw, headers)
    error = error_in(payload) if isinstance(payload, dict) else None
    if error is not None:
        raise error_from_payload(context, {"error": error}, headers)
    return payload


def decode_object(context: RequestContext, raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON object of a good response; takes and raises the same as :func:`decode_json`."""
    payload = decode_json(context, raw, headers)
    if not isinstance(payload, dict):
        raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_no_object)
    return payload


# --- exceptions ----------------------------------------------------------------------------------------------------

# The numbers by which OpenSSL (X509_V_ERR_*), macOS (errSec*) and Windows (CERT_E_*, CRYPT_E_*) refuse a certificate.
_SELF_SIGNED: Final = 18
_CERTIFICATE_CODES: Final[dict[type[ProviderError], frozenset[int]]] = {
    errors.CertificateForAnotherHost: frozenset({62, 64, -67602 & 0xFFFFFFFF, 0x800B010F}),
    errors.CertificateExpired: frozenset({10, -67818 & 0xFFFFFFFF, 0x800B0101}),
    errors.CertificateNotYetValid: frozenset({9, -67819 & 0xFFFFFFFF}),
    errors.CertificateIssuerUnknown: frozenset({2, 19, 20, 21, 27, -67843 & 0xFFFFFFFF, 0x800B0109, 0x800B010A}),
    errors.CertificateRevoked: frozenset({23, -67820 & 0xFFFFFFFF, 0x800B010C, 0x80092010}),
    errors.CertificateTooWeak: frozenset({66, 67, 68}),
}
# Where the number says nothing: the words of OpenSSL, macOS and Python.
_CERTIFICATE_WORDS: Final[dict[type[ProviderError], re.Pattern[str]]] = {
    errors.CertificateNotYetValid: re.compile(r"not (?:yet valid|valid yet)", re.I),
    errors.CertificateExpired: re.compile(r"\bexpired\b", re.I),
    errors.CertificateRevoked: re.compile(r"\brevoked\b", re.I),
    errors.CertificateForAnotherHost: re.compile(
        r"(?:hostname|IP address) mismatch|name does not match|doesn't match|not valid for", re.I
    ),
    errors.CertificateIssuerUnknown: re.compile(
        r"self[- ]signed|unable to (?:get|verify)|(?:not|isn.t) trusted|untrusted", re.I
    ),
    errors.CertificateTooWeak: re.compile(r"too (?:small|weak)", re.I),
}
_BUNDLE_REASONS: Final = {
    BundleFault.MISSING: errors.CertificateFileUnusable.why_missing,
    BundleFault.TOO_LARGE: errors.CertificateFileUnusable.why_too_large,
    BundleFault.NO_CERTIFICATES: errors.CertificateFileUnusable.why_no_certificates,
    BundleFault.UNREADABLE: errors.CertificateFileUnusable.why_unreadable,
}


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all of its causes, those in exception groups included."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)


def error_from_exception(context: RequestContext, error: BaseException, *, streaming: bool = False) -> ProviderError:
    """Return the error for an exception of the SDK, of its lower layers, or of Python.

    Raise it outside the ``except`` block: it must not be chained to the exception, whose request contains the key.

    Args:
        context: the request.
        error: the exception.
        streaming: whether the answer has already begun.
    """
    if isinstance(error, errors.ProviderError):
        return error
    chain = list(_with_causes(error))
    names = {cls.__name__ for item in chain for cls in type(item).__mro__}
    response = getattr(error, "response", None)
    if response is not None and "APIStatusError" in names:
        return error_from_answer(context, response.status_code, response.headers, response.content)
    detail = _system_text(chain)
    if "ProxyError" in names:
        cls = errors.ProxyAuthenticationRequired if any("407" in str(item) for item in chain) else None
        return context.error(cls or errors.ConnectionFailed, _proxy_text(chain))
    for item in chain:
        if isinstance(item, socket.gaierror):
            return context.error(errors.NameResolutionFailed, detail)
        if isinstance(item, ssl.SSLError):
            rejected, reason = certificate_error(item)
            return context.error(rejected, detail, reason=reason)
        if isinstance(item, ConnectionRefusedError) or getattr(item, "errno", None) == errno.ECONNREFUSED:
            return context.error(errors.ConnectionRefused, detail)
    if names & {"ConnectTimeout", "PoolTimeout"}:
        return context.error(errors.ConnectionTimedOut)
    if names & {"TimeoutException", "APITimeoutError", "TimeoutError"}:
        return context.error(errors.StreamStalled if streaming else errors.RequestTimedOut)
    if streaming and names & {"TransportError", "StreamError", "OSError"}:
        return context.error(errors.StreamInterrupted, detail)
    if names & {"UnsupportedProtocol", "LocalProtocolError", "InvalidURL", "UnicodeEncodeError"}:
        return context.error(errors.ConfigurationError, _class_names(chain))
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "CloseError"}:
        return context.error(errors.ConnectionDropped, detail)
    if names & {"ConnectError", "APIConnectionError", "OSError"}:
        return context.error(errors.ConnectionFailed, detail)
    if names & {"JSONDecodeError", "UnicodeDecodeError", "DecodingError", "AttributeError", "LineTooLongError"}:
        return context.error(errors.InvalidResponse, _class_names(chain))
    return context.error(errors.ProviderError, _class_names(chain))


def certificate_error(error: ssl.SSLError) -> tuple[type[ProviderError], SourceText]:
    """Return the class, and the reason where there is a better one than its own, for a handshake that failed."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return errors.CertificateRejected, errors.CertificateRejected.why_no_tls
    code = getattr(error, "verify_code", 0) & 0xFFFFFFFF  # what is negative on macOS, Windows may call positive
    if code == _SELF_SIGNED:
        return errors.CertificateIssuerUnknown, errors.CertificateIssuerUnknown.why_self_signed
    by_code = next((cls for cls, codes in _CERTIFICATE_CODES.items() if code in codes), None)
    text = f"{getattr(error, 'verify_message', '')} {error}"
    by_words = next((cls for cls, words in _CERTIFICATE_WORDS.items() if words.search(text)), None)
    return by_code or by_words or errors.CertificateRejected, NO_TEXT


def error_from_setup(context: RequestContext, error: BaseException) -> ProviderError:
    """Return the error for an exception of a client's construction: certificate files, proxy settings."""
    if isinstance(error, errors.ProviderError):
        return error
    if isinstance(error, BundleError):
        cls = errors.NetworkSettingsInvalid if error.variable else errors.CertificateFileUnusable
        reason = cls.why_variable if error.variable else _BUNDLE_REASONS[error.fault]
        return context.error(cls, str(error), reason=reason, file=error.path, variable=error.variable)
    return context.error(errors.NetworkSettingsInvalid, f"{type(error).__name__}: {error}")


def _class_names(chain: list[BaseException]) -> str:
    """Return the class names of exceptions whose texts may quote a key."""
    return " ← ".join(dict.fromkeys(type(item).__name__ for item in chain[:3]))


def _system_text(chain: list[BaseException]) -> str:
    """Return the text of the innermost exception of the system, which quotes no request."""
    for item in reversed(chain):
        if isinstance(item, OSError) and str(item):
            return str(item)
    for item in chain:
        if type(item).__module__.startswith("httpcore") and str(item):
            return str(item)
    return _class_names(chain)


def _proxy_text(chain: list[BaseException]) -> str:
    return next((str(item) for item in chain if "Proxy" in type(item).__name__ and str(item)), "")
