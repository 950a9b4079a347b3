"""The family DL8, annotations."""
