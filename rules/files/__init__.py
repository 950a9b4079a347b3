"""The family DL1, files."""
