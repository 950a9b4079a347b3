"""What lies in a dataset, and which file a name means."""
