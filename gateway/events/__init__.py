"""The log of changes as a process follows it, and who is told of what is new in it."""
