"""One function for each use case: load, decide, save.

Each takes a transaction and a command, and awaits nothing but the transaction (`use_case`). Each reads as a whole.
"""
