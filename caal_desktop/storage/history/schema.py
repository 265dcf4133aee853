"""The tables of the conversations' database."""

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

# Trigrams find parts of words, and words of languages that do not separate them.
FTS_SCHEMA = """
CREATE VIRTUAL TABLE message_fts USING fts5(text, content='message', content_rowid='row', tokenize='trigram');
CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
  INSERT INTO message_fts(rowid, text) VALUES (new.row, new.text);
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
  INSERT INTO message_fts(message_fts, rowid, text) VALUES ('delete', old.row, old.text);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text ON message BEGIN
  INSERT INTO message_fts(message_fts, rowid, text) VALUES ('delete', old.row, old.text);
  INSERT INTO message_fts(rowid, text) VALUES (new.row, new.text);
END;
"""
