"""The evaluation trace, the tape of the derivative, and what a sweep costs."""
