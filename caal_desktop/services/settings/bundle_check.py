"""Looks at files of certificate authorities in a worker, while their path is being typed."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.settings.certificates import bundle_problem

DEADLINE_S = 5.0
"""Seconds that a look may take; a dead network drive takes minutes."""


class BundleCheck(QObject):
    """One look at a time; of the paths that come meanwhile, the latest is next.

    Signals:
        checked: carries a path, and why its file cannot be used as a short clause in English ("" where it can).
    """

    checked = Signal(str, str)

    def __init__(self, parent: QObject | None = None, *, deadline: float = DEADLINE_S) -> None:
        super().__init__(parent)
        self._deadline = deadline
        self._wanted = ""
        self._looking: asyncio.Future[str] | None = None
        self._scope = TaskScope("certificates")

    def check(self, path: str) -> None:
        """Look at a file, and tell."""
        self._wanted = path
        if not self._scope.is_running("look"):
            self._scope.start(self._look(), name="look")

    async def close(self) -> None:
        """Stop waiting."""
        await self._scope.close()

    async def _look(self) -> None:
        path = ""
        while path != self._wanted:
            path = self._wanted
            self.checked.emit(path, await self._problem_of(path))
        self._wanted = ""

    async def _problem_of(self, path: str) -> str:
        try:
            async with asyncio.timeout(self._deadline):
                if self._looking is not None:
                    # One that was given up still holds a worker of the program's few: never more than one.
                    await asyncio.wait([self._looking])
                self._looking = asyncio.get_running_loop().run_in_executor(None, bundle_problem, path)
                return await asyncio.shield(self._looking)
        except TimeoutError:
            return "cannot be read: the system does not answer"
