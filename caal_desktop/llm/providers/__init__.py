"""The providers, one module each, and what is known about each."""
