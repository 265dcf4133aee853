"""The system's keyring."""
