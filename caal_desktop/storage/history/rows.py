"""Reading rows of the conversations' database, whatever is in them: a value that is odd hurts itself alone.

SQLite keeps a value of any type in any column, and text that is no UTF-8. Another program, or a fault of the disk that
passes SQLite's own check, may have put it there. It is read as far as it goes and never written back.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeGuard

from caal_desktop.llm.fields import as_dict, parse_json

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

_LATEST = 2.2e11
"""Seconds since 1970 of a day in the year 8941: what lies behind it, no calendar shows."""
_REPLACED = "\N{REPLACEMENT CHARACTER}"

UPDATED = f"""(CASE WHEN typeof(updated) IN ('integer', 'real') AND updated BETWEEN 0 AND {_LATEST}
  THEN updated ELSE 0.0 END)"""
"""SQL: when a conversation was last changed; 0 where that is not known."""
IS_DELETED = "typeof(deleted) IN ('integer', 'real')"
"""SQL: whether a conversation is marked as deleted."""


def is_moment(value: object) -> TypeGuard[int | float]:
    """Return whether a value is seconds since 1970 that a calendar can show."""
    return isinstance(value, int | float) and 0 <= value <= _LATEST


class RowReader:
    """Reads the values of one connection, and tells the log once of each kind that is odd.

    Args:
        connection: texts that it returns from now on may have replacement characters.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._told: set[str] = set()
        connection.text_factory = self._decode

    def text(self, value: object) -> str:
        """Return a text; "" for none."""
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        self._tell("a value that is not text where there should be one")
        return self._decode(value) if isinstance(value, bytes) else str(value)

    def identifier(self, value: object) -> str | None:
        """Return an id; None for what finds no row again."""
        if isinstance(value, str) and _REPLACED not in value:
            return value
        self._tell("a conversation whose id cannot be read, which is not listed")
        return None

    def moment(self, value: object) -> float:
        """Return seconds since 1970; 0.0 for what is no moment that a calendar shows."""
        if is_moment(value):
            return float(value)
        self._tell("a time that no calendar shows")
        return 0.0

    def json_object(self, value: object) -> dict[str, Any]:
        """Return the object of a JSON text; an empty one for anything else."""
        found = parse_json(self.text(value))
        if not isinstance(found, dict):
            self._tell("facts that cannot be read")
        return as_dict(found)

    def _decode(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError:
            self._tell("text that is not UTF-8")
            return content.decode("utf-8", "replace")

    def _tell(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning("The conversations' database has %s.", what)


def like(query: str) -> str:
    r"""Return the pattern of ``LIKE … ESCAPE '\'`` for a text that is to be found anywhere."""
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def is_beyond_like(query: str) -> bool:
    """Return whether a text has letters of which SQLite's ``LIKE`` does not know the other case."""
    return not query.isascii() and query.lower() != query.upper()


def holds(content: bytes | None, folded: str) -> bool:
    """Return whether a text holds another one, whatever the case; a function for SQL.

    Args:
        content: the text as a blob, which need not be UTF-8.
        folded: what is looked for, case folded.
    """
    return content is not None and folded in content.decode("utf-8", "replace").casefold()
