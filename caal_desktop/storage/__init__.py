"""What the program keeps on disk and in the keyring. Knows no Qt."""
