"""Which rules there are, and a page for each."""
