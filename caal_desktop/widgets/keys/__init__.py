"""What is shown of a provider's key, and where one is given."""
