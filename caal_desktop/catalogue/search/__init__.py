"""Search as you type among hundreds or thousands of models."""
