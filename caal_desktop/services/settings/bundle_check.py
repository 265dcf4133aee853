"""Checks files of certificate authorities in a worker, while their path is being typed."""

from __future__ import annotations

import asyncio
from typing import Final

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.settings.certificates import bundle_error

DEADLINE_S = 5.0
"""Seconds that a check may take; a dead network drive takes minutes."""

NO_ANSWER: Final = FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It cannot be read: the system does not answer."))
"""Why a file cannot be used whose check takes longer."""


class BundleCheck(QObject):
    """One check at a time; of the paths that come meanwhile, the latest is next.

    Signals:
        checked: carries a path, and why its file cannot be used: a :class:`FilledText`, or None where it can.
    """

    checked = Signal(str, object)

    def __init__(self, parent: QObject | None = None, *, deadline: float = DEADLINE_S) -> None:
        super().__init__(parent)
        self._deadline = deadline
        self._newest = ""
        self._under_way: asyncio.Future[FilledText | None] | None = None
        self._scope = TaskScope("certificates")

    def check(self, path: str) -> None:
        """Check a file, and emit the result."""
        self._newest = path
        if not self._scope.is_running("check"):
            self._scope.start(self._check_newest(), name="check")

    async def close(self) -> None:
        """Stop waiting."""
        await self._scope.close()

    async def _check_newest(self) -> None:
        path = ""
        while path != self._newest:
            path = self._newest
            self.checked.emit(path, await self._error_of(path))
        self._newest = ""

    async def _error_of(self, path: str) -> FilledText | None:
        try:
            async with asyncio.timeout(self._deadline):
                if self._under_way is not None:
                    # An abandoned check still holds one of the program's few workers: never more than one.
                    await asyncio.wait([self._under_way])
                self._under_way = asyncio.get_running_loop().run_in_executor(None, bundle_error, path)
                return await asyncio.shield(self._under_way)
        except TimeoutError:
            return NO_ANSWER
