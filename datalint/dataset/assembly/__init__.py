"""What formats return, and how several sources become one dataset."""
