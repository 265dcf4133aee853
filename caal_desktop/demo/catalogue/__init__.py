"""The models that the demo server offers."""
