"""From settings and keys to a provider's client."""
