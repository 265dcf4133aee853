"""What each path of the demo server answers; each module has a table of its routes."""

API = "/api/v1"
