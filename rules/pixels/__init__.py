"""The family DL3, pixels."""
