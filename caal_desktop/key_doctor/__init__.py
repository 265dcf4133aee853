"""Examines, offline, what a user pasted as an API key: finds the key in it, or says what the text is instead.

Uses neither Qt nor the network. No message and no ``repr`` contains the pasted text.
"""

from __future__ import annotations

from caal_desktop.key_doctor.diagnosis import CLEANUP_TEXTS, Cleanup, Diagnosis, KeyVerdict
from caal_desktop.key_doctor.doctor import diagnose

__all__ = ["CLEANUP_TEXTS", "Cleanup", "Diagnosis", "KeyVerdict", "diagnose"]
