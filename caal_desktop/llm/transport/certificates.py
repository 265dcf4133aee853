"""Files of certificate authorities: reading one, and what is wrong with one that cannot be used.

Blocks: a path may lead to a dead network drive.
"""

from __future__ import annotations

import ssl
import time
from enum import Enum
from pathlib import Path
from typing import Final

MAX_BUNDLE_SIZE: Final = 10_000_000
CERTIFICATE_FILE: Final = "SSL_CERT_FILE"
"""The environment variable of a file of certificate authorities, which takes the place of the system's own."""
CERTIFICATE_FOLDER: Final = "SSL_CERT_DIR"
"""The same for a folder, where the other one is not set."""


class BundleFault(Enum):
    """Why a file of certificate authorities cannot be used."""

    MISSING = "missing"
    TOO_LARGE = "too large"
    NO_CERTIFICATES = "no certificates"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"


class BundleError(Exception):
    """A file of certificate authorities cannot be used.

    Attributes:
        fault: why not.
        path: the file.
        variable: the environment variable that names it; "" for the settings.
        system_text: the system's own words; may be "".
    """

    def __init__(self, fault: BundleFault, path: str, system_text: str = "", *, variable: str = "") -> None:
        super().__init__(f"{path}: {system_text or fault.value}")
        self.fault = fault
        self.path = path
        self.variable = variable
        self.system_text = system_text


def load_bundle(context: ssl.SSLContext, path: str, *, variable: str = "") -> None:
    """Trust the authorities of a file in PEM form.

    Args:
        context: what is to trust them.
        path: the file.
        variable: the environment variable that names it; "" for the settings.

    Raises:
        BundleError: the file cannot be read, or holds no certificates.
    """
    try:
        file = Path(path)
        # Anything else than a file, a pipe for example, could be read without an end.
        fault = None if file.is_file() else BundleFault.MISSING
        if fault is None and file.stat().st_size > MAX_BUNDLE_SIZE:
            fault = BundleFault.TOO_LARGE
        if fault is None:
            context.load_verify_locations(path)
            return
        system_text = ""
    except ssl.SSLError as error:
        fault, system_text = BundleFault.NO_CERTIFICATES, error.reason or ""
    except (OSError, ValueError) as error:
        fault, system_text = BundleFault.UNREADABLE, getattr(error, "strerror", None) or str(error)
    raise BundleError(fault, path, system_text, variable=variable)


def check_bundle(path: str) -> None:
    """Check whether a file of certificate authorities can be used today.

    Raises:
        BundleError: it cannot: see :func:`load_bundle`; or each of its authorities' certificates has expired.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    load_bundle(context, path)
    ends = [ssl.cert_time_to_seconds(str(authority["notAfter"])) for authority in context.get_ca_certs()]
    if ends and max(ends) < time.time():
        raise BundleError(BundleFault.EXPIRED, path)
