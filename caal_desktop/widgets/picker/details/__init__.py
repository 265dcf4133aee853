"""One model in detail, and several side by side."""
