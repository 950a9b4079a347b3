"""What formats hand over, and how several sources become one dataset."""
