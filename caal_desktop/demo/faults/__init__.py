"""Every failure that the demo server can inject."""
