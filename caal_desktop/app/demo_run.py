"""The demo server of a run with ``--demo``: started after the first paint, stopped at the end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from caal_desktop.demo.launcher import DemoProcess

logger = logging.getLogger(__name__)


class DemoRun(QObject):
    """One demo server.

    Args:
        process: the server, not started yet.

    Signals:
        started: it answers; its key is known.
        failed: it could not be started; carries the :class:`~caal_desktop.demo.launcher.DemoStartError`.
    """

    started = Signal()
    failed = Signal(object)

    def __init__(self, process: DemoProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = process
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # Retrieved here, for there may be no request that awaits it.
        self._address.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._scope = TaskScope("demo")

    @property
    def key(self) -> str:
        """The key that it accepts; "" until it has started."""
        return self._process.key

    @property
    def stands_for(self) -> str:
        """The name of the provider whose address it takes."""
        return self._process.stands_for

    def start(self) -> None:
        """Start the server."""
        self._scope.start(self._start(), name="start")

    async def address(self) -> str:
        """Return the server's base URL, once it answers.

        Raises:
            ConnectionFailed: it could not be started.
        """
        from caal_desktop.demo.launcher import DemoStartError
        from caal_desktop.llm.errors import ConnectionFailed

        try:
            return await asyncio.shield(self._address)
        except DemoStartError as error:
            output, title = str(error.params.get("output", "")), descriptor_of(self.stands_for).title
            raise ConnectionFailed(
                self.stands_for, reason=error.what, detail=output, params={"provider": title}
            ) from error

    async def close(self) -> None:
        """Stop waiting for the start."""
        await self._scope.close()

    def stop(self) -> None:
        """Stop the server."""
        self._process.stop()

    async def _start(self) -> None:
        from caal_desktop.demo.launcher import DemoStartError

        try:
            await asyncio.to_thread(self._process.start)
        except DemoStartError as error:
            logger.error("The demo could not be started: %s", error)  # noqa: TRY400 - the message says it all
            self._address.set_exception(error)
            self.failed.emit(error)
            return
        self._address.set_result(self._process.base_url)
        self.started.emit()
