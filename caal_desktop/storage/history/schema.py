"""The tables of the conversations' database.

There is no full-text index. At ten thousand messages one of trigrams took three times the room of the messages, made
writing them twenty times slower, and saved thirty milliseconds of a search; and it kept the trigrams of what had been
deleted until all of it was made anew. Version 0.1.0 had one, which is removed where it is found; and it kept what was
being written among the notes, which is taken over.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE conversation(
  id TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
  options TEXT NOT NULL DEFAULT '{}', deleted REAL
);
CREATE TABLE message(
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL REFERENCES conversation(id),
  parent TEXT, role TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL,
  text TEXT NOT NULL DEFAULT '', reasoning TEXT NOT NULL DEFAULT '', extra TEXT NOT NULL DEFAULT '{}',
  shown INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX message_conversation ON message(conversation);
CREATE INDEX message_parent ON message(parent);
CREATE TABLE piece(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX piece_message ON piece(message);
CREATE TABLE note(name TEXT PRIMARY KEY, value TEXT NOT NULL)
"""

# What is read and written of them; reading none of their rows fails where one is missing.
PROBES = (
    "SELECT id, title, created, updated, options, deleted FROM conversation LIMIT 0",
    "SELECT row, id, conversation, parent, role, status, created, text, reasoning, extra, shown FROM message LIMIT 0",
    "SELECT seq, message, kind, text FROM piece LIMIT 0",
    "SELECT name, value FROM note LIMIT 0",
)

OLD_INDEX = "message_fts"
OLD_TRIGGERS = ("message_added", "message_removed", "message_changed")
OLD_DRAFT = "draft"
