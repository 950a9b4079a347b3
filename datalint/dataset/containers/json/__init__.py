"""JSON with the place of every value, also where the document is broken."""
