"""The test chat: conversation, composer, facts."""
