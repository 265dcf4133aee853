"""Whether a model is fit for a voice assistant, what an hour of it costs, and which one to recommend."""
