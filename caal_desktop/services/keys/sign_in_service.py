"""Carries out a sign-in: opens the browser, waits for its callback, and exchanges the code for a key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import BadRequest, PermissionRefused, ProviderError
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.llm.redaction import register_secret
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, SourceText
from caal_desktop.services.providers.connections import connection_by
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.providers.provider_pool import ProviderPool, StandIn
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.sign_in import Attempt
    from caal_desktop.sign_in.pages import PageTexts

DEADLINE_S = 600.0
"""Seconds that the user may take in the browser; a code lasts about as long."""


class SignInPhase(StrEnum):
    """How far the sign-in has come."""

    IDLE = "idle"
    WAITING = "waiting"
    """For the callback of the browser, or a pasted code."""
    EXCHANGING = "exchanging"
    DONE = "done"
    FAILED = "failed"


class SignInProblem(StrEnum):
    """What stands in the way."""

    NO_BROWSER = "no_browser"
    """None could be opened, so that the user has to open the page of the code; the sign-in goes on."""
    PORT_BUSY = "port_busy"
    """There can be no callback, so that the user has to paste the code; the sign-in goes on."""
    DENIED = "denied"
    EXPIRED = "expired"
    WRONG_CODE = "wrong_code"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SignInView:
    """The sign-in as it stands.

    Attributes:
        phase: how far it has come.
        url: the page on which the user signs in, while the sign-in is waiting.
        problem: what stands in the way.
        error: the provider's, where there is one.
        code_url: the page for any device, since it needs no way back: it shows a code, which the user pastes.
    """

    phase: SignInPhase = SignInPhase.IDLE
    url: str = ""
    problem: SignInProblem | None = None
    error: ProviderError | None = None
    code_url: str = ""


class SignInService(QObject):
    """Signs in at providers, at one of them at a time.

    Args:
        settings, keys, pool: reach the provider.
        stand_in: returns the address in place of a provider's own, or None.
        open_url: opens an address in the browser; returns whether there was one.
        deadline: seconds to wait for the browser.
        texts: what the pages say on which the browser ends; in English where left out.

    Signals:
        changed: carries the new :class:`SignInView`.
        keyReceived: carries the key that was issued.
    """

    changed = Signal(object)
    keyReceived = Signal(str)

    def __init__(
        self,
        settings: SettingsService,
        keys: KeyService,
        pool: ProviderPool,
        stand_in: StandIn,
        open_url: Callable[[str], bool],
        parent: QObject | None = None,
        *,
        deadline: float = DEADLINE_S,
        ports: tuple[int, ...] | None = None,
        texts: PageTexts | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._keys, self._pool = settings, keys, pool
        self._stand_in, self._open_url = stand_in, open_url
        self._deadline, self._ports, self._texts = deadline, ports, texts
        self._view = SignInView()
        self._attempt: Attempt | None = None
        self._pasted: asyncio.Future[str] | None = None
        self._scope = TaskScope("sign-in")

    @property
    def view(self) -> SignInView:
        """The sign-in as it stands."""
        return self._view

    def begin(self, provider: str) -> None:
        """Sign in at a provider with ``Capability.SIGN_IN``; an earlier attempt is cancelled."""
        self._scope.start(self._run(descriptor_of(provider)), name="run")

    def cancel(self) -> None:
        """Cancel the sign-in, and close the callback's port."""
        self._scope.cancel("run")
        self._set(SignInView())

    def open_code_page(self) -> None:
        """Open the page that shows a code, while the sign-in is waiting."""
        view = self._view
        if view.phase is SignInPhase.WAITING and not self._open_url(view.code_url):
            self._set(replace(view, problem=SignInProblem.NO_BROWSER))

    def submit_code(self, text: str) -> SourceText:
        """Use a code that the user has pasted.

        Args:
            text: the code, or the whole address at which the browser ended.

        Returns:
            Why it cannot be the code, in a sentence; "" where it may be.
        """
        from caal_desktop.sign_in import CodeRefusedError

        if self._attempt is None or self._pasted is None or self._pasted.done():
            return QT_TRANSLATE_NOOP("SignIn", "There is no sign-in that waits for a code.")
        try:
            self._pasted.set_result(self._attempt.code_in(text))
        except CodeRefusedError as error:
            return error.reason
        return NO_TEXT

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()

    async def _run(self, provider: ProviderDescriptor) -> None:
        # Imported here: most runs never sign in.
        from caal_desktop.llm.transport.address import check_fixed_base_url
        from caal_desktop.sign_in import Attempt

        own = provider.base_url
        address = await self._stand_in(provider.name) or own
        api_url = check_fixed_base_url(provider.name, provider.title, address, own)
        attempt = self._attempt = Attempt()
        self._pasted = asyncio.get_running_loop().create_future()
        try:
            code = await self._wait_for_code(attempt, api_url, self._pasted)
            if code is not None:
                await self._exchange(provider, attempt, code)
        finally:
            self._attempt = None
            self._pasted.cancel()

    async def _wait_for_code(self, attempt: Attempt, api_url: str, pasted: asyncio.Future[str]) -> str | None:
        from caal_desktop.sign_in import CallbackServer, PortBusyError
        from caal_desktop.sign_in.callback_server import FALLBACK_PORT
        from caal_desktop.sign_in.pages import ENGLISH

        code_url = attempt.sign_in_url(api_url)
        ports = (0, FALLBACK_PORT) if self._ports is None else self._ports
        server = CallbackServer(attempt, ports=ports, texts=self._texts or ENGLISH)
        try:
            async with asyncio.timeout(self._deadline):
                try:
                    async with server:
                        self._show(attempt.sign_in_url(api_url, server.port), code_url, None)
                        either: list[asyncio.Future[Any]] = [server.answer, pasted]
                        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                        if pasted.done():
                            return pasted.result()
                        callback = server.answer.result()
                except PortBusyError:
                    self._show(code_url, code_url, SignInProblem.PORT_BUSY)
                    return await pasted
        except TimeoutError:
            self._set(SignInView(SignInPhase.FAILED, problem=SignInProblem.EXPIRED))
            return None
        if callback.code is None:
            self._set(SignInView(SignInPhase.FAILED, problem=SignInProblem.DENIED))
        return callback.code

    def _show(self, url: str, code_url: str, problem: SignInProblem | None) -> None:
        opened = self._open_url(url)
        if not opened and problem is None:
            problem = SignInProblem.NO_BROWSER
        self._set(SignInView(SignInPhase.WAITING, url, problem, code_url=code_url))

    async def _exchange(self, provider: ProviderDescriptor, attempt: Attempt, code: str) -> None:
        self._set(SignInView(SignInPhase.EXCHANGING))
        connection = connection_by(self._settings.current, self._keys, provider.name)
        try:
            async with self._pool.use(connection) as client:
                key = await client.exchange_code(code, attempt.verifier)
        except (PermissionRefused, BadRequest) as error:
            self._set(SignInView(SignInPhase.FAILED, problem=SignInProblem.WRONG_CODE, error=error))
        except ProviderError as error:
            self._set(SignInView(SignInPhase.FAILED, problem=SignInProblem.UNREACHABLE, error=error))
        else:
            register_secret(key)
            self._set(SignInView(SignInPhase.DONE))
            self.keyReceived.emit(key)

    def _set(self, view: SignInView) -> None:
        self._view = view
        self.changed.emit(view)
