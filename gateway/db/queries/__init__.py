"""Every SELECT. Each takes the caller, whose reach is part of its WHERE."""
