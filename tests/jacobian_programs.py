"""Programs with several results, or with second derivatives worth having, as data: what each computes and where.

Those of a thousand variables are texts too; they are made here by joining parts.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class System(NamedTuple):
    """A program and a point. ``scalar`` is a number made of it, whose Hessian is looked at."""

    text: str
    at: dict[str, Any]
    scalar: str = ""
    """An expression in the names of the program; of a program with one result, that itself if it is left out."""


def numbers(prefix: str, values: list[float], first: int = 1) -> dict[str, float]:
    return {f"{prefix}{place}": value for place, value in enumerate(values, first)}


def joined(parts: Any) -> str:
    return " + ".join(parts)


def rosenbrock(n: int) -> System:
    terms = [f"100*(x{k + 1} - x{k}^2)^2 + (1 - x{k})^2" for k in range(1, n)]
    return System(joined(terms), numbers("x", [-1.2 if k % 2 else 1.0 + k / (10 * n) for k in range(1, n + 1)]))


def helmholtz() -> System:
    """The Helmholtz energy of a mixed fluid, the example of Griewank & Walther (2008)."""
    n = 3
    b = [0.2, 0.1, 0.15]
    s = joined(f"{b[k]}*x{k + 1}" for k in range(n))
    logs = joined(f"x{k + 1}*log(x{k + 1}/(1 - s))" for k in range(n))
    quadratic = joined(f"{1 / (j + k + 2):.3f}*x{j + 1}*x{k + 1}" for j in range(n) for k in range(n))
    last = "log((1 + (1 + sqrt(2))*s)/(1 + (1 - sqrt(2))*s))"
    return System(f"s = {s}; 2.5*({logs}) - ({quadratic})/(sqrt(8)*s)*{last}", numbers("x", [0.3, 0.5, 0.8]))


def tridiagonal(n: int) -> System:
    rows = []
    for k in range(1, n + 1):
        below, above = (f"x{k - 1}" if k > 1 else "0"), (f"x{k + 1}" if k < n else "0")
        rows.append(f"{below} - (2 + x{k}^2)*x{k} + sin({above})")
    names = [f"r{k}" for k in range(1, n + 1)]
    program = "; ".join(f"{name} = {row}" for name, row in zip(names, rows, strict=True))
    return System(
        f"{program}; [{', '.join(names)}]", numbers("x", [0.1 * k - 0.3 for k in range(1, n + 1)]),
        joined(f"{name}^2" for name in names),
    )  # fmt: skip


def arrow(n: int) -> System:
    terms = joined(f"x0*sin(x{k}) + x{k}^3" for k in range(1, n))
    return System(f"x0^2 + {terms}", numbers("x", [0.2 + 0.1 * k for k in range(n)], 0))


def mixture() -> System:
    """The log likelihood of a mixture of two normal distributions, for three data."""
    data = [0.3, -1.1, 2.2]
    density = "n(x, m, s) = -((x - m)/s)^2/2 - log(s)"
    terms = joined(f"logaddexp(log(p) + n({x}, a, s), log1p(-p) + n({x}, b, t))" for x in data)
    return System(f"{density}; {terms}", {"p": 0.4, "a": 0.1, "s": 0.7, "b": 1.5, "t": 1.3})


def network() -> System:
    """A net of two layers with softmax and cross-entropy, written out for one example."""
    return System(
        "h1 = tanh(w1*0.5 + w2*(-1.2) + b1); h2 = tanh(w3*0.5 + w4*(-1.2) + b2);"
        "z1 = v1*h1 + v2*h2 + c1; z2 = v3*h1 + v4*h2 + c2;"
        "logaddexp(z1, z2) - z1",
        {
            **numbers("w", [0.1, -0.4, 0.8, 0.3]), **numbers("b", [0.05, -0.1]), **numbers("v", [0.7, -0.2, 0.4, 0.9]),
            **numbers("c", [0.0, 0.2]),
        },
    )  # fmt: skip


def camera() -> System:
    """The reprojection error of bundle adjustment: Rodrigues' rotation, translation, radial distortion, focal length."""
    return System(
        "t = sqrt(a^2 + b^2 + c^2); s = sin(t)/t; k = (1 - cos(t))/t^2; d = (a*X + b*Y + c*Z)*k;"
        "x = X*cos(t) + s*(b*Z - c*Y) + a*d + p; y = Y*cos(t) + s*(c*X - a*Z) + b*d + q; z = Z*cos(t) + s*(a*Y - b*X) + c*d + r;"
        "u = -x/z; v = -y/z; m = u^2 + v^2; g = f*(1 + m*(k1 + k2*m)); e1 = g*u - 0.3; e2 = g*v + 0.2; [e1, e2]",
        {
            "a": 0.1, "b": -0.2, "c": 0.3, "p": 0.5, "q": -0.4, "r": 5.0, "f": 500.0, "k1": 0.01, "k2": -0.002,
            "X": 1.0, "Y": 2.0, "Z": 3.0,
        },
        "e1^2 + e2^2",
    )  # fmt: skip


