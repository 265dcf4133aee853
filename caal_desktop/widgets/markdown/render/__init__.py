"""Writes blocks and spans into a QTextDocument."""
