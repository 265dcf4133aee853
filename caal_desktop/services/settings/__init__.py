"""The settings in memory, and what follows them."""
