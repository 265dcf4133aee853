"""Between the error of an answer and the record in which it is kept.

An error of the provider layer is kept as its class's name and what fills its templates, so that it is told in the
language that the program has when it is read again. Its words in English are kept beside these, for a version of the
program that does not know the class.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm import errors
from caal_desktop.llm.errors import Availability, ErrorText, ProviderError, Remedy
from caal_desktop.llm.fields import as_dict, as_float, as_int, as_string
from caal_desktop.llm.translation import NO_TEXT, Count, Duration, FilledText, SourceText, Unit
from caal_desktop.services.chat.conversation import SavedFailureError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASSES: Final[Mapping[str, type[ProviderError]]] = {
    name: value
    for name in errors.__all__
    if isinstance(value := getattr(errors, name), type) and issubclass(value, ProviderError)
}

_DEEPEST = 4
_LARGEST = 1e9
"""More than any figure in an error, and less than what Qt can count."""


def to_failure_record(error: ProviderError | SavedFailureError) -> dict[str, Any]:
    """Return an answer's error as JSON values."""
    if isinstance(error, SavedFailureError):
        return _words(error.text, error.remedy)
    facts = {
        "provider": error.provider,
        "status": error.status,
        "retry_after": error.retry_after,
        "availability": None if error.availability is None else error.availability.to_json(),
    }
    return {
        **_words(error.describe(), error.remedy),
        **{name: fact for name, fact in facts.items() if fact is not None},
        "error": type(error).__name__,
        "reason": _to_json(error.reason),
        "detail": error.detail,
        "params": {name: _to_json(value) for name, value in error.params.items()},
    }


def from_failure_record(value: object) -> ProviderError | SavedFailureError | None:
    """Return the error that :func:`to_failure_record` kept; None where none was kept.

    What an earlier version kept, or a later one of a class that this one does not know, is its words alone.
    """
    if not isinstance(value, dict):
        return None
    try:
        return _described(value)
    except ValueError:
        words = {name: as_string(value.get(name)) or "" for name in ("what", "why", "advice")}
        return SavedFailureError(ErrorText(**words), _remedy(value.get("remedy")))


def _words(text: ErrorText, remedy: Remedy) -> dict[str, Any]:
    return {"what": text.what, "why": text.why, "advice": text.advice, "remedy": str(remedy)}


def _remedy(name: object) -> Remedy:
    try:
        return Remedy(str(name))
    except ValueError:
        return Remedy.RETRY


def _described(value: dict[str, Any]) -> ProviderError:
    """Return the error of a record.

    Raises:
        ValueError: the record has none, or one that cannot be read.
    """
    name = as_string(value.get("error")) or ""
    if name not in _CLASSES:
        raise ValueError(f"no class of error is called {name!r}")
    reason, retry_after = _from_json(value.get("reason")), as_float(value.get("retry_after"))
    return _CLASSES[name](
        as_string(value.get("provider")) or "",
        status=as_int(value.get("status")),
        reason=reason if isinstance(reason, SourceText) else NO_TEXT,
        detail=as_string(value.get("detail")) or "",
        retry_after=None if retry_after is None else _figure(retry_after),
        availability=Availability.read(value.get("availability")),
        params={key: _from_json(param) for key, param in as_dict(value.get("params")).items()},
    )


def _to_json(value: object) -> object:
    """Return what fills a placeholder as a JSON value from which :func:`_from_json` makes it again."""
    match value:
        case SourceText():
            return {"context": value.context, "text": str(value)}
        case FilledText():
            values = {name: _to_json(inner) for name, inner in value.values.items()}
            return {"message": _to_json(value.text), "values": values}
        case Duration():
            return {"seconds": value.seconds}
        case Count():
            return {"number": value.number, "unit": str(value.unit)}
        case date():
            return {"date": date(value.year, value.month, value.day).isoformat()}
        case tuple():
            return [_to_json(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _from_json(value: object, depth: int = 0) -> object:
    """Return what fills a placeholder.

    Raises:
        ValueError: the value is none that :func:`_to_json` makes; a file that was imported may hold anything.
    """
    if depth > _DEEPEST:
        raise ValueError("the value is nested too deeply")
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            return _figure(value)
        case list():
            return tuple(_from_json(item, depth + 1) for item in value)
        case {"seconds": int() | float() as seconds}:
            return Duration(_figure(seconds))
        case {"number": int(number), "unit": str(unit)}:
            return Count(int(_figure(number)), Unit(unit))
        case {"date": str(day)}:
            return date.fromisoformat(day)
        case {"message": dict(template), "values": dict(values)}:
            text = _from_json(template, depth + 1)
            if isinstance(text, SourceText):
                return FilledText(text, {name: _from_json(inner, depth + 1) for name, inner in values.items()})
        case {"context": str(context), "text": str(text)}:
            return SourceText(context, text)
    raise ValueError("the value fills no placeholder")


def _figure(value: float) -> float:
    if not abs(value) <= _LARGEST:  # which is so for what is no number, too
        raise ValueError("the number is too large")
    return value
