"""Blocks and spans into a QTextDocument."""
