"""The providers' clients. They stay apart from the descriptors, which the first window needs."""
