"""Markdown to blocks and spans, line by line as it arrives. Knows no Qt."""
