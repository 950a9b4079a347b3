"""Deal a dataset into train, val and test: what belongs together (groups.py), by class (stratify.py), written as lists,
a column or folders, and checked."""
