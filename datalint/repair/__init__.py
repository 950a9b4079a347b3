"""From findings to a repaired dataset: what to change (plan.py), byte for byte (edits.py), in a copy or in place."""