BLACK_SCHOLES = (
    "d1 = (log(S/K) + (r + v^2/2)*T)/(v*sqrt(T)); d2 = d1 - v*sqrt(T); N(d) = erfc(-d/sqrt(2))/2;"
    "call = S*N(d1) - K*exp(-r*T)*N(d2); put = call - S + K*exp(-r*T); [call, put]"
)

SYSTEMS: dict[str, System] = {
    "survey": System("ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}),
    "rosenbrock": System("100*(y - x^2)^2 + (1 - x)^2", {"x": -1.2, "y": 1.0}),
    "rosenbrock, five": rosenbrock(5),
    "rosenbrock, a thousand": rosenbrock(1000),
    "helmholtz": helmholtz(),
    "speelpenning": System("x1*x2*x3*x4*x5*x6", numbers("x", [0.5, -1.5, 2.0, 3.0, -0.25, 1.25])),
    "black-scholes": System(BLACK_SCHOLES, {"S": 100.0, "K": 95.0, "r": 0.03, "v": 0.25, "T": 0.75}, "call"),
    "two bodies": System(
        "r3 = (x^2 + y^2)^1.5; ax = -x/r3; ay = -y/r3; [p, q, ax, ay]", {"x": 0.8, "y": -0.6, "p": 0.1, "q": 1.1},
        "p^2 + q^2 - 2/sqrt(x^2 + y^2)",
    ),
    "camera": camera(),
    "mixture": mixture(),
    "network": network(),
    "chained exponentials": System("[exp(exp(exp(x))), exp(-exp(y*x))]", {"x": -0.5, "y": 0.3}, "exp(exp(exp(x)))*y^2"),
    "tridiagonal": tridiagonal(5),
    "tridiagonal, a hundred": tridiagonal(100),
    "arrow": arrow(6),
    "arrow, two hundred": arrow(200),
    "polar": System("[r*cos(t), r*sin(t)]", {"r": 2.0, "t": 0.7}, "r*cos(t)*r*sin(t)"),
    "spherical": System("[r*sin(t)*cos(p), r*sin(t)*sin(p), r*cos(t)]", {"r": 2.0, "t": 0.7, "p": -1.1}, "r*sin(t)*cos(p)"),
    "logistic map": System("a = r*x*(1 - x); b = r*a*(1 - a); c = r*b*(1 - b); [a, b, c]", {"r": 3.7, "x": 0.2}, "c"),
    "lotka-volterra": System("[a*x - b*x*y, c*x*y - d*y]", {"a": 1.1, "b": 0.4, "c": 0.1, "d": 0.4, "x": 10.0, "y": 5.0}, "x*y*(a - b)"),
    "lorenz": System("[s*(y - x), x*(r - z) - y, x*y - b*z]", {"s": 10.0, "r": 28.0, "b": 8 / 3, "x": 1.0, "y": -2.0, "z": 20.0}, "x*y*z*s"),
    "van der pol": System("[v, m*(1 - x^2)*v - x]", {"x": 1.5, "v": -0.5, "m": 3.0}, "m*(1 - x^2)*v"),
    "robertson": System(
        "a = 0.04*y1; b = 1e4*y2*y3; c = 3e7*y2^2; [b - a, a - b - c, c]", {"y1": 0.9, "y2": 3e-5, "y3": 0.1}, "a*b*c"
    ),
    "hill": System("[v*x^n/(k^n + x^n), x/(k + x*(1 + x/i))]", {"v": 2.0, "x": 1.5, "n": 2.3, "k": 0.8, "i": 4.0}, "v*x^n/(k^n + x^n)"),
    "robot arm": System("[l*cos(a) + m*cos(a + b), l*sin(a) + m*sin(a + b)]", {"l": 1.0, "m": 0.7, "a": 0.4, "b": -0.9}, "l*cos(a)*m*cos(a + b)"),
    "quaternions": System(
        "[a*e - b*f - c*g - d*h, a*f + b*e + c*h - d*g, a*g - b*h + c*e + d*f, a*h + b*g - c*f + d*e]",
        dict(zip("abcdefgh", [0.1, 0.7, -0.3, 0.5, 0.9, -0.2, 0.4, 0.8], strict=True)), "(a*e - b*f - c*g - d*h)^2",
    ),
    "determinant": System(
        "a*(e*i - f*h) - b*(d*i - f*g) + c*(d*h - e*g)", dict(zip("abcdefghi", [2.0, -1.0, 0.5, 1.5, 3.0, -2.0, 0.25, 1.0, 4.0], strict=True))
    ),
    "broyden": System("[(3 - 2*x)*x - 2*y + 1, (3 - 2*y)*y - x - 2*z + 1, (3 - 2*z)*z - y + 1]", {"x": -1.0, "y": 0.5, "z": -0.7}, "((3 - 2*y)*y - x - 2*z + 1)^2"),
    "powell singular": System("(a + 10*b)^2 + 5*(c - d)^2 + (b - 2*c)^4 + 10*(a - d)^4", {"a": 3.0, "b": -1.0, "c": 0.5, "d": 1.0}),
    "freudenstein-roth": System("[x - y*(2 - y*(5 - y)) - 13, x - y*(14 - y*(1 + y)) - 29]", {"x": 0.5, "y": -2.0}, "(x - y*(2 - y*(5 - y)) - 13)^2"),
    "kepler": System("[E - e*sin(E) - M, (1 - e*cos(E))*a]", {"E": 1.1, "e": 0.3, "M": 0.8, "a": 2.0}, "(E - e*sin(E) - M)^2"),
    "kowalik": System("[0.1957 - a*(16 + 4*b)/(16 + 4*c + d), 0.1947 - a*(4 + 2*b)/(4 + 2*c + d)]", {"a": 0.25, "b": 0.39, "c": 0.415, "d": 0.39}, "(a*(16 + 4*b)/(16 + 4*c + d))^2"),
    "logistic regression": System("softplus(-(w*0.5 + b)) + softplus(w*1.5 + b) + softplus(-(w*(-2) + b))", {"w": 0.7, "b": -0.2}),
    "ackley": System("-20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2)", {"x": 0.4, "y": -0.7}),
    "lennard-jones": System(
        "V(r2) = r2^-6 - 2*r2^-3; V((a - c)^2 + (b - d)^2) + V((a - e)^2 + b^2) + V((c - e)^2 + d^2)",
        {"a": 0.0, "b": 1.0, "c": 1.1, "d": 0.2, "e": -0.9},
    ),
    "van der waals": System("[R*T/(V - b) - a/V^2, T*V/(a + b)]", {"R": 0.0821, "T": 300.0, "V": 0.5, "a": 3.6, "b": 0.04}, "R*T/(V - b) - a/V^2"),
    "haversine": System("h = sin((p - q)/2)^2 + cos(p)*cos(q)*sin((l - m)/2)^2; 2*asin(sqrt(h))", {"p": 0.8, "q": 0.3, "l": 1.2, "m": -0.4}),
    "choices": System("[where(x > 0, x^2*y, y), max(x, y)*z, min(y, z)^2, abs(x)*x]", {"x": 1.5, "y": -2.0, "z": 0.5}, "where(x > 0, x^2*y, y)*max(x, y)"),
    "constants": System("[1, x, 2*y, pi, x*0 + y]", {"x": 3.0, "y": 4.0}, "2*y"),
    "shared": System("u = x*y; v = u + sin(u); [u, u, v, u*v]", {"x": 0.5, "y": 1.5}, "u*v"),
    "cut": System("[stop_gradient(x)*y, x*floor(y), x + stop_gradient(y)]", {"x": 1.3, "y": 2.6}, "stop_gradient(x)*y^2"),
    "special functions": System("[gamma(x), erf(x*y), lgamma(x + y), log1p(x*y)]", {"x": 2.3, "y": 0.4}, "lgamma(x + y)*erf(y)"),
}


class ArraySystem(NamedTuple):
    """A program with arrays, and a point."""

    text: str
    at: dict[str, Any]
    scalar: str = ""
    """A number made of its results, for second derivatives; of a program whose result is a number, that."""


ARRAYS: dict[str, ArraySystem] = {
    "linear layer": ArraySystem("X @ W + b", {"X": [[1, 2], [-1, 0.5], [0.3, -2]], "W": [[0.5, -1], [0.25, 1]], "b": [0.1, -0.2]}, "sum(sin(X @ W + b))"),
    "network": ArraySystem(
        "H = tanh(X @ W + b); cross_entropy(H @ V + c, labels)",
        {"X": [[1, 2], [-1, 0.5]], "W": [[0.5, -1, 0.2], [0.25, 1, -0.3]], "b": [0, 0.1, -0.1], "V": [[1, -1], [0.5, 0.25], [-0.7, 0.4]], "c": [0.1, 0], "labels": [0, 1]},
    ),
    "rosenbrock": ArraySystem("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", {"x": [-1.2, 1, 0.8, 1.1, -0.5]}),
    "tridiagonal": ArraySystem("u = concat([0], x, [0]); u[:-2] - 2*u[1:-1] + u[2:] - x^3", {"x": [0.1, -0.4, 0.9, 1.3, 0.2]}, "sum((u[:-2] - 2*u[1:-1] + u[2:] - x^3)^2)"),
    "strikes": ArraySystem(
        "d = (log(S/K) + (r + v^2/2)*T)/(v*sqrt(T)); S*erfc(-d/sqrt(2))/2 - K*exp(-r*T)*erfc((v*sqrt(T) - d)/sqrt(2))/2",
        {"S": 100, "K": [90, 100, 110], "r": 0.03, "v": 0.25, "T": 0.75}, "sum(S*erfc(-d/sqrt(2))/2)",
    ),
    "mixture": ArraySystem(
        "z = (reshape(x, [4, 1]) - m)*exp(-s); sum(logsumexp(log_softmax(a) - s - z^2/2, axis=1))",
        {"x": [-1.2, -0.8, 0.1, 1.9], "m": [-1, 2], "s": [0, -0.5], "a": [0.25, 0]},
    ),
    "solve": ArraySystem("solve(A, b)", {"A": [[4, 1], [-1, 3]], "b": [1, 2]}, "sum(solve(A, b)^3)"),
    "softmax": ArraySystem("softmax(x*t)", {"x": [0.5, -1, 2], "t": 0.7}, "sum(softmax(x*t)^2)"),
    "norms": ArraySystem("[norm(x), prod(x), max(x), mean(x*y)]", {"x": [0.5, -1, 2], "y": [3, 1, -2]}, "norm(x)*prod(y)"),
    "determinant": ArraySystem("det(A)*inv(A)", {"A": [[2, 1], [0.5, 3]]}, "det(A)^2 + trace(inv(A))"),
    "several arrays": ArraySystem("u = x^2; v = outer(x, y); u", {"x": [1, 2], "y": [3, -1]}, "sum(u) + sum(v^2)"),
    "masked": ArraySystem("where(x > 0, log(max(x, 1e-9)), x^2)*y", {"x": [1, -2, 3], "y": 2.0}, "sum(where(x > 0, x^3, x^2)*y)"),
}
