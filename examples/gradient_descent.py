"""Gradient descent on a bowl with a fold: every kink on the way is told.

$ python examples/gradient_descent.py
"""

import diffcli

program = diffcli.parse("(x - 1)^2 + abs(y)")
point = {"x": 0.0, "y": 0.5}

for step in range(6):
    result = diffcli.grad(program, point)
    told = ", ".join(note.code for note in result.notes) or "smooth"
    print(f"{step}  x = {point['x']:.4f}  y = {point['y']:+.4f}  f = {result.value:.4f}  ({told})")
    point = {name: value - 0.25 * result.gradient[name] for name, value in point.items()}
