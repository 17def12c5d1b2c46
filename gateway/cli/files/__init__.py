"""Devices in files, which `gateway import` reads and `gateway export` writes: CSV, and JSON an object a line."""
