"""The settings of a scan: what they are, and where they come from."""
