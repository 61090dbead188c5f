"""The derivative of a Python function, with an error bar, and what there is at a corner.

$ python examples/error_bars.py
"""

import math

import diffcli


def orbit(eccentricity: float) -> float:
    """The eccentric anomaly at a quarter of the period, by Newton's method for Kepler's equation."""
    angle = math.pi / 2
    for _ in range(20):
        angle -= (angle - eccentricity * math.sin(angle) - math.pi / 2) / (1 - eccentricity * math.cos(angle))
    return angle


found = diffcli.difference(orbit, 0.2)
exact = math.sin(orbit(0.2)) / (1 - 0.2 * math.cos(orbit(0.2)))
print(f"dE/de = {found.estimate:.10f}, exactly {exact:.10f}")
print("the error is within the bar:", abs(found.estimate - exact) <= found.error)

corner = diffcli.difference(lambda x: max(x, 0.0), 0.0)
print(f"max(x, 0) at 0: {corner.reason}: {corner.left} and {corner.right}")
