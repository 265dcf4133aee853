"""Says in the settings' words what is wrong with a file of certificate authorities.

Blocks: a path may lead to a dead network drive.
"""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText, SourceText
from caal_desktop.llm.transport.certificates import BundleError, BundleFault, check_bundle

_REASONS: Final[dict[BundleFault, SourceText]] = {
    BundleFault.MISSING: QT_TRANSLATE_NOOP("InvalidSetting", "It must name a file that exists."),
    BundleFault.TOO_LARGE: QT_TRANSLATE_NOOP(
        "InvalidSetting", "It must name a file of certificates; this one is too large."
    ),
    BundleFault.NO_CERTIFICATES: QT_TRANSLATE_NOOP(
        "InvalidSetting", "It must name a file of certificates in PEM form."
    ),
    BundleFault.UNREADABLE: QT_TRANSLATE_NOOP("InvalidSetting", "It cannot be read. The system says: {reason}."),
    BundleFault.EXPIRED: QT_TRANSLATE_NOOP(
        "InvalidSetting", "Its certificates have expired. The network's owner has newer ones."
    ),
}


def bundle_error(path: str) -> FilledText | None:
    """Return why a file of certificate authorities cannot be used, in a sentence; None where it can."""
    try:
        check_bundle(path)
    except BundleError as error:
        text = _REASONS[error.fault]
        return FilledText(text, {"reason": error.system_text} if "{reason}" in text else {})
    return None
