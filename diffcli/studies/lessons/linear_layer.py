"""A linear layer: why its gradients are products of matrices, found component by component, and checked in a network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli.language.writing.printer import number_text
from diffcli.methods.library import grad
from diffcli.methods.library_matrices import jacobian
from diffcli.nn import functional
from diffcli.records.blocks import Table
from diffcli.studies.lessons.record import Check, Erratum, Question, Settings, Told, grid, listed, listing

X = ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
W = ((1.0, -1.0), (2.0, 7.0), (8.0, 3.0))
BIAS = (0.5, -1.0)
G = ((1.0, -2.0), (3.0, 5.0))
"""The small case: B = 2 rows, from H1 = 3 to H2 = 2; and what dL/dY is taken to be."""

BATCH, PIXELS, CLASSES = 64, 28 * 28, 10
BYTES = 8
"""Of a float64."""

PLACES = tuple(product((0, 1), (0, 1)))
"""Those of the entries of Y."""

AT = 0.5

EXERCISE = """\
Y_il = sum_j X_ij W_jl               so  dY_il/dW_jk = X_ij if l = k, else 0
dL/dW_jk = sum_i sum_l dL/dY_il dY_il/dW_jk  =  sum_i X_ij dL/dY_ik
         = row j of X^T times column k of dL/dY:    dL/dW = X^T dL/dY"""


def lesson(settings: Settings) -> Told:
    width = settings.sized()
    explicit = _Explicit()
    diff1, diff2 = _network(width, settings.seed)
    by_x, by_w = BATCH * width * BATCH * width, BATCH * width * width * width
    yield f"""A linear layer computes Y = X W + b, with B rows and H1 columns in X, and H1 x H2 weights. A loss L depends on Y. By
    the chain rule dL/dX = dL/dY dY/dX. But dY/dX has B H2 rows and B H1 columns. At B = {BATCH} and H1 = H2 = {width} that is
    {_bytes(by_x)}, and {_bytes(by_w)} for dY/dW. This is dY/dX for B = 2, H1 = 3, H2 = 2 and W = {_rows_text(W)}:"""
    yield explicit.grid()
    yield """Row i of Y depends on row i of X only, and dY_il/dX_ij = W_jl: the matrix holds W^T in blocks along its diagonal, and
    zeros."""
    yield [_order_slip()]
    yield explicit.slip()
    yield """So the Jacobian is not needed. Only row 1 of Y depends on X_11, by the factors W_11 ... W_1H2. Hence dL/dX_11 = sum_k
    dL/dY_1k W_1k, and for all entries dL/dX = dL/dY W^T. In the same way dL/dW = X^T dL/dY:"""
    yield [listing(EXERCISE)]
    yield from explicit.components()
    bias: Any = grad("sum((X @ W + b)*G)", {"X": X, "W": W, "b": BIAS, "G": G}).gradient["b"]
    yield f"""The columns J are taken from the whole Jacobian, for dL/dY = {_rows_text(G)}. The bias is added to each row of Y, so
    dL/db is the sum of the rows of dL/dY: ({listed(bias, "g")})."""
    yield f"""autograd computes these products, and no Jacobian. In a network {PIXELS} - {width} - {width} - {CLASSES}, on a batch
    of {BATCH} random images, the sums of the differences from them are {diff1:g} and {diff2:g}. (nn.Linear stores W transposed,
    so in code dL/dX = dL/dY @ weight.)"""
    columns = [sum(row[k] for row in G) for k in (0, 1)]
    yield Check("dL/db = the sum of the rows of dL/dY", listed(bias, "g"), list(bias) == columns)
    yield Check("dL/dX = dL/dY W^T: sum of |differences|, diff1", repr(diff1), diff1 == 0)
    yield Check("dL/dW = X^T dL/dY: sum of |differences|, diff2", repr(diff2), diff2 == 0)
    yield Question(
        'diffcli grad "sum((X @ W + b)*G)" --at "X=[[1,2]],W=[[3],[4]],b=[5],G=[[6]]"',
        f"For {BATCH} rows and H1 = H2 = {width}: how many numbers does dL/dW have, and how many dY/dW?",
        f"dL/dW has {width * width:,}, as W has. dY/dW has {by_w:,}: so many for each of the {BATCH * width:,} numbers in Y.",
    )


def _order_slip() -> Erratum:
    """The name of a composition, f and then g, in the wrong order."""
    first, second = float(grad("x^2", {"x": AT}).gradient["x"]), float(grad("sin(y)", {"y": AT**2}).gradient["y"])
    right, printed = (float(grad(text, {"x": AT}).gradient["x"]) for text in ("sin(x^2)", "sin(x)^2"))
    return Erratum(
        "if y = f(x) and z = g(y), then z = f ∘ g(x), and dz/dx = dz/dy dy/dx.",
        f"z = g(f(x)), written g ∘ f. With f = x^2 and g = sin at x = {AT}, dz/dy dy/dx = {second * first:.4f}, the slope of "
        f"g ∘ f, {right:.4f}; that of f ∘ g is {printed:.4f}.",
    )


class _Explicit:
    """The small case with its Jacobians written out; the names of their entries have indices that begin with 1."""

    def __init__(self) -> None:
        found: Any = jacobian("X @ W", {"X": X, "W": W})
        self.y, self.by = found.values["f"], found.jacobian["f"]
        """Y, and its derivatives by X and by W, with the indices of Y first."""

    def through(self, name: str) -> Any:
        """dL/dY times the Jacobian by X or by W: the gradient by it."""
        return sum(G[i][k] * self.by[name][i, k] for i, k in PLACES)

    def sums(self, name: str) -> Iterator[tuple[str, str, float]]:
        """For each entry of X or of W the sum that is left when the zeros are left out: its name, and in numbers and value."""
        for i, j in product(*map(range, self.by[name].shape[2:])):
            pairs = [(G[i][k], W[j][k]) for k in (0, 1)] if name == "X" else [(X[row][i], G[row][j]) for row in (0, 1)]
            text = " + ".join(f"{_factor(a)}*{_factor(b)}" for a, b in pairs)
            yield f"{name}{i + 1}{j + 1}", text, sum(a * b for a, b in pairs)

    def grid(self) -> Table:
        columns = [name for name, *_ in self.sums("X")]
        rows = [(f"Y{i + 1}{k + 1}", *self.by["X"][i, k].ravel().tolist()) for i, k in PLACES]
        return grid(f"dY/dX, {len(rows)} x {len(columns)}", ("", *columns), rows)

    def components(self) -> Told:
        """Each entry of both gradients as the sum, beside the Jacobian's."""
        pairs = [zip(self.sums(name), self.through(name).flat, strict=True) for name in ("X", "W")]
        cells = [[(f"dL/d{entry}", *of_sum, of_jacobian) for (entry, *of_sum), of_jacobian in each] for each in pairs]
        rows = [one + other for one, other in zip(*cells, strict=True)]
        yield grid("dL/dX = dL/dY W^T, and dL/dW = X^T dL/dY", ("", "sum", "=", "J") * 2, rows)
        blocks = ((i, k, row, j) for (i, k), row, j in product(PLACES, (0, 1), (0, 1, 2)))
        right = all(self.by["X"][i, k, row, j] == (W[j][k] if i == row else 0) for i, k, row, j in blocks)
        yield Check("dY/dX is W^T along the diagonal, and zeros", f"{len(PLACES)} x {len(cells[0])}", right)
        for rule, own in zip(("dL/dX_ij = sum_k dL/dY_ik W_jk", "dL/dW_jk = sum_i X_ij dL/dY_ik"), cells, strict=True):
            equal = [by_sum == by_jacobian for *_, by_sum, by_jacobian in own]
            yield Check(f"{rule}, against the Jacobian", f"{sum(equal)} of {len(equal)} entries", all(equal))

    def slip(self) -> Erratum:
        """A matrix Y with the wrong column of W in the corner below on the left."""
        printed = sum(X[1][k] * W[k][1] for k in range(3))
        return Erratum(
            "in the matrix Y, the first entry of the last row is sum_k X_Bk W_kH2.",
            f"it is sum_k X_Bk W_k1. Here Y_21 = {number_text(float(self.y[1, 0]))}; sum_k X_2k W_k2 is "
            f"{number_text(printed)}, which is Y_22.",
        )


