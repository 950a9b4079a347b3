"""Formats of labels, a file or a folder each."""
