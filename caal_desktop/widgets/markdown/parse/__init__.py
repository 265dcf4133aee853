"""Turns Markdown into blocks and spans, line by line as it arrives. No Qt here."""
