"""Derivatives compiled: `diffcli.compile`, the kernels that it makes, and the tapes that they run."""
