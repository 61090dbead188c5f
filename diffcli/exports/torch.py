"""PyTorch: tensors of float64, without its autograd."""

from __future__ import annotations

from diffcli.exports.arrays import Arrays


class Torch(Arrays):
    module, imports, decorator, tensors = "torch", "import torch", [], True
    turns = False
    renamed = {"power": "pow", "transpose": "permute"}
    operations = Arrays.operations | {name: f"{name}({{0}})" for name in ("sinh", "cosh", "cbrt")}
    operations |= {"erf": "np.erf({0})", "erfc": "np.erfc({0})"}
    own = {
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
        "cbrt": """
def cbrt(a):
    size = np.abs(a)
    root = np.pow(size, 1 / 3)
    better = root - (root - size / (root * root)) / 3
    return np.copysign(np.where((size == 0) | np.isinf(size), size, better), a)
""",
    }  # fmt: skip


LANGUAGE = Torch()
