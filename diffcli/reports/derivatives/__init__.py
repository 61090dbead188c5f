"""Gradients, matrices, products, Taylor coefficients, traces and derivations as documents."""
