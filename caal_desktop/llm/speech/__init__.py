"""What a voice needs of an answer."""
