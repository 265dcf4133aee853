"""CAAL Desktop: sets up a language model for the CAAL voice assistant.

Nothing is imported here: the voice agent imports :mod:`caal_desktop.llm` alone, and imports delay the program's start.
"""

__version__ = "0.1.0"
