"""Masks: pictures whose pixels are classes or objects."""
