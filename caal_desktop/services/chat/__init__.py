"""The conversation with a model: asking, keeping, counting what it costs."""
