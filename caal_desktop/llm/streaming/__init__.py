"""From an answer's bytes to events."""
