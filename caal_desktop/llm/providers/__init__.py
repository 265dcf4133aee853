"""The providers: a descriptor of each, the registry that lists them, and their clients."""
