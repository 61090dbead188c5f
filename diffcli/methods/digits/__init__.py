"""Digits that are lost on the way to a number: which, where, and what the number is."""
