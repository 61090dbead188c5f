"""What diffcli, SciPy and PyTorch say of the planted wrong gradients, and of the right ones, of ``tests/planted.py``.

``scipy.optimize.check_grad`` gives the norm of a difference, which is held here against 1e-5 of the norm of the gradient;
``torch.autograd.gradcheck`` is asked with its own tolerances. Both are given the same function and gradient of NumPy.

    python tests/benchmarks/gradients.py
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from planted import PLANTED, RIGHT

from diffcli.studies.gradients.comparison import check_gradient

LIMIT = 1e-5


def parts_of(case, at):
    given = case.gradient(*at.values())
    return given if isinstance(given, tuple | list) else (given,)


def by_diffcli(case):
    check = check_gradient(case.function, case.gradient, [case.at])
    return check.passed, check.slip


def by_scipy(case):
    from scipy.optimize import check_grad

    shapes = {name: np.shape(value) for name, value in case.at.items()}

    def point(x):
        found, begin = {}, 0
        for name, shape in shapes.items():
            size = int(np.prod(shape))
            found[name] = x[begin : begin + size].reshape(shape) if shape else x[begin]
            begin += size
        return found

    def gradient(x):
        return np.concatenate([np.ravel(part).astype(float) for part in parts_of(case, point(x))])

    x = np.concatenate([np.ravel(value).astype(float) for value in case.at.values()])
    off = check_grad(lambda x: float(case.function(*point(x).values())), gradient, x)
    return bool(off <= LIMIT * np.linalg.norm(gradient(x))), f"{off:.1e}"


def by_torch(case):
    import torch

    class Checked(torch.autograd.Function):
        @staticmethod
        def forward(context, *tensors):
            context.save_for_backward(*tensors)
            return torch.tensor(float(case.function(*[tensor.numpy() if tensor.ndim else tensor.item() for tensor in tensors])), dtype=torch.float64)

        @staticmethod
        def backward(context, weight):
            at = {str(place): tensor.numpy() if tensor.ndim else tensor.item() for place, tensor in enumerate(context.saved_tensors)}
            return tuple(weight * torch.as_tensor(np.array(part, float)) for part in parts_of(case, at))

    given = [torch.tensor(np.array(value, float), requires_grad=True) for value in case.at.values()]
    return torch.autograd.gradcheck(Checked.apply, given, raise_exception=False), ""


def main():
    tools = {"diffcli": by_diffcli, "check_grad": by_scipy, "gradcheck": by_torch}
    for title, cases in (("wrong", PLANTED), ("right", RIGHT)):
        totals = dict.fromkeys(tools, 0)
        for case in cases:
            line = f"{title} {case.name:42}"
            for name, tool in tools.items():
                try:
                    with warnings.catch_warnings(), np.errstate(all="ignore"):
                        warnings.simplefilter("ignore")
                        passed, more = tool(case)
                except Exception as failure:
                    passed, more = None, type(failure).__name__
                totals[name] += passed is (title == "right")
                line += f"  {name}: {'passes' if passed else 'wrong' if passed is False else 'fails'} {more}"
            print(line)
        print(title, len(cases), totals)


if __name__ == "__main__":
    main()
