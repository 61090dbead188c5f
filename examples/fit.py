"""A curve fitted to data with SciPy: the residuals and their Jacobian from one kernel.

$ python examples/fit.py
"""

import numpy as np

import diffcli

try:
    from scipy.optimize import curve_fit, least_squares
except ImportError:
    raise SystemExit("this example needs SciPy: pip install scipy") from None

times = np.linspace(0, 4, 40)
measured = 2.5 * np.exp(-1.3 * times) + 0.5 + 0.02 * np.sin(37 * times)

# one residual for each time: the vector (a, b, c) first, the data by name
residual = diffcli.compile("a*exp(-b*t) + c - y", wrt="a, b, c")
found = least_squares(residual.fun, [1, 1, 0], jac=residual.jac, kwargs={"t": times, "y": measured})
print("least_squares:", found.x.round(3), f"after {found.nfev} evaluations")

# the same with curve_fit, which gives the parameters one by one
curve = diffcli.compile("a*exp(-b*t) + c", wrt="a, b, c")
parameters, _ = curve_fit(
    lambda t, *p: curve.fun(p, t), times, measured, p0=[1, 1, 0], jac=lambda t, *p: curve.jac(p, t)
)  # fmt: skip
print("curve_fit:    ", parameters.round(3))
