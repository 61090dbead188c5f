"""The functions that `math` and NumPy do not have, or have with fewer digits: within 4 units in the last place."""