def _factor(number: float) -> str:
    text = number_text(number)
    return f"({text})" if number < 0 else text


def _rows_text(matrix: tuple[tuple[float, ...], ...]) -> str:
    return "[" + ", ".join(f"[{', '.join(map(number_text, row))}]" for row in matrix) + "]"


def _bytes(entries: int) -> str:
    """The memory of so many numbers."""
    size = float(entries * BYTES)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def _network(width: int, seed: int) -> tuple[float, float]:
    """One backward pass through a network: how far the gradients of its second layer are from the two products."""
    ad.manual_seed(seed)
    sizes = ((PIXELS, width), (width, width), (width, CLASSES))
    first, second, third = (nn.Linear(inputs, outputs, False) for inputs, outputs in sizes)
    x: Any = functional.relu(first(ad.randn(BATCH, 1, 28, 28).flatten(1)))
    y: Any = second(x)
    for inner in (x, y):
        inner.retain_grad()
    ad.cross_entropy(third(functional.relu(y)), ad.randint(0, CLASSES, (BATCH,))).backward()
    weight: Any = second.weight
    diff1 = ad.sum(ad.abs(x.grad - ad.matmul(y.grad, weight)))
    diff2 = ad.sum(ad.abs(ad.transpose(weight.grad, 0, 1) - ad.matmul(ad.transpose(x, 0, 1), y.grad)))
    return diff1.item(), diff2.item()
