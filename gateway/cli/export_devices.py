"""`gateway export`."""
