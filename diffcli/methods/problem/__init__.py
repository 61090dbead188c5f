"""A question ready to be answered: a program on its tape, at a point, for some of its variables."""
