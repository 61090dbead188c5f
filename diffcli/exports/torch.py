"""PyTorch: tensors of float64, without its autograd."""

from __future__ import annotations

from diffcli.exports.arrays import Arrays


class Torch(Arrays):
    module, imports, decorator = "torch", "import torch", []
    tensors = True
    renamed = {"power": "pow", "transpose": "permute"}
    operations = Arrays.operations | {"cosh": "far_out({0}, np.cosh({0}))", "sinh": "far_out({0}, np.sinh({0}))"}
    operations |= {"cbrt": "cbrt({0})", "erf": "np.erf({0})", "erfc": "np.erfc({0})"}
    others = {
        "scatter": """
def scatter(a, key, shape):
    whole = float64(np.zeros(shape))
    places = np.arange(whole.numel()).reshape(shape)[key].reshape(-1)
    return whole.reshape(-1).index_add(0, places, a.reshape(-1)).reshape(shape)
""",
        "put": """
def put(a, b, key):
    result = a.clone()
    result[key] = b
    return result
""",
        "far_out": """
def far_out(a, value):
    half = np.exp(0.5 * np.abs(a))
    return np.where(np.abs(a) > 700, np.copysign(0.5 * half * half, value), value)
""",
        "cbrt": """
def cbrt(a):
    size = np.abs(a)
    root = np.pow(size, 1 / 3)
    better = root - (root - size / (root * root)) / 3
    return np.copysign(np.where((size == 0) | np.isinf(size), size, better), a)
""",
    }  # fmt: skip


LANGUAGE = Torch()
