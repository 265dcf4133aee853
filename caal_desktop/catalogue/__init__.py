"""Choosing among many models: search, filters, fitness for voice, prices in human terms. Knows no Qt."""
