"""Kernels over the rows of tables: files of any size, frames of other libraries, and clusters."""
