"""A tape as a JAX function, compiled for whatever JAX computes on: an `Arithmetic` of JAX's arrays.

What JAX does itself has JAX's digits: on a CPU it takes numbers below 2.2e-308 for 0, and the gamma function and its relatives
have about 13 digits, lgamma and digamma fewer beside their roots.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, reduce
from typing import Any

import jax
from jax import numpy as jnp
from jax.scipy import special

from diffcli.errors import refusal
from diffcli.kernels.finite import CALLS, ROUNDINGS
from diffcli.kernels.numpy import NumPyRunner
from diffcli.kernels.python import COMPARISONS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.evaluation import run
from diffcli.tape.running.rules import OPERATORS, Arithmetic, Function

Array = Any


def unless(undefined: Array, value: Array) -> Array:
    return jnp.where(undefined, jnp.nan, value)


def rounded(a: Array, b: Array) -> Array:
    """A product that no sum takes in unrounded: x*x - y*y is 0 at a kink."""
    product = a * b
    return unless(jnp.isnan(product), product)


def defined(function: Function) -> Function:
    """A function of two operands that is undefined where one of them is."""
    return lambda a, b: unless(jnp.isnan(a) | jnp.isnan(b), function(a, b) * 1.0)


def beside_poles(function: Function) -> Function:
    """A relative of the gamma function, undefined at 0, -1, -2, ..."""
    return lambda a: unless((a <= 0) & (a == jnp.floor(a)), function(a))


def both(a: Array, b: Array) -> Array:
    return jnp.where((a == 0) | (b == 0), 0.0, unless(jnp.isnan(a * 1.0) | jnp.isnan(b * 1.0), 1.0))


def neither(a: Array) -> Array:
    return unless(jnp.isnan(a * 1.0), (a == 0) * 1.0)


FUNCTIONS: dict[str, Function] = {
    name: getattr(jnp, function.__name__) for name, function in CALLS.items() if hasattr(jnp, function.__name__)
}
FUNCTIONS |= {name: lambda a, b, holds=FUNCTIONS[name]: holds(a, b) * 1.0 for name in COMPARISONS}
FUNCTIONS |= {name: lambda a, near=FUNCTIONS[name]: jnp.where(near(a) == 0, 0.0, near(a)) for name in ROUNDINGS}
LARGER, SMALLER = defined(lambda a, b: jnp.where(b > a, b, a)), defined(lambda a, b: jnp.where(b < a, b, a))
POWER = defined(FUNCTIONS["pow"])
FUNCTIONS |= {
    "div": lambda a, b: jnp.divide(a, jnp.where(b == 0, 0.0, b)), "hypot": defined(jnp.hypot), "copysign": defined(jnp.copysign),
    "pow": lambda a, b: jnp.where((a == 0) & (b < 0), jnp.inf, POWER(a, b)),
    "floor_divide": lambda a, b: unless(b == 0, jnp.floor_divide(a, b)),
    "max": lambda *a: reduce(LARGER, a), "min": lambda *a: reduce(SMALLER, a), "clip": lambda a, b, c: SMALLER(LARGER(a, b), c),
    "where": lambda condition, a, b: jnp.where(condition != 0, a, b),
    "and": both, "or": lambda a, b: neither(both(neither(a), neither(b))), "not": neither, "stop_gradient": lambda a: a,
    "erf": special.erf, "erfc": special.erfc, "gamma": beside_poles(special.gamma), "lgamma": beside_poles(special.gammaln),
    "digamma": beside_poles(special.digamma),
    "gelu": lambda a: jnp.where(a > 40, a, jnp.where(a < -40, 0.0, a * special.erfc(-a * 0.5**0.5) / 2)),
}  # fmt: skip
STRICT: dict[str, Function] = {
    "mul": rounded, "square": lambda a: rounded(a, a),
    "div": lambda a, b: unless(b == 0, jnp.divide(a, b)), "pow": lambda a, b: unless((a == 0) & (b < 0), POWER(a, b)),
    "where": lambda condition, a, b: unless(jnp.isnan(condition), jnp.where(condition != 0, a, b)),
    **{name: defined(FUNCTIONS[name]) for name in COMPARISONS},
}  # fmt: skip
"""Both as in `diffcli.operations.arithmetic.floats`."""


ARITHMETIC = Arithmetic(FUNCTIONS, STRICT, operators=OPERATORS | {"square": "({0} * {0})"})


class JAXRunner(NumPyRunner):
    """A tape as a JAX function; a point alone is computed by the Python source."""

    def results(self, *inputs: Array) -> list[Array]:
        """The results of the tape, for JAX to follow."""
        missing = [name for name in self.tape.operations if isinstance(name, OwnName) or name == "polygamma"]
        if missing:
            raise refusal("usage", f"JAX has nothing for the operation `{missing[0]}`", 'backend="numpy" has')
        values = run(self.tape.copy(skips=[]), inputs, ARITHMETIC.row_functions(self.tape))
        return [values[slot] != 0 if place in self.truths else values[slot] for place, slot in enumerate(self.tape.results)]

    @cached_property
    def compiled(self) -> Any:
        return jax.jit(self.results)

    @property
    def source(self) -> str:
        """What JAX compiles, for one point."""
        with jax.enable_x64(True):
            return str(jax.make_jaxpr(self.results)(*[0.0] * self.tape.first_row))

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`; how many threads there are is JAX's affair."""
        with jax.enable_x64(True):
            for result, found in zip(results, self.compiled(*inputs), strict=True):
                result[...] = found


make = JAXRunner
"""See `diffcli.kernels.backends`."""
