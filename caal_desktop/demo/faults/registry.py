"""Every failure that the demo server can inject, by name.

A fault is switched on when the server starts (``--fault NAME[:ARG]``), while it runs (``POST /_demo/faults``), or for
one question by writing ``/fault NAME ARG`` into it. ``/fault list`` in a chat, or ``--list-faults``, lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class EndpointGroup(StrEnum):
    """The kinds of endpoint, as far as faults are concerned."""

    CHAT = "chat"
    KEY = "key"
    MODELS = "models"
    GENERATION = "generation"
    SIGN_IN = "sign_in"
    CREDITS = "credits"


def endpoint_group_of(path: str) -> EndpointGroup | None:
    """Return the kind of endpoint that a path below ``/api/v1`` belongs to."""
    if path.startswith(("/models", "/endpoints")):
        return EndpointGroup.MODELS
    if path.startswith("/generation"):
        return EndpointGroup.GENERATION
    exact = {
        "/chat/completions": EndpointGroup.CHAT,
        "/key": EndpointGroup.KEY,
        "/auth/keys": EndpointGroup.SIGN_IN,
        "/credits": EndpointGroup.CREDITS,
    }
    return exact.get(path)


class FaultKind(StrEnum):
    """What a fault replaces."""

    ERROR = "error"
    """The answer is an error with its HTTP status."""
    REPLY = "reply"
    """The whole answer is something else, or nothing."""
    STREAM = "stream"
    """A chat's answer goes wrong or strange on the way."""
    DATA = "data"
    """The answer is well-formed and its content is not what one expects."""


