"""What those who work on the gateway run."""
