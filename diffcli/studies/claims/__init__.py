"""Derivatives worked out by hand, proved or disproved."""
