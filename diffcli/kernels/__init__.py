"""Kernels: a tape that is compiled once, for one point and for many. Each back end is a reading of the tape of its own.

The package is not called ``compile``, because it would take that name from the function `diffcli.compile` once it is imported.
"""
