"""The family DL7, splits."""
