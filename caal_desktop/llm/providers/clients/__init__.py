"""The providers' clients, apart from the descriptors, since the first window needs those alone."""
