"""The providers' keys."""
