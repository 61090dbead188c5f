"""A program, or a tensor, as a graph of operations."""
