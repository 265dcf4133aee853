"""Access to the demo server: its keys, and the sign-in that gives one."""
