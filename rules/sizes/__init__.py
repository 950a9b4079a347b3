"""The family DL2, sizes and formats."""
