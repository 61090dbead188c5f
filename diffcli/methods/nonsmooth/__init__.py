"""Where a tape is not differentiable or not finite, and what is said about it."""
