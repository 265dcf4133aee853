"""Reads streamed answers: bytes, server-sent events, events of the provider layer."""
