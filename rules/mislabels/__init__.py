"""The family DL9, mislabels."""
