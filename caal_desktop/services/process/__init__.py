"""One run of the program as a process."""
