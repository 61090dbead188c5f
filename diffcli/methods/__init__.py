"""The ways to a derivative: a file each, all readings of one tape."""
