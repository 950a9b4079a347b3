"""The files of a dataset, and which file a name means."""
