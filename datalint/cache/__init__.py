"""The cache: facts kept from scan to scan, by content."""
