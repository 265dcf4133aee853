"""The list of models and what narrows and orders it."""
