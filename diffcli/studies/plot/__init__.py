"""A function over a range of one variable: its values, its derivatives, and where it breaks."""
