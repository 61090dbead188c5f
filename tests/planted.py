"""Wrong gradients in NumPy code, with the entry that is wrong and the slip; and right ones that are hard to check.

Each case is a function of arrays that returns a number, and a function that returns its gradient by the parameters in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

RNG = np.random.default_rng(20)
X = RNG.normal(size=(7, 4))
Y = RNG.normal(size=7)
SIGNS = np.sign(Y)
LABELS = np.array([0, 2, 1, 2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]
KERNEL = RNG.normal(size=3)
SIGNAL = RNG.normal(size=9)
SQUARE = RNG.normal(size=(4, 4))
QUERY = RNG.normal(size=(5, 4))
BATCH = 7


class Case(NamedTuple):
    name: str
    function: Callable[..., Any]
    gradient: Callable[..., Any]
    at: dict[str, Any]
    wrong: str = ""
    """The variable of which something wrong is claimed."""
    slip: str = ""
    """Words of the slip that is named; empty where none is."""


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    weights = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


# -- functions and their right gradients ---------------------------------------------------------------------------------------


def squares(w, b):
    return np.mean((X @ w + b - Y) ** 2)


def squares_gradient(w, b):
    r = X @ w + b - Y
    return 2 * X.T @ r / BATCH, 2 * np.mean(r)


def ridge(w):
    return np.sum((X @ w - Y) ** 2) + 0.3 * np.sum(w**2)


def ridge_gradient(w):
    return 2 * X.T @ (X @ w - Y) + 0.6 * w


def logistic(w, b):
    return np.mean(np.log1p(np.exp(-SIGNS * (X @ w + b))))


def logistic_gradient(w, b):
    s = -SIGNS * sigmoid(-SIGNS * (X @ w + b)) / BATCH
    return X.T @ s, np.sum(s)


def cross_entropy(W):
    z = X @ W
    return -np.sum(ONE_HOT * z) + np.sum(np.log(np.sum(np.exp(z), axis=1)))


def cross_entropy_gradient(W):
    return X.T @ (softmax(X @ W) - ONE_HOT)


def layer(W, b):
    return np.sum(np.tanh(X @ W + b) ** 2)


def layer_gradient(W, b):
    t = np.tanh(X @ W + b)
    d = 2 * t * (1 - t**2)
    return X.T @ d, np.sum(d, axis=0)


def network(U, v):
    return np.mean((np.tanh(X @ U) @ v - Y) ** 2)


def network_gradient(U, v):
    h = np.tanh(X @ U)
    r = 2 * (h @ v - Y) / BATCH
    return X.T @ (np.outer(r, v) * (1 - h**2)), h.T @ r


def rectified(W, v):
    return np.sum((np.maximum(X @ W, 0.0) @ v - Y) ** 2)


def rectified_gradient(W, v):
    z = X @ W
    h = np.maximum(z, 0.0)
    r = 2 * (h @ v - Y)
    return X.T @ (np.outer(r, v) * (z > 0)), h.T @ r


def quadratic(x):
    return x @ SQUARE @ x


def quadratic_gradient(x):
    return (SQUARE + SQUARE.T) @ x


def bilinear(A):
    return np.sum(np.sin(QUERY @ A @ QUERY.T))


def bilinear_gradient(A):
    return QUERY.T @ np.cos(QUERY @ A @ QUERY.T) @ QUERY


def convolution(k):
    out = k[0] * SIGNAL[:-2] + k[1] * SIGNAL[1:-1] + k[2] * SIGNAL[2:]
    return np.sum(out**2)


def convolution_gradient(k):
    out = k[0] * SIGNAL[:-2] + k[1] * SIGNAL[1:-1] + k[2] * SIGNAL[2:]
    return np.array([2 * out @ SIGNAL[:-2], 2 * out @ SIGNAL[1:-1], 2 * out @ SIGNAL[2:]])


def differences(x):
    return np.sum((x[1:] - x[:-1]) ** 2)


def differences_gradient(x):
    d = 2 * (x[1:] - x[:-1])
    return np.concatenate([[0.0], d]) - np.concatenate([d, [0.0]])


def attention(Q, K):
    return np.sum(softmax(Q @ K.T / 2.0) ** 2)


def attention_gradient(Q, K):
    p = softmax(Q @ K.T / 2.0)
    g = 2 * p
    s = p * (g - np.sum(g * p, axis=1, keepdims=True)) / 2.0
    return s @ K, s.T @ Q


def norm(x):
    return np.sqrt(np.sum(x**2))


def norm_gradient(x):
    return x / np.sqrt(np.sum(x**2))


def huber(x):
    return np.sum(np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5))


def huber_gradient(x):
    return np.where(np.abs(x) < 1, x, np.sign(x))


def poisson(w):
    z = X @ w
    return np.sum(np.exp(z) - np.abs(Y) * z)


def poisson_gradient(w):
    return X.T @ (np.exp(X @ w) - np.abs(Y))


def gaussian(mu, sigma):
    return np.sum(np.log(sigma) + (Y - mu) ** 2 / (2 * sigma**2))


def gaussian_gradient(mu, sigma):
    return np.sum(mu - Y) / sigma**2, np.sum(1 / sigma - (Y - mu) ** 2 / sigma**3)


def entropy(z):
    p = softmax(z)
    return -np.sum(p * np.log(p))


def entropy_gradient(z):
    p = softmax(z)
    h = np.log(p)
    return -p * (h - np.sum(p * h))


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    inner = x[1:] - x[:-1] ** 2
    found = np.zeros_like(x)
    found[:-1] = -400 * x[:-1] * inner - 2 * (1 - x[:-1])
    found[1:] += 200 * inner
    return found


def standardised(x):
    return np.sum(((x - np.mean(x)) / np.std(x)) ** 3)


def standardised_gradient(x):
    n, c, s = x.size, x - np.mean(x), np.std(x)
    g = 3 * c**2 / s**3
    return g - np.mean(g) - c * np.sum(g * c) / (n * s**2)


SCALES = 10.0 ** np.arange(-9, 10, 3)
LARGE = RNG.normal(size=2000)


def single(function):
    """A gradient that is computed in single precision."""
    return lambda *arguments: tuple(
        np.asarray(part, np.float32) for part in _as_tuple(function(*[np.asarray(each, np.float32) for each in arguments]))
    )


def _as_tuple(given):
    return given if isinstance(given, tuple) else (given,)


def scaled(x):
    return np.sum(SCALES * np.sin(x / SCALES))


def weighted(x):
    return np.sum(SCALES * x) + np.sum((SCALES * x) ** 2) / 2


def weighted_gradient(x):
    return SCALES + SCALES**2 * x


def log_sum_exp(z):
    top = np.max(z)
    return top + np.log(np.sum(np.exp(z - top)))


def hinge(w):
    return np.sum(np.maximum(0.0, 1 - SIGNS * (X @ w)))


def hinge_gradient(w):
    return -X.T @ (SIGNS * (1 - SIGNS * (X @ w) > 0))


def binary(z):
    return np.sum(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0.0) - z * (Y > 0))


def cosine(x, y):
    return x @ y / (np.sqrt(x @ x) * np.sqrt(y @ y))


def cosine_gradient(x, y):
    a, b = np.sqrt(x @ x), np.sqrt(y @ y)
    c = x @ y / (a * b)
    return y / (a * b) - c * x / a**2, x / (a * b) - c * y / b**2


def cancelling(x):
    return np.sum((1e6 + x) ** 2 - 1e12)


w4 = RNG.normal(size=4)
W43 = RNG.normal(size=(4, 3))
V3 = RNG.normal(size=3)
K54 = RNG.normal(size=(5, 4))
A44 = RNG.normal(size=(4, 4))
X6 = RNG.normal(size=6)
STALE = {"w": w4 + 0.5}


def _cached(w):
    return poisson_gradient(STALE["w"])


def _momentum(w, b):
    gradient = squares_gradient(w, b)
    return gradient[0], squares_gradient(STALE["w"], 0.7)[1]


def _forgotten_duplicates(x):
    found = np.zeros_like(x)
    index = np.array([0, 1, 2, 0])
    found[index] += 2 * x[index]  # NumPy adds once where an index comes twice
    return found


def _gather(x):
    return np.sum(x[np.array([0, 1, 2, 0])] ** 2)


def _one_entry(x):
    found = quadratic_gradient(x)
    found[2] += 1e-3
    return found


def _shifted(k):
    return np.roll(convolution_gradient(k), 1)


# -- wrong ones ----------------------------------------------------------------------------------------------------------------

PLANTED = [
    # -- a sign
    Case("sign of a bias", squares, lambda w, b: (squares_gradient(w, b)[0], -squares_gradient(w, b)[1]), {"w": w4, "b": 0.3}, "b", "sign"),
    Case("gradient of the likelihood, not of the loss", logistic, lambda w, b: tuple(-g for g in logistic_gradient(w, b)), {"w": w4, "b": 0.1}, "w", "sign"),
    Case("sign of a penalty", ridge, lambda w: ridge_gradient(w) - 1.2 * w, {"w": w4}, "w", "sign of the term through 0.3 * np.sum(w**2)"),
    Case("sign inside a chain", poisson, lambda w: X.T @ (np.exp(X @ w) + np.abs(Y)), {"w": w4}, "w", "sign of the term"),
    # -- a factor
    Case("factor 2 of a square", squares, lambda w, b: tuple(g / 2 for g in squares_gradient(w, b)), {"w": w4, "b": 0.3}, "w", "factor 2 is missing"),
    Case("factor 2 too much", network, lambda U, v: (network_gradient(U, v)[0], 2 * network_gradient(U, v)[1]), {"U": W43, "v": V3}, "v", "factor 2 is too much"),
    Case("3/2 of it", standardised, lambda x: 1.5 * standardised_gradient(x), {"x": X6}, "x", "3/2 times"),
    Case("factor 2 of a penalty", ridge, lambda w: ridge_gradient(w) - 0.3 * w, {"w": w4}, "w", "in the term through 0.3 * np.sum(w**2) the factor 2 is missing"),
    Case("the square root forgotten", norm, lambda x: x, {"x": X6}, "x", ""),
    # -- a mean for a sum
    Case("sum for a mean", squares, lambda w, b: (BATCH * squares_gradient(w, b)[0], squares_gradient(w, b)[1]), {"w": w4, "b": 0.3}, "w", "a sum for a mean"),
    Case("mean for a sum", cross_entropy, lambda W: cross_entropy_gradient(W) / BATCH, {"W": W43}, "W", "a mean for a sum"),
    # -- a missing term
    Case("penalty forgotten", ridge, lambda w: 2 * X.T @ (X @ w - Y), {"w": w4}, "w", "the term through 0.3 * np.sum(w**2) is missing"),
    Case("one side of a quadratic form", quadratic, lambda x: SQUARE @ x, {"x": w4}, "x", "is missing"),
    Case("log(sigma) forgotten", gaussian, lambda mu, sigma: (gaussian_gradient(mu, sigma)[0], -np.sum((Y - mu) ** 2) / sigma**3), {"mu": 0.2, "sigma": 1.3}, "sigma", "is missing"),
    Case("labels forgotten", cross_entropy, lambda W: X.T @ softmax(X @ W), {"W": W43}, "W", "is missing"),
    Case("softmax as if it were elementwise", attention, lambda Q, K: ((p := softmax(Q @ K.T / 2.0)) * p * (1 - p) @ K, attention_gradient(Q, K)[1]), {"Q": QUERY, "K": K54}, "Q", ""),
    # -- transposed, in reverse order, off by one index
    Case("transposed", bilinear, lambda A: bilinear_gradient(A).T, {"A": A44}, "A", "transposed"),
    Case("kernel in reverse order", convolution, lambda k: convolution_gradient(k)[::-1], {"k": KERNEL}, "k", "in reverse order"),
    Case("off by one index", rosenbrock, lambda x: np.roll(rosenbrock_gradient(x), 1), {"x": X6}, "x", "shifted by one index"),
    Case("off by one in a convolution", convolution, _shifted, {"k": KERNEL}, "k", "shifted by one index"),
    # -- a forgotten chain
    Case("tanh forgotten", layer, lambda W, b: (X.T @ (2 * np.tanh(X @ W + b)), layer_gradient(W, b)[1]), {"W": W43, "b": V3}, "W", "outer derivative of np.tanh(X @ W + b) is missing"),
    Case("the square forgotten", layer, lambda W, b: (layer_gradient(W, b)[0], np.sum(1 - np.tanh(X @ W + b) ** 2, axis=0)), {"W": W43, "b": V3}, "b", "outer derivative of np.tanh(X @ W + b) ** 2 is missing"),
    Case("relu forgotten", rectified, lambda W, v: (X.T @ np.outer(2 * (np.maximum(X @ W, 0.0) @ v - Y), v), rectified_gradient(W, v)[1]), {"W": W43, "v": V3}, "W", "np.maximum(X @ W, 0.0)"),
    Case("scale of attention forgotten", attention, lambda Q, K: (2 * attention_gradient(Q, K)[0], attention_gradient(Q, K)[1]), {"Q": QUERY, "K": K54}, "Q", "factor 2 is too much"),
    # -- a wrong branch
    Case("the other branch at a bound", huber, lambda x: np.where(np.abs(x) < 2, x, np.sign(x)), {"x": np.array([0.3, -1.4, 1.7, -0.2, 2.5])}, "x", "the wrong branch of np.where("),
    Case("sign at the wrong place", huber, lambda x: np.sign(x), {"x": np.array([0.3, -1.4, 1.7, -0.2, 2.5])}, "x", "the wrong branch of np.where("),
    # -- a stale value
    Case("a cached gradient", poisson, _cached, {"w": w4}, "w", "the same at every point, as a stale value is"),
    Case("half of it stale", squares, _momentum, {"w": w4, "b": 0.3}, "b", "the same at every point, as a stale value is"),
    # -- variables, entries
    Case("swapped variables", gaussian, lambda mu, sigma: gaussian_gradient(mu, sigma)[::-1], {"mu": 0.2, "sigma": 1.3}, "mu", "the derivative by `sigma`, not by `mu`"),
    Case("an index that comes twice", _gather, _forgotten_duplicates, {"x": X6[:4]}, "x", "one entry alone"),
    Case("one entry", quadratic, _one_entry, {"x": w4}, "x", "one entry alone is wrong, x[2]"),
    # -- where scales differ, and in single precision
    Case("factor 2 of the smallest entry", weighted, lambda x: np.where(np.arange(7) == 0, 2.0, 1.0) * weighted_gradient(x), {"x": np.linspace(0.5, 1.5, 7)}, "x", "one entry alone is wrong, x[0]"),
    Case("one in a thousand, in single precision", network, single(lambda U, v: (network_gradient(U, v)[0], 1.001 * network_gradient(U, v)[1])), {"U": W43, "v": V3}, "v", ""),
    Case("nothing", entropy, lambda z: np.zeros_like(z), {"z": X6}, "z", "is not 0"),
]  # fmt: skip

# -- right ones that are hard to check -----------------------------------------------------------------------------------------

RIGHT = [
    Case("least squares", squares, squares_gradient, {"w": w4, "b": 0.3}),
    Case("ridge", ridge, ridge_gradient, {"w": w4}),
    Case("logistic", logistic, logistic_gradient, {"w": w4, "b": 0.1}),
    Case("cross entropy", cross_entropy, cross_entropy_gradient, {"W": W43}),
    Case("a layer", layer, layer_gradient, {"W": W43, "b": V3}),
    Case("a network", network, network_gradient, {"U": W43, "v": V3}),
    Case("a network of relu", rectified, rectified_gradient, {"W": W43, "v": V3}),
    Case("quadratic form", quadratic, quadratic_gradient, {"x": w4}),
    Case("bilinear form", bilinear, bilinear_gradient, {"A": A44}),
    Case("convolution", convolution, convolution_gradient, {"k": KERNEL}),
    Case("differences of neighbours", differences, differences_gradient, {"x": X6}),
    Case("attention", attention, attention_gradient, {"Q": QUERY, "K": K54}),
    Case("entropy", entropy, entropy_gradient, {"z": X6}),
    Case("standardised", standardised, standardised_gradient, {"x": X6}),
    Case("cosine", cosine, cosine_gradient, {"x": X6, "y": X6[::-1].copy()}),
    # -- scales from 1e-9 to 1e9
    Case("lengths of all scales", scaled, lambda x: np.cos(x / SCALES), {"x": SCALES * np.linspace(0.3, 2.1, 7)}),
    Case("derivatives of all scales", weighted, weighted_gradient, {"x": np.linspace(0.5, 1.5, 7)}),
    Case("a narrow density", gaussian, gaussian_gradient, {"mu": 1e-7, "sigma": 1e-4}),
    Case("a wide density", gaussian, gaussian_gradient, {"mu": 1e9, "sigma": 1e7}),
    Case("Rosenbrock far away", rosenbrock, rosenbrock_gradient, {"x": 1e4 * X6}),
    Case("saturated softmax", cross_entropy, cross_entropy_gradient, {"W": 30 * W43}),
    Case("saturated logistic", binary, lambda z: sigmoid(z) - (Y > 0), {"z": np.array([-40.0, 35.0, 1e-9, 3.0, -12.0, 700.0, -0.1])}),
    Case("log-sum-exp of large numbers", log_sum_exp, softmax, {"z": np.array([1000.0, 1001.0, 999.5])}),
    Case("a value that cancels", cancelling, lambda x: 2 * (1e6 + x), {"x": X6}),
    # -- near and at kinks
    Case("just beside a kink", huber, huber_gradient, {"x": np.array([1 + 1e-9, 1 - 1e-9, -1 - 1e-12, 1e-14])}),
    Case("at kinks", hinge, hinge_gradient, {"w": np.zeros(4) + np.linalg.lstsq(X[:4], SIGNS[:4], rcond=None)[0]}),
    Case("at kinks of the absolute value", lambda x: np.sum(np.abs(x)), np.sign, {"x": np.array([0.0, 1e-300, -2.0, 0.0])}),
    # -- many elements, single precision
    Case("2000 elements", rosenbrock, rosenbrock_gradient, {"x": LARGE}),
    Case("2000 elements of a softmax", entropy, entropy_gradient, {"z": LARGE}),
    Case("a network in single precision", network, single(network_gradient), {"U": W43, "v": V3}),
    Case("cross entropy in single precision", cross_entropy, single(cross_entropy_gradient), {"W": W43}),
    Case("2000 elements in single precision", rosenbrock, single(rosenbrock_gradient), {"x": LARGE}),
]  # fmt: skip
