"""Checks files of certificate authorities. Blocks: a path may lead to a dead network drive."""

from __future__ import annotations

import ssl
from pathlib import Path

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText

MAX_BUNDLE_SIZE = 10_000_000


def bundle_error(path: str) -> FilledText | None:
    """Return why a file of certificate authorities cannot be used, in a sentence; None where it can."""
    try:
        file = Path(path)
        if not file.is_file():
            return FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must name a file that exists."))
        if file.stat().st_size > MAX_BUNDLE_SIZE:
            return FilledText(
                QT_TRANSLATE_NOOP("InvalidSetting", "It must name a file of certificates; this one is too large.")
            )
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must name a file of certificates in PEM form."))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return FilledText(
            QT_TRANSLATE_NOOP("InvalidSetting", "It cannot be read. The system says: {reason}."), {"reason": reason}
        )
    return None
