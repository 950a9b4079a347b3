"""The family DL6, duplicates."""
