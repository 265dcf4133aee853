"""Keeping the conversations: what of them is written, and taking them out and in."""
