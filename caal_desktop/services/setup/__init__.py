"""Carrying out the first-run wizard."""
