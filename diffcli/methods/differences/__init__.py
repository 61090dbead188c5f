"""Finite differences: stencils, steps, and error bars that hold."""
