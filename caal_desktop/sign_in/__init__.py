"""Signing in with OpenRouter in the system's browser: OAuth with PKCE (RFC 7636), for an app on a desktop (RFC 8252).

Uses no Qt. :class:`Attempt` holds the secrets of one attempt, :class:`CallbackServer` waits for the browser to come
back; the provider layer exchanges the code for a key.
"""

from caal_desktop.sign_in.attempt import Attempt, CodeRefusedError
from caal_desktop.sign_in.callback_server import Callback, CallbackServer, PortBusyError

__all__ = ["Attempt", "Callback", "CallbackServer", "CodeRefusedError", "PortBusyError"]
