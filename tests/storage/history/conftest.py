"""A database of conversations, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.history.store import HistoryDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database is; nothing is there yet."""
    return tmp_path / "data" / "conversations.db"


@pytest.fixture
def database(path: Path) -> Iterator[HistoryDatabase]:
    """Return a new database."""
    database = HistoryDatabase(path)
    yield database
    database.close()
