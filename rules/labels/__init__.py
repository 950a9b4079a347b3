"""The family DL4, labels."""
