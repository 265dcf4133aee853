"""The composition root: what the program is made of, which of its windows are open, and how it starts and ends."""
