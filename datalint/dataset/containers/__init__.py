"""Bytes to values that know their place: line, column, JSON pointer."""
