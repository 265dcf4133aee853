"""The handlers of the demo server's paths; each module has a table of its routes."""

API = "/api/v1"
