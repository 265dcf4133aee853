"""Choosing among many models: search, filters, fitness for voice, what an hour of talking costs. Knows no Qt."""
