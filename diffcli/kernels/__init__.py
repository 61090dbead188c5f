"""Kernels: a tape that is compiled once, for one point and for many. Each back end is a reading of the tape of its own."""