ANYWHERE = frozenset(EndpointGroup)
CHAT = frozenset({EndpointGroup.CHAT})
WITH_KEY = frozenset(EndpointGroup) - {EndpointGroup.MODELS, EndpointGroup.SIGN_IN}


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure.

    Attributes:
        name: how it is switched on.
        kind: what it replaces.
        about: one line of explanation.
        places: where it happens unless a path is given.
        arg: the argument's default; None means that it takes no argument.
    """

    name: str
    kind: FaultKind
    about: str
    places: frozenset[EndpointGroup] = CHAT
    arg: str | None = None


def _table() -> dict[str, Fault]:
    error, reply, stream, data = FaultKind.ERROR, FaultKind.REPLY, FaultKind.STREAM, FaultKind.DATA
    rows = (
        # Refusals, in the order of their status.
        Fault("bad_parameter", error, "400: the model does not know a parameter"),
        Fault("wrong_key", error, "401: the key is not known", WITH_KEY),
        Fault("disabled_key", error, "401: the key was switched off", WITH_KEY),
        Fault("no_credit", error, "402: the account has too little credit for this request"),
        Fault("moderation", error, "403: the prompt was flagged, with reasons"),
        Fault("guardrail", error, "403: a guardrail blocked the prompt"),
        Fault("model_404", error, "404: no such model"),
        Fault("retired_404", error, "404: the model was retired; another one is suggested"),
        Fault("free_ended_404", error, "404: the model is no longer free; the paid one is suggested"),
        Fault("removed_404", error, "404: all hosts have removed the model"),
        Fault("price_limit_404", error, "404: the account's price limit leaves no provider"),
        Fault("data_policy_404", error, "404: the privacy settings leave no provider"),
        Fault("region_403", error, "403: the model is not offered in this region"),
        Fault("wrong_endpoint_400", error, "400: the model does not chat"),
        Fault("proxy_407", error, "407: a company's proxy wants its own sign-in (HTML)", ANYWHERE),
        Fault("request_timeout_408", error, "408: the request timed out"),
        Fault("too_large_413", error, "413: the request is too large"),
        Fault("unprocessable_422", error, "422: the request is well-formed and makes no sense"),
        Fault("rate_limit", error, "429: too many requests; arg = seconds in Retry-After", arg="5"),
        Fault("daily_cap", error, "429: the day's free requests are used up"),
        Fault("no_capacity_429", error, "429: the hosts are busy, another model is suggested; arg = seconds", arg="5"),
        Fault("upstream_rate_limit", error, "429: the hosting provider's own limit, without Retry-After"),
        Fault("server_error_500", error, "500: OpenRouter itself failed", ANYWHERE),
        Fault("bad_gateway_502", error, "502: the hosting provider failed, with its raw words", ANYWHERE),
        Fault("html_502", error, "502: an HTML page of a gateway in place of JSON", ANYWHERE),
        Fault("no_provider_503", error, "503: no provider is available"),
        Fault("timeout_524", error, "524: the provider did not answer the edge in time", ANYWHERE),
        Fault("overloaded_529", error, "529: the provider is overloaded"),
        Fault("string_code", error, "429 whose error.code is a word and not a number"),
        # Other answers than the one asked for.
        Fault("error_in_200", reply, "status 200, and the body is an error"),
        Fault("html_200", reply, "status 200, and the body is a captive portal's sign-in page", ANYWHERE),
        Fault("broken_json", reply, "status 200, and the JSON stops in the middle", ANYWHERE),
        Fault("empty_body", reply, "status 200, and the body is empty", ANYWHERE),
        Fault("redirect", reply, "307 to another host; arg = its URL (loopback only)", ANYWHERE, arg=""),
        Fault("cut_before", reply, "the connection is closed before any answer", ANYWHERE),
        Fault("stall_before", reply, "nothing is answered, for ever", ANYWHERE),
        # A stream that goes wrong. n counts tokens.
        Fault("only_comments", stream, "keep-alive comments, for ever, and no token"),
        Fault("slow_first_token", stream, "the first token comes late; arg = seconds", arg="8"),
        Fault("cut_after", stream, "the connection is lost after n tokens", arg="5"),
        Fault("stall_after", stream, "silence after n tokens, for ever", arg="5"),
        Fault("end_without_done", stream, "a tidy end after n tokens: no finish reason, no [DONE]", arg="5"),
        Fault("error_event", stream, "an error event after n tokens", arg="5"),
        Fault("availability_event", stream, "an error event without a code after n tokens", arg="5"),
        Fault("broken_chunk", stream, "a chunk after n tokens is not JSON", arg="5"),
        Fault("broken_utf8", stream, "a chunk after n tokens is not UTF-8", arg="5"),
        Fault("slow_trickle", stream, "arg = tokens per second, each event in two pieces", arg="2"),
        Fault("no_usage", stream, "the answer tells neither usage nor cost"),
        Fault("anonymous_chunks", stream, "chunks without id, model, provider and generation id"),
        # Strange but well-formed.
        Fault("empty_answer", data, "a complete answer without a single character"),
        Fault("fast_flood", data, "n one-word tokens as fast as they go", arg="20000"),
        Fault("huge_answer", data, "a Markdown answer of n characters, without pauses", arg="200000"),
        Fault("truncated", data, "finish reason 'length' after n tokens", arg="20"),
        Fault("filtered", data, "finish reason 'content_filter' after n tokens", arg="8"),
        Fault("tool_call_only", data, "a tool call and no text, whatever tool_choice says"),
        Fault("bad_tool_arguments", data, "a tool call whose arguments are not JSON"),
        Fault("two_tool_calls", data, "two tool calls whose fragments are interleaved"),
        Fault("ignores_tools", data, "text where a tool call is wanted"),
        Fault("slow_models", data, "the list of models takes arg seconds", frozenset({EndpointGroup.MODELS}), arg="8"),
        Fault("empty_models", data, "a list of no models", frozenset({EndpointGroup.MODELS}), arg=None),
        Fault("broken_models", data, "rows of every wrong shape among good ones", frozenset({EndpointGroup.MODELS})),
        Fault("models_wrong_shape", data, "'data' is not a list", frozenset({EndpointGroup.MODELS})),
        Fault("bare_models", data, "rows with id, object, created, owned_by alone", frozenset({EndpointGroup.MODELS})),
        Fault("key_timeout", reply, "GET /key is never answered", frozenset({EndpointGroup.KEY})),
        Fault("credit_bought", data, "GET /key tells that credit was bought", frozenset({EndpointGroup.KEY})),
        Fault("bare_key", data, "GET /key tells label and nothing else", frozenset({EndpointGroup.KEY})),
        Fault(
            "zero_credits", data, "GET /credits answers zeros to an ordinary key", frozenset({EndpointGroup.CREDITS})
        ),
        Fault("no_generation", data, "GET /generation stays 404", frozenset({EndpointGroup.GENERATION})),
        Fault("expired_code", data, "the sign-in code has expired: 403", frozenset({EndpointGroup.SIGN_IN})),
    )
    return {fault.name: fault for fault in rows}


FAULTS: dict[str, Fault] = _table()
"""The registry: name → fault."""


class UnknownFaultError(ValueError):
    """No fault has that name, or its argument cannot be used; the message says what is known."""


@dataclass(slots=True)
class ActiveFault:
    """A fault that is switched on.

    Attributes:
        fault: which one.
        arg: its argument; "" where it takes none.
        times: how many more requests it applies to; None means until it is switched off.
        path: it applies to requests whose path ends so, in place of the fault's own places; None means those places.
    """

    fault: Fault
    arg: str = ""
    times: int | None = None
    path: str | None = None

    @property
    def name(self) -> str:
        """The fault's name."""
        return self.fault.name

    @property
    def number(self) -> float:
        """The argument as a number."""
        return float(self.arg or 0)

    @property
    def count(self) -> int:
        """The argument as a whole number."""
        return int(self.number)

    def describe(self) -> dict[str, object]:
        """Return the fault as ``GET /_demo/faults`` lists it."""
        return {"name": self.name, "arg": self.arg, "times": self.times, "path": self.path}


