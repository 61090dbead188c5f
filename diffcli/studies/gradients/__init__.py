"""Gradients that somebody's own code claims, compared with the computed ones."""
