"""A start that did not come to its window, in words: for the dialog that tells it, and for the box behind that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FailedStart:
    """What is known of the failure.

    Attributes:
        details: the technical side of it, for those who can read it; without secrets.
        has_window: whether the program works all the same, but for a part of it.
        fresh_name: what the settings' file will be called once it has been put aside; "" where that is not offered.
        settings_file: the file of the settings, where it was the same with fresh ones; None otherwise.
        log_file: the log; None where none is kept.
    """

    details: str
    has_window: bool = False
    fresh_name: str = ""
    settings_file: Path | None = None
    log_file: Path | None = None

    @property
    def title(self) -> str:
        """What happened, in one sentence."""
        if self.has_window:
            return translate("FailedStart", "A part of CAAL Desktop has failed")
        return translate("FailedStart", "CAAL Desktop cannot show its window")

    @property
    def text(self) -> str:
        """Why, and what to do, in a few paragraphs."""
        return "\n\n".join((self._cause(), self._advice(), self._helper()))

    def _cause(self) -> str:
        if self.has_window:
            return translate(
                "FailedStart", "The cause is a fault in the program. What it was doing could not be finished."
            )
        return translate("FailedStart", "A fault in the program, or in what it has stored, kept it from starting.")

    def _advice(self) -> str:
        if self.fresh_name:
            return translate(
                "FailedStart",
                "Your settings may be the cause, so CAAL Desktop can start with fresh ones. Yours are then kept as "
                "{name}; your keys and conversations stay as they are.",
            ).format(name=self.fresh_name)
        if self.settings_file is not None:
            return translate(
                "FailedStart",
                "It was the same with fresh settings. Yours are in their place again: {file}. Installing CAAL Desktop "
                "again may help.",
            ).format(file=self.settings_file)
        if self.has_window:
            return translate("FailedStart", "You can continue with the rest of it. Starting it again may help.")
        return translate("FailedStart", "Starting it again, or installing it again, may help.")

    def _helper(self) -> str:
        return translate("FailedStart", "If you ask somebody for help, send the details along.")


def fresh_text() -> str:
    """Return the label of the button that starts with fresh settings."""
    return translate("FailedStart", "Start with fresh settings")


def leave_text(failed: FailedStart) -> str:
    """Return the label of the button that closes the message."""
    return translate("FailedStart", "Continue") if failed.has_window else translate("FailedStart", "Quit")
