"""What is known about models, and how it is read from a server's answer."""
