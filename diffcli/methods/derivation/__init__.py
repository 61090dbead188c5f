"""A derivative by hand: the rules of differentiation, applied step by step."""
