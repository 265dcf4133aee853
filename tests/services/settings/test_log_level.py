"""The log file follows its setting."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.settings.log_level import LogLevelFollower
from caal_desktop.storage.logs.log_file import set_up_logging

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.parts import Parts


@pytest.mark.parametrize(("verbose", "expected"), [(False, ["one", "three"]), (True, ["one", "two", "three"])])
def test_more_or_less_is_written_at_once(parts: Parts, tmp_path: Path, verbose: bool, expected: list[str]) -> None:
    file = tmp_path / "log" / "it.log"
    logs = set_up_logging(file, level=logging.DEBUG if verbose else logging.INFO)
    try:
        follower = LogLevelFollower(parts.settings, verbose=verbose)
        logger = logging.getLogger("caal_desktop.test")
        logger.info("one")
        parts.settings.update(log_level="warning")
        logger.info("two")
        parts.settings.update(log_level="debug")
        logger.debug("three")
        follower.deleteLater()
    finally:
        logs.close()
    lines = [line.rsplit(": ", 1)[1] for line in file.read_text("utf-8").splitlines() if "caal_desktop.test" in line]
    assert lines == expected
