"""Whether a file of certificate authorities can be used. Blocks: a path may lead to a dead network drive."""

from __future__ import annotations

import ssl
from pathlib import Path

MAX_BUNDLE_SIZE = 10_000_000


def bundle_problem(path: str) -> str:
    """Why a file of certificate authorities cannot be used, as a short clause in English; "" where it can."""
    try:
        file = Path(path)
        if not file.is_file():
            return "must name a file that exists"
        if file.stat().st_size > MAX_BUNDLE_SIZE:
            return "must name a file of certificates; this one is too large"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "must name a file of certificates in PEM form"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return ""
