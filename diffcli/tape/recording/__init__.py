"""A Python function onto a tape."""
