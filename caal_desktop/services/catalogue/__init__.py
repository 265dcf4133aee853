"""The list of models and what is asked about it."""
