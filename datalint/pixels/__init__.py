"""Opening images: no other module opens one."""
