"""A graph as a tree, a picture, or source for other programs."""
