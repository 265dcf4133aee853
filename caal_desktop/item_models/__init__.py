"""Qt item models and proxies; "model" alone always means a language model."""
