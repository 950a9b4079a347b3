"""Formats that are known and not read."""
