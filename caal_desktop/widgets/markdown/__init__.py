"""Streaming Markdown: parses an answer and writes it into a QTextDocument while it arrives."""
