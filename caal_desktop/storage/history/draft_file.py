"""The message that was being written: in a file of its own, which is gone with the draft.

The conversations' database would keep every version of it in its log, and could not be written at times.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_dict, as_list, as_string, parse_json, whole_characters
from caal_desktop.storage.atomic_file import reason_of, write_atomically
from caal_desktop.storage.errors import WriteFailed
from caal_desktop.storage.regular_file import read_at_most

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

MAX_FILE_SIZE = 20_000_000
"""Bytes; a larger file was not written by this program."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written and not sent.

    Attributes:
        text: of the message.
        files: the paths of the files that are to go with it. Their content is read again when the draft is restored.
    """

    text: str = ""
    files: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.text.strip() and not self.files


def read_draft(document: object) -> Draft:
    """Return the draft in a JSON value; an empty one where that is something else."""
    members = as_dict(document)
    files = (as_string(file) for file in as_list(members.get("files")))
    return Draft(whole_characters(as_string(members.get("text")) or ""), tuple(file for file in files if file))


def load_draft(path: Path) -> Draft:
    """Return the draft in a file; an empty one where there is none, or none that can be read."""
    try:
        return read_draft(parse_json(read_at_most(path, MAX_FILE_SIZE)))
    except FileNotFoundError:
        return Draft()
    except OSError as error:
        logger.warning("The draft cannot be read: %s", reason_of(error))
        return Draft()


def save_draft(path: Path, draft: Draft) -> None:
    """Write a draft, or remove the file for an empty one.

    Raises:
        StorageError: that is not possible.
    """
    if draft.is_empty:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if not os.path.lexists(path):
                return  # a disk that is read-only, or a folder that is a file, has refused to look
            raise WriteFailed(file=str(path), reason=reason_of(error)) from error
    else:
        document = {"text": whole_characters(draft.text), "files": [whole_characters(file) for file in draft.files]}
        write_atomically(path, json.dumps(document, ensure_ascii=False).encode())
