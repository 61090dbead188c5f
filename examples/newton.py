"""Newton's method for a root, with the slope from diffcli.

$ python examples/newton.py
"""

import diffcli

program = diffcli.parse("x*exp(x) - 1")

x = 1.0
for step in range(8):
    result = diffcli.grad(program, {"x": x})
    print(f"{step}  x = {x:.15f}  f = {result.value:+.1e}")
    if abs(result.value) < 1e-15:
        break
    x -= result.value / result.gradient["x"]
