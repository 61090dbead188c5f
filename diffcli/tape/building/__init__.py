"""New rows on a tape: simplified, shared, or written out in numbers."""
