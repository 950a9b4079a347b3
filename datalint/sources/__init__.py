"""Where the bytes of a dataset come from: no other module opens a file of it."""
