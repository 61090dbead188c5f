"""Sweeps over a tape: forward, reverse, to a tape of the derivative, to Taylor coefficients. They know only a tape."""
