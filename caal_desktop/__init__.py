"""CAAL Desktop: from nothing to a working language model for the CAAL voice assistant.

Nothing is imported here: the voice agent imports :mod:`caal_desktop.llm` alone, and the program's start is measured.
"""

__version__ = "0.1.0"
