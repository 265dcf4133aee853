"""Windows, pages and panes. Synchronous: they emit intents and draw results."""
