"""Looks at what a person pasted as an API key, offline: finds the key in it, or says kindly what it is instead.

Knows no Qt and no network. No message and no ``repr`` contains the pasted text.
"""

from __future__ import annotations

from caal_desktop.key_doctor.diagnosis import CLEANUP_TEXTS, Cleanup, Diagnosis, KeyVerdict
from caal_desktop.key_doctor.doctor import diagnose

__all__ = ["CLEANUP_TEXTS", "Cleanup", "Diagnosis", "KeyVerdict", "diagnose"]
