"""The pause before a request is sent again, and what a user is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Duration, FilledText

_TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class Pause:
    """A request has failed, and is sent again after a pause.

    Attributes:
        provider: the provider's name as it is shown.
        seconds: how long the pause is.
        status: the HTTP status of the failure; None where no answer came.
        is_asked: whether the provider asked for the pause.
    """

    provider: str
    seconds: float
    status: int | None
    is_asked: bool = False

    def line(self, left: float) -> FilledText:
        """Return what is being waited for.

        Args:
            left: seconds that are left of the pause.
        """
        values = {"provider": self.provider, "time": Duration(left)}
        if self.status == _TOO_MANY_REQUESTS and self.is_asked:
            return FilledText(QT_TRANSLATE_NOOP("Pause", "{provider} asks to wait. Trying again in {time}…"), values)
        if self.status == _TOO_MANY_REQUESTS:
            return FilledText(
                QT_TRANSLATE_NOOP("Pause", "{provider} is busy, or a limit is reached. Trying again in {time}…"), values
            )
        return FilledText(QT_TRANSLATE_NOOP("Pause", "{provider} could not answer. Trying again in {time}…"), values)
