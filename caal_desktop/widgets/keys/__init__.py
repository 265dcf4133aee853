"""A provider's key: what is shown of it, and the controls to enter one."""
