"""OpenRouter's own OpenAPI document as a judge of requests and answers, with what is newer than the document.

The document says which fields there are; what it leaves open (unknown extra fields) is left open here too.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.support.openapi_overlay import apply_overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "openrouter"
EXCERPT = FIXTURES / "openapi.yaml"
NEWER = FIXTURES / "since_2026_08.yaml"
"""An overlay with what OpenRouter has added since."""

_URI = "urn:openrouter"
_WAIT = re.compile(r"retry-after|x-ratelimit-", re.IGNORECASE)
"""Headers that an answer has only where the document says so; of others it says nothing."""
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class ContractError(AssertionError):
    """What was sent does not fit the document; the message names every offence and where it lies."""


class Contract:
    """The document, ready to judge."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        resource: Resource[Any] = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_URI, resource)

    @staticmethod
    def load() -> Contract:
        """Return the judge by the excerpt and what is newer."""
        return _loaded()

    def operations(self) -> list[tuple[str, str]]:
        """Every (method, path template) of the document."""
        return [
            (method.upper(), path)
            for path, item in self._document["paths"].items()
            for method in item
            if method in _METHODS
        ]

    def check_response(
        self,
        method: str,
        path: str,
        status: int,
        body: Any,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Hold an answer's JSON, and the headers that tell how long to wait, against the document.

        Args:
            method: the request's method.
            path: below ``/api/v1``, with real values in place of the template's names; a query is not looked at.
            status: the HTTP status.
            body: the parsed JSON; for ``text/event-stream``, the JSON of one event.
            content_type: of the answer.
            headers: of the answer; None where they are not looked at.

        Raises:
            ContractError: it does not fit, has such a header that this status has not, or the document knows no such
                operation, status or content type.
        """
        template, operation = self._operation(method, path)
        responses = operation["responses"]
        if str(status) not in responses:
            raise ContractError(f"{method} {template} has no status {status}; it has {', '.join(responses)}")
        if content_type not in responses[str(status)].get("content", {}):
            raise ContractError(f"{method} {template} {status} has no content of type {content_type}")
        known = {name.lower() for name in responses[str(status)].get("headers", {})}
        strange = {name.lower() for name in headers or () if _WAIT.match(name)} - known
        if strange:
            raise ContractError(f"{method} {template} {status} has no header {', '.join(sorted(strange))}")
        # OpenAPI cannot describe an event stream; the document wraps each event's JSON into {"data": …}.
        wrapped = {"data": body} if content_type == "text/event-stream" else body
        pointer = _pointer(template, method.lower(), "responses", str(status), "content", content_type, "schema")
        self._check(pointer, wrapped, f"{method} {template} → {status}")

    def check_request(self, method: str, path: str, body: Any) -> None:
        """Hold a request's JSON body against the document.

        Raises:
            ContractError: it does not fit, or the document knows no such operation.
        """
        template, operation = self._operation(method, path)
        if "requestBody" not in operation:
            if body is not None:
                raise ContractError(f"{method} {template} takes no body")
            return
        pointer = _pointer(template, method.lower(), "requestBody", "content", "application/json", "schema")
        self._check(pointer, body, f"{method} {template}")

    def header_parameters(self, method: str, path: str) -> frozenset[str]:
        """Return the request headers, in lower case, that the document tells of an operation.

        Raises:
            ContractError: the document knows no such operation.
        """
        _, operation = self._operation(method, path)
        return frozenset(
            parameter["name"].lower() for parameter in operation.get("parameters", ()) if parameter["in"] == "header"
        )

    def examples(self) -> dict[str, tuple[int, dict[str, Any]]]:
        """Return the document's examples of error answers: their status and body, by name."""
        examples = self._document["components"]["examples"]
        return {name: (example["x-status"], example["value"]) for name, example in examples.items()}

    def check_schema(self, name: str, value: Any) -> None:
        """Hold a value against one of the document's named schemas, such as ``Model``.

        Raises:
            ContractError: it does not fit.
        """
        self._check(f"#/components/schemas/{name}", value, name)

    def known_fields(self, name: str) -> frozenset[str]:
        """The properties that a named schema lists."""
        return frozenset(self._document["components"]["schemas"][name]["properties"])

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        bare = path.partition("?")[0].removeprefix("/api/v1")
        # Literal templates first: /models/user is no author.
        for template in sorted(self._document["paths"], key=lambda template: template.count("{")):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            operation = self._document["paths"][template].get(method.lower())
            if operation is not None and re.fullmatch(pattern, bare):
                return template, operation
        raise ContractError(f"the document knows no {method} {bare}")

    def _check(self, pointer: str, value: Any, what: str) -> None:
        validator = Draft202012Validator({"$ref": _URI + pointer}, registry=self._registry)
        offences = [_describe(error) for error in validator.iter_errors(value)]
        if offences:
            raise ContractError(f"{what}:\n" + "\n".join(f"  {offence}" for offence in offences[:10]))


def _pointer(*parts: str) -> str:
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in ("paths", *parts))
    return "#/" + "/".join(escaped)


def _describe(error: Any) -> str:
    where = "/".join(str(part) for part in error.absolute_path) or "(the whole)"
    told = str(error.message)
    # The interesting part of a failed union is why each of its members does not fit.
    members: Iterable[str] = (str(part.message)[:160] for part in error.context or ())
    reasons = "; ".join(members)
    return f"{where}: {told[:300]}" + (f" [{reasons[:600]}]" if reasons else "")


@cache
def _loaded() -> Contract:
    return Contract(apply_overlay(_read(EXCERPT), _read(NEWER)))


def _read(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return document
