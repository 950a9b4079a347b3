"""The family DL5, balance."""
