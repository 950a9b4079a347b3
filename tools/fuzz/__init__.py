"""A fuzzer: scans of folders full of damaged files, and what must hold of each scan. See `__main__.py`."""
