"""Streaming Markdown: an answer is parsed and drawn into a QTextDocument while it arrives."""
