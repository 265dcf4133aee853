"""The settings: their descriptions, their file, and their way from one version to the next."""
