"""A minimum with SciPy: value, gradient and Hessian from one kernel.

$ python examples/minimise.py
"""

import diffcli

try:
    from scipy.optimize import minimize
except ImportError:
    raise SystemExit("this example needs SciPy: pip install scipy") from None

text = " + ".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(1, 10))
k = diffcli.compile(text, order=2)
start = [-1.2, 1.0] * 5

found = minimize(k.fun_and_jac, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-8})
print("L-BFGS-B:    ", found.x.round(4) + 0, found.success)

found = minimize(k.fun, start, jac=k.jac, hess=k.hess, method="trust-exact")
print("trust region:", found.x.round(4) + 0, found.success)
