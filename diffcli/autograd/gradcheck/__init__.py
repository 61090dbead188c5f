"""Gradients of functions of tensors held against differences."""
