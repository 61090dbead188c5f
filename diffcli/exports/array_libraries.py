"""The languages of arrays beside NumPy. Each is brought what it has not, or has with fewer digits."""

from __future__ import annotations

from diffcli.exports.arrays import Arrays


class JAXNumPy(Arrays):
    """To XLA (1 + x) - 1 is x, and no product is rounded before it is added; a choice in between keeps it from that."""

    module, begins, decorator, rounds = "jnp", "\nimport jax\nfrom jax import numpy as jnp", [], True
    turns = False  # XLA stops at some sums of what is put in such places
    prepared = ('jax.config.update("jax_enable_x64", True)',)
    remarks = (*Arrays.remarks, "On a CPU, JAX takes numbers below 2.2e-308 for 0; its sinh has 5 units, and expm1.")
    asserted = (f"assert jax.config.jax_enable_x64, '{prepared[0]} comes first'",)
    operations = Arrays.operations | {name: f"{name}({{0}})" for name in ("log1p", "sinh", "cosh", "tanh", "atanh")}
    operations |= {  # to XLA, -0 + 0 is -0
        name: f"np.where(np.{name}({{0}}) == 0.0, 0.0, np.{name}({{0}}))" for name in ("floor", "ceil", "trunc", "round")
    }
    operations |= {"erf": "jax.scipy.special.erf({0})"}
    sources = Arrays.sources | {
        "exactly": """
def exactly(a):
    return np.where(np.isnan(a), np.nan, a)
""",
        "scatter": """
def scatter(a, key, shape):
    return np.zeros(shape).at[key].add(a)
""",
        "log1p": """
def log1p(a):
    whole = exactly(1.0 + a)
    plain = (whole == 1) | np.isinf(whole) | (whole <= 0)
    return np.where(plain, np.log1p(a), np.log(whole) * (a / np.where(plain, 1.0, whole - 1.0)))
""",
        "atanh": """
def atanh(a):
    size = np.abs(a)
    return np.copysign(0.5 * log1p(2.0 * size / (1.0 - size)), a)
""",
        "tanh": """
def tanh(a):
    size = np.abs(a)
    return np.where(size > 0.7, np.copysign(1.0 - 2.0 / (np.exp(2.0 * size) + 1.0), a), np.tanh(a))
""",
    }  # fmt: skip


class Torch(Arrays):
    """Tensors of float64, without autograd."""

    module, begins, decorator, tensors = "torch", "\nimport torch", [], True
    turns = False
    remarks = (*Arrays.remarks, "Remainders of what is 1.8e308 times as large as the divisor are NaN: torch.fmod has none.")
    renamed = {"power": "pow", "transpose": "permute"}
    operations = Arrays.operations | {name: f"{name}({{0}})" for name in ("sinh", "cosh", "cbrt")}
    operations |= {"erf": "np.erf({0})", "erfc": "np.erfc({0})"}
    sources = Arrays.sources | {
        "scatter": """
def scatter(a, key, shape):
    whole = a.new_zeros(shape)
    places = np.arange(whole.numel(), device=a.device).reshape(shape)[key].reshape(-1)
    return whole.reshape(-1).index_add(0, places, a.reshape(-1)).reshape(shape)
""",
        "cbrt": """
def cbrt(a):
    size = np.abs(a)
    root = np.pow(size, 1 / 3)
    better = root - (root - size / (root * root)) / 3
    return np.copysign(np.where((size == 0) | np.isinf(size), size, better), a)
""",
    }  # fmt: skip


JAX, TORCH = JAXNumPy(), Torch()
