"""What is kept from scan to scan, by content."""
