"""``POST /chat/completions`` of the demo server: from a request to what goes on the wire."""
