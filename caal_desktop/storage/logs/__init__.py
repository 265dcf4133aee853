"""The log file, and what never gets into it."""
