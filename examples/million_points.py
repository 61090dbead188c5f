"""The price of a million options, and its derivatives, in a few lines: delta, rho and vega at once.

$ python examples/million_points.py
"""

import numpy as np

import diffcli

BLACK_SCHOLES = """
d1 = (log(S/K) + (r + sigma^2/2)*T)/(sigma*sqrt(T))
d2 = d1 - sigma*sqrt(T)
N(x) = (1 + erf(x/sqrt(2)))/2
S*N(d1) - K*exp(-r*T)*N(d2)
"""

k = diffcli.compile(BLACK_SCHOLES, wrt="S, r, sigma")
print("arguments:", ", ".join(k.inputs))

strikes, spots = np.linspace(80, 120, 1000), np.linspace(90, 110, 1000)[:, None]
prices, (delta, rho, vega) = k(S=spots, K=strikes, r=0.03, sigma=0.2, T=0.5)
print("prices:", prices.shape, "from", f"{prices.min():.4f}", "to", f"{prices.max():.4f}")
print("delta: ", f"{delta.min():.4f}", "to", f"{delta.max():.4f}")
print("vega:  ", f"{vega.min():.4f}", "to", f"{vega.max():.4f}")

# the memory of results may be used again
again = np.empty((1000, 1000)), tuple(np.empty((1000, 1000)) for _ in range(3))
k(S=spots, K=strikes, r=0.03, sigma=0.2, T=0.5, out=again)
print("the same:", np.array_equal(again[0], prices))
print("one price:", f"{k(S=100.0, K=100.0, r=0.03, sigma=0.2, T=0.5)[0]:.6f}")