def activate(name: str, arg: str | None = None, *, times: int | None = None, path: str | None = None) -> ActiveFault:
    """Return a fault by name, switched on.

    Raises:
        UnknownFaultError: there is no such fault, or the argument is not a number where one is needed.
    """
    fault = FAULTS.get(name.strip())
    if fault is None:
        raise UnknownFaultError(f"There is no fault {name!r}; there are: {', '.join(sorted(FAULTS))}.")
    active = ActiveFault(fault, "", times, path)
    if fault.arg is not None:
        active.arg = arg if arg not in (None, "") else fault.arg
        if fault.name != "redirect":
            try:
                usable = active.number >= 0 and active.count >= 0
            except (ValueError, OverflowError):
                usable = False
            if not usable:
                raise UnknownFaultError(f"The argument of {name} is a number of at least 0, not {arg!r}.")
    return active


def parse(text: str) -> ActiveFault:
    """Parse a fault written as ``NAME`` or ``NAME:ARG``."""
    name, _, arg = text.partition(":")
    return activate(name, arg)


_FAULT_COMMAND = re.compile(r"(?:^|\s)/fault\s+(\w+)(?:[ :]+([0-9.]+|https?://\S+))?")


def requested_in(prompt: str) -> ActiveFault | None:
    """Return the fault that a prompt asks for with ``/fault NAME ARG``; None without one, and for ``/fault list``."""
    match = _FAULT_COMMAND.search(prompt)
    if match is None or match[1] == "list":
        return None
    return activate(match[1], match[2])


class ActiveFaults:
    """The faults that are switched on."""

    def __init__(self, active: list[ActiveFault] | None = None) -> None:
        self._at_start = active or []
        self._active: list[ActiveFault] = []
        self.reset()

    def reset(self) -> None:
        """Restore those that were switched on at start."""
        self._active = [ActiveFault(a.fault, a.arg, a.times, a.path) for a in self._at_start]

    def clear(self) -> None:
        """Switch all off."""
        self._active = []

    def add(self, active: ActiveFault) -> None:
        """Switch one on."""
        self._active.append(active)

    def listing(self) -> list[dict[str, object]]:
        """Return those that are switched on."""
        return [active.describe() for active in self._active]

    def take(self, place: EndpointGroup | None, path: str) -> ActiveFault | None:
        """Return the first fault that applies to a request to ``path``, and count it as used; None for none."""
        for active in self._active:
            applies = path.endswith(active.path) if active.path else place in active.fault.places
            if not applies:
                continue
            if active.times is not None:
                active.times -= 1
                if active.times <= 0:
                    self._active.remove(active)
            return active
        return None


def listing() -> str:
    """Return all faults, one a line, for ``--list-faults``."""
    width = max(len(name) for name in FAULTS)
    lines = []
    for fault in FAULTS.values():
        default = f" [{fault.arg}]" if fault.arg else ""
        lines.append(f"{fault.name:<{width}}  {fault.about}{default}")
    return "\n".join(lines)
