"""The functions that `math` and NumPy do not have, or have with fewer digits: within 4 units in the last place.

Between the poles left of 0 it is 6, as a reflection rounds more; beside the roots there it is 4 again.
"""
