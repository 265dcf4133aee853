"""What a program that has ended, in whatever way, leaves on the disk and in the keyring."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.storage.paths import AppPaths

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.desktop_session import DesktopSession


@dataclass(frozen=True, slots=True)
class Remains:
    """What is on the disk and in the keyring.

    Attributes:
        settings: the settings' file; nothing where there is none yet.
        secrets: all that the keyring holds.
        texts: what the database has of each message, oldest first: its role and its text with the pieces.
        unfinished: the text of the answer that was still coming; None where there was none.
    """

    settings: dict[str, Any]
    secrets: list[str]
    texts: list[tuple[str, str]]
    unfinished: str | None

    @property
    def step(self) -> str:
        """Where the next start has to go on."""
        return "chat" if self.settings.get("setup_completed") else self.settings.get("setup_step", "welcome")

    @property
    def knows_key(self) -> bool:
        """Whether the settings know that the keyring has, or may have, a key."""
        return bool(self._row.get("key_store") == "keyring")

    @property
    def binds_key(self) -> bool:
        """Whether the settings know to which address that key belongs."""
        return self.knows_key and bool(self._row.get("key_origin"))

    @property
    def promises_key(self) -> bool:
        """Whether the settings say that it is there, and works."""
        return self.binds_key and self._row.get("key_status") == "verified"

    @property
    def _row(self) -> dict[str, Any]:
        row: dict[str, Any] = self.settings.get("providers", {}).get("openrouter", {})
        return row


def look(home: Path, session: DesktopSession, key: str) -> Remains:
    """Read what is there, and check that it is whole."""
    paths = AppPaths.below(home)
    settings = json.loads(paths.settings_file.read_text("utf-8")) if paths.settings_file.exists() else {}
    aside = [path for word in ("damaged", "unreadable") for path in home.rglob(f"*.{word}-*")]
    assert aside == [], "an earlier start has found something broken"
    secrets = [item.secret for item in session.secret_items()]
    assert secrets in ([], [key]), "the key is whole, or not there"
    remains = Remains(settings, secrets, *_texts(paths.history_file))
    assert remains.knows_key or not remains.secrets, "there is no key of which the settings know nothing"
    assert remains.secrets or not remains.promises_key, "the settings promise no key that is not there"
    return remains


def _texts(file: Path) -> tuple[list[tuple[str, str]], str | None]:
    if not file.exists():
        return [], None
    # A copy: looking at a database brings its log in, which is the next start's business.
    copy = file.parent.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for part in file.parent.glob(f"{file.name}*"):
        shutil.copy(part, copy)
    with closing(sqlite3.connect(copy / file.name)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            return [], None  # killed before there were tables
        rows = database.execute(
            "SELECT role, status, text || ifnull((SELECT group_concat(text, '') FROM (SELECT text FROM piece"
            " WHERE piece.message = message.id AND kind = 'text' ORDER BY seq)), '') FROM message ORDER BY row"
        ).fetchall()
    shutil.rmtree(copy)
    unfinished = [text for _role, status, text in rows if status in ("waiting", "streaming")]
    return [(role, text) for role, _status, text in rows], unfinished[-1] if unfinished else None
