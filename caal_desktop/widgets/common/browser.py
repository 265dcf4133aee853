"""Web pages that the program itself links to, opened in the system's browser."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from caal_desktop.commands import CommandId, Need
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.widgets.common.message_box import show_message_box
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.keys.credit_watch import CreditWatch
    from caal_desktop.widgets.common.command_set import CommandSet


def open_in_browser(url: str) -> bool:
    """Open an address in the system's browser and return whether there was one."""
    return QDesktopServices.openUrl(QUrl(url))


def offer_account_pages(commands: CommandSet[[]], provider: str, window: QWidget, credit: CreditWatch) -> None:
    """Bind the account's matters to the provider's pages for these, where it has some.

    Args:
        commands: of the window.
        provider: the provider's name.
        window: the parent of the message that there is no browser.
        credit: looks whether the key can pay when the user comes back.
    """
    descriptor = descriptor_of(provider)

    def change_credit(url: str) -> None:
        credit.expect(provider)
        _open_page(url, window)

    for command, need, run, url in (
        (CommandId.ADD_CREDIT, Need.CREDITS_PAGE, change_credit, descriptor.credits_page),
        (CommandId.RAISE_LIMIT, Need.KEYS_PAGE, change_credit, descriptor.keys_page),
        (CommandId.PRIVACY_PAGE, Need.PRIVACY_PAGE, partial(_open_page, window=window), descriptor.privacy_page),
    ):
        commands.bind(command, partial(run, url))
        commands.set_available(need, bool(url))


def _open_page(url: str, window: QWidget) -> None:
    if not open_in_browser(url):
        show_message_box(
            translate("Browser", "No web browser could be opened"),
            translate("Browser", "Open this address yourself: {url}").format(url=url),
            window,
        )
