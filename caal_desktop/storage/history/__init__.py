"""The conversations, in SQLite."""
