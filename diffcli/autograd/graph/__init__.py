"""The graph of functions behind a tensor, and the backward pass over it."""
