"""A tape's values, and the rule texts of the tables, compiled."""
