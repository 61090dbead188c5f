"""The table of array operations: one row each. Adding an operation is adding a row.

Their rules are written once, here, in diffcli's own language: what reaches the adjoint of an operand (the VJP; Giles 2008,
"Collected matrix derivative results for forward and reverse mode algorithmic differentiation"), and what an operand's
tangent adds to the result's (the JVP). The sweeps compute them, the traces print them, the transformation lowers them onto
a tape. What each text may say stands in `diffcli.operations.array_row`.

Partials that others lose are whole here: of a product with zeros, of a norm at 0 (0, the subgradient of least norm), of
the largest element with ties (equal shares), of a determinant of a singular matrix (its cofactors), of softmax and
logsumexp at any size.
"""

# fmt: off
from __future__ import annotations

from diffcli.operations import array_shapes as shapes
from diffcli.operations.array_row import ArrayOperation, Fixed, size
from diffcli.operations.row import ARRAY_NAMES

REDUCTION = ("axis=none", "keepdims=0")
SPREAD = "broadcast(reshape(g, shape=kept), shape=shape_a)"
"""An adjoint of a reduction, repeated along the axes that it went over."""
REDUCED = ", axis=axis, keepdims=keepdims)"
GROUPS = (SPREAD, "sum(g" + REDUCED)
"""What depends on what in a reduction: each element of the result on its own group of elements."""
BESIDE = ("broadcast(sum(g, axis=axis, keepdims=1), shape=shape_a)",) * 2
"""And in what goes along an axis: each element on all those along it."""

VECTORS = (([1.0, -2.0, 0.5],), ([3.0],), ([0.3, 0.7, -1.1, 2.0],))
MATRIX = [[0.5, -1.5, 2.0], [1.25, 0.75, -0.5]]
REDUCED_POINTS = (*VECTORS, (MATRIX,), (MATRIX, {"axis": 0}), (MATRIX, {"axis": 1, "keepdims": 1}), (MATRIX, {"axis": -1}))
ALONG_POINTS = (*VECTORS, (MATRIX, {"axis": 0}), (MATRIX, {"axis": 1}))
SQUARE = [[2.0, 0.5, -1.0], [0.25, -1.5, 0.75], [1.0, 0.5, 3.0]]
SINGULAR = [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, -1.0]]
IMAGE = [[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]], [[1.0, 3.0, -2.0], [0.75, -1.25, 0.5]]]
SQUARES = (([[2.0]],), ([[2.0, 0.5], [-1.0, 3.0]],), (SQUARE,))


def _product_adjoint(fixed: Fixed) -> tuple[str, ...]:
    """The four shapes of a matrix product, and batches of it."""
    a, b = len(fixed["shape_a"]), len(fixed["shape_b"])
    return {
        (1, 1): ("g*b", "g*a"),
        (2, 1): ("outer(g, b)", "matmul(transpose(a), g)"),
        (1, 2): ("matmul(b, g)", "outer(a, g)"),
        (2, 2): ("matmul(g, transpose(b))", "matmul(transpose(a), g)"),
    }.get((a, b), (
        "sum_to(matmul(g, transpose(b, axes=swap_b)), shape=shape_a)",
        "sum_to(matmul(transpose(a, axes=swap_a), g), shape=shape_b)",
    ))


def _diagonal_adjoint(fixed: Fixed) -> tuple[str, ...]:
    return ("diag(g)",) if len(fixed["shape_a"]) == 1 else ("scatter(g, key=diagonal, shape=shape_a)",)


def _solve_adjoint(fixed: Fixed) -> tuple[str, ...]:
    back = "s = solve(transpose(a), g); "
    by_matrix = "-outer(s, y)" if len(fixed["shape_b"]) == 1 else "-matmul(s, transpose(y))"
    return back + by_matrix, "solve(transpose(a), g)"


ROWS: tuple[ArrayOperation, ...] = (
    # -- sums and other reductions -------------------------------------------------------------------------------------
    ArrayOperation("sum", ("a",), "sum of the elements", shapes.reduced,
        (SPREAD,), ("sum(g" + REDUCED,), REDUCTION, shapes.reduced_names, points=REDUCED_POINTS, latex=r"\sum", moves=True, cost=shapes.sums),
    ArrayOperation("mean", ("a",), "mean of the elements", shapes.reduced_of_something,
        (SPREAD + "/count",), ("mean(g" + REDUCED,), REDUCTION, shapes.reduced_names,
        definition="sum(a" + REDUCED + "/count", points=REDUCED_POINTS, moves=True, aliases=("average",), cost=1),
    # by each element: the product of all the others, which is there even where an element is 0
    ArrayOperation("prod", ("a",), "product of the elements", shapes.reduced,
        ("reshape(g, shape=kept)*others(a, axis=axis)",), ("sum(g*others(a, axis=axis)" + REDUCED,), REDUCTION, shapes.reduced_names,
        points=(*REDUCED_POINTS, ([0.0, 2.0, 3.0],), ([0.0, 0.0, 3.0],)), latex=r"\prod", reach=GROUPS, cost=shapes.sums),
    ArrayOperation("amax", ("a",), "largest of the elements", shapes.reduced_of_something,
        ("T = a == reshape(y, shape=kept); T*reshape(g, shape=kept)/sum(T, axis=axis, keepdims=1)",),
        ("T = a == reshape(y, shape=kept); sum(T*g" + REDUCED + "/sum(T" + REDUCED,),
        REDUCTION, shapes.reduced_names, breaks=(("tie", "sum(a == reshape(y, shape=kept), axis=axis) > 1"),), present="not (a < reshape(y, shape=kept))",
        points=REDUCED_POINTS, spelled="max", latex=r"\max", reach=GROUPS),
    ArrayOperation("amin", ("a",), "smallest of the elements", shapes.reduced_of_something,
        ("T = a == reshape(y, shape=kept); T*reshape(g, shape=kept)/sum(T, axis=axis, keepdims=1)",),
        ("T = a == reshape(y, shape=kept); sum(T*g" + REDUCED + "/sum(T" + REDUCED,),
        REDUCTION, shapes.reduced_names, breaks=(("tie", "sum(a == reshape(y, shape=kept), axis=axis) > 1"),), present="not (a > reshape(y, shape=kept))",
        points=REDUCED_POINTS, spelled="min", latex=r"\min", reach=GROUPS),
    ArrayOperation("argmax", ("a",), "place of the largest element, the first of several", shapes.picked, ("absent",), ("absent",), REDUCTION, flat=True),
    ArrayOperation("argmin", ("a",), "place of the smallest element, the first of several", shapes.picked, ("absent",), ("absent",), REDUCTION, flat=True),
    ArrayOperation("norm", ("a",), "square root of the sum of squares", shapes.reduced,
        ("Y = reshape(y, shape=kept); reshape(g, shape=kept)*where(Y == 0, 0, a/Y)",),
        ("Y = reshape(y, shape=kept); sum(g*where(Y == 0, 0, a/Y)" + REDUCED,),
        REDUCTION, shapes.reduced_names, definition="sqrt(sum(a*a" + REDUCED + ")", breaks=(("kink", "y == 0"),),
        points=(*REDUCED_POINTS, ([3e200, 4e200],), ([3e-200, 4e-200],)), latex=r"\left\|#1\right\|", reach=GROUPS, cost=2),
    ArrayOperation("logsumexp", ("a",), "log of the sum of exponentials, never overflows", shapes.reduced_of_something,
        ("softmax(a, axis=axis)*reshape(g, shape=kept)",), ("sum(softmax(a, axis=axis)*g" + REDUCED,),
        REDUCTION, shapes.reduced_names, definition="log(sum(exp(a)" + REDUCED + ")",
        points=(*REDUCED_POINTS, ([700.0, 699.0, -700.0],)), reach=GROUPS, cost=2),
    ArrayOperation("softmax", ("a",), "exponentials as shares of their sum", shapes.over,
        ("y*centred(g, y, axis=axis)",), ("y*centred(g, y, axis=axis)",), ("axis=-1",),
        definition="exp(a - logsumexp(a, axis=axis, keepdims=1))", points=(*ALONG_POINTS, ([700.0, 699.0, -700.0],)), reach=BESIDE, cost=3),
    ArrayOperation("log_softmax", ("a",), "log of softmax, exact for any size", shapes.over,
        ("less_share(g, softmax(a, axis=axis), axis=axis)",), ("centred(g, softmax(a, axis=axis), axis=axis)",), ("axis=-1",),
        definition="a - logsumexp(a, axis=axis, keepdims=1)", points=(*ALONG_POINTS, ([700.0, 699.0, 0.0],)), reach=BESIDE, cost=3),
    ArrayOperation("cumsum", ("a",), "sums of the elements so far", shapes.along,
        ("cumsum(g, axis=axis, backwards=turned)",), ("cumsum(g, axis=axis, backwards=backwards)",), ("axis=none", "backwards=0"),
        lambda shapes, fixed, position: {"turned": 1 - fixed["backwards"]}, points=ALONG_POINTS, moves=True, cost=1),
    ArrayOperation("cross_entropy", ("a", "b"), "mean of logsumexp(logits) - the label's logit", shapes.entropy,
        ("-g/count*less_share(one_hot(b, classes=classes), softmax(a, axis=last), axis=last)", "absent"),
        ("-sum(g*less_share(one_hot(b, classes=classes), softmax(a, axis=last), axis=last))/count", "absent"), (), shapes.entropy_names,
        definition="-sum(one_hot(b, classes=classes)*log_softmax(a, axis=-1))/count", domain="b >= 0 and b < classes and b == floor(b)",
        points=((MATRIX, [2.0, 0.0]), ([1.0, -2.0, 0.5], 1.0)), cost=2),
    ArrayOperation("one_hot", ("a",), "1 at the label's place, 0 elsewhere", shapes.hot, ("absent",), ("absent",), ("classes",),
        domain="a >= 0 and a < classes and a == floor(a)", flat=True),
    # -- products ------------------------------------------------------------------------------------------------------
    ArrayOperation("matmul", ("a", "b"), "matrix product", shapes.product, _product_adjoint, ("matmul(g, b)", "matmul(a, g)"), (), shapes.product_names,
        points=((MATRIX, SQUARE), ([1.0, 2.0, -3.0], SQUARE), (MATRIX, [1.0, 2.0, -3.0]), ([1.0, 2.0, -3.0], [0.5, 4.0, 2.0]),
                ([MATRIX, MATRIX], SQUARE), ([[MATRIX]], [SQUARE, SQUARE])),
        aliases=("dot",), symbol="@", precedence=7, moves=True, cost=shapes.products),
    ArrayOperation("outer", ("a", "b"), "all products of an element of one and an element of the other", shapes.outer,
        ("matmul(g, b)", "matmul(a, g)"), ("outer(g, b)", "outer(a, g)"), points=(([1.0, 2.0], [3.0, -4.0, 0.5]),), moves=True, cost=lambda operands, result: size(result)),
    ArrayOperation("conv1d", ("a", "b"), "sums of the products of a kernel and each stretch of a vector", shapes.convolved,
        ("scatter(outer(g, b), key=windows, shape=shape_a)", "matmul(transpose(index(a, key=windows)), g)"),
        ("conv1d(g, b)", "conv1d(a, g)"), (), shapes.convolved_names, definition="matmul(index(a, key=windows), b)",
        points=(([1.0, 2.0, -3.0, 0.5, 4.0], [0.5, -1.0]), ([1.0, 2.0], [3.0, 4.0])), moves=True, cost=shapes.windows),
    # -- matrices ------------------------------------------------------------------------------------------------------
    ArrayOperation("transpose", ("a",), "axes in reverse order", shapes.transposed, ("transpose(g, axes=back)",), ("transpose(g, axes=axes)",),
        ("axes=none",), shapes.transposed_names, points=((MATRIX,), ([1.0, 2.0],), ([MATRIX, MATRIX], {"axes": (1, 0, 2)})), latex=r"{#1}^{\top}", moves=True),
    ArrayOperation("trace", ("a",), "sum of the diagonal", shapes.traced,
        ("scatter(broadcast(g, shape=diagonal_shape), key=diagonal, shape=shape_a)",), ("trace(g)",), (), shapes.diagonal_names,
        definition="sum(diag(a))", points=((SQUARE,), (MATRIX,)), latex=r"\operatorname{tr}", moves=True, cost=lambda operands, result: operands[0][0] - 1),
    ArrayOperation("diag", ("a",), "a matrix with this diagonal; of a matrix, its diagonal", shapes.diagonal, _diagonal_adjoint, ("diag(g)",),
        (), shapes.diagonal_names, points=(([1.0, 2.0],), (SQUARE,), (MATRIX,)), moves=True),
    # by each entry: its cofactor, which is there for a singular matrix too
    ArrayOperation("det", ("a",), "determinant", shapes.of_square, ("g*cofactor(a)",), ("sum(g*cofactor(a))",),
        points=(*SQUARES, (SINGULAR,), ([[0.0, 0.0], [0.0, 0.0]],)), latex=r"\det", cost=shapes.elimination),
    ArrayOperation("inv", ("a",), "inverse of a matrix", shapes.squared, ("T = transpose(y); -matmul(matmul(T, g), T)",), ("-matmul(matmul(y, g), y)",),
        points=SQUARES, latex=r"{#1}^{-1}", cost=shapes.solution),
    ArrayOperation("solve", ("a", "b"), "the x with a @ x = b", shapes.solved, _solve_adjoint, ("-solve(a, matmul(g, y))", "solve(a, g)"),
        points=((SQUARE, [1.0, 2.0, -1.0]), (SQUARE, [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), ([[2.0]], [3.0])), cost=shapes.solution),
    # -- shapes --------------------------------------------------------------------------------------------------------
    ArrayOperation("reshape", ("a",), "the same elements in another shape", shapes.reshaped, ("reshape(g, shape=shape_a)",), ("reshape(g, shape=shape)",),
        ("shape",), points=((MATRIX, {"shape": (3, 2)}), (MATRIX, {"shape": (-1,)}), ([1.0], {"shape": ()})), moves=True),
    ArrayOperation("concat", ("a...",), "arrays one after the other", shapes.joined, ("index(g, key=own)",), ("scatter(g, key=own, shape=shape_y)",),
        ("axis=0",), shapes.joined_names, points=(([1.0, 2.0], [3.0]), (MATRIX, MATRIX, {"axis": 1}), (MATRIX, SQUARE)),
        moves=True, aliases=("concatenate", "cat")),
    ArrayOperation("stack", ("a...",), "arrays side by side along a new axis", shapes.stacked, ("index(g, key=own)",), ("scatter(g, key=own, shape=shape_y)",),
        ("axis=0",), shapes.stacked_names, points=((1.0, 2.0), ([1.0, 2.0], [3.0, 4.0]), ([1.0, 2.0], [3.0, 4.0], {"axis": 1})), moves=True),
    ArrayOperation("index", ("a",), "elements by their places", shapes.indexed, ("scatter(g, key=key, shape=shape_a)",), ("index(g, key=key)",),
        ("key",), points=(([1.0, 2.0, 3.0], {"key": (1,)}), (MATRIX, {"key": (0,)}), (MATRIX, {"key": (slice(None), 2)}),
                          (MATRIX, {"key": (slice(None, None, -1), slice(1, None))}), ([1.0, 2.0, 3.0], {"key": ((0, 0, 2),)})), moves=True),
    ArrayOperation("broadcast", ("a",), "repeated to a shape", shapes.broadcast, ("sum_to(g, shape=shape_a)",), ("broadcast(g, shape=shape)",),
        ("shape",), points=(([1.0, 2.0], {"shape": (3, 2)}), (2.0, {"shape": (2, 2)}), ([[1.0], [2.0]], {"shape": (2, 3)})), moves=True, aliases=("broadcast_to",)),
    # -- what serves the rules -----------------------------------------------------------------------------------------
    ArrayOperation("sum_to", ("a",), "summed over the axes along which it was repeated", shapes.as_fixed, ("broadcast(g, shape=shape_a)",), ("sum_to(g, shape=shape)",),
        ("shape",), points=((MATRIX, {"shape": (3,)}), (MATRIX, {"shape": (2, 1)}), (MATRIX, {"shape": ()})), inner=True, moves=True, cost=shapes.sums),
    ArrayOperation("scatter", ("a",), "its elements at their places in an array of zeros, added where a place stands twice", shapes.as_fixed, ("index(g, key=key)",), ("scatter(g, key=key, shape=shape)",),
        ("key", "shape"), points=(([1.0, 2.0], {"key": ((0, 0),), "shape": (3,)}), (2.0, {"key": (1, 2), "shape": (2, 3)}),
                                  ([1.0, 2.0], {"key": (slice(None, None, 2),), "shape": (3,)})), inner=True, moves=True),
    # of places that stand twice the last one counts: a key names each once
    ArrayOperation("put", ("a", "b"), "an array with others in place of the elements at a key", shapes.written,
        ("put(g, 0, key=key)", "sum_to(index(g, key=key), shape=shape_b)"), ("put(g, 0, key=key)", "scatter(broadcast(g, shape=picked), key=key, shape=shape_a)"),
        ("key",), shapes.written_names, points=(([1.0, 2.0, 3.0], 5.0, {"key": (1,)}), (MATRIX, [7.0, 8.0], {"key": (slice(None), 1)}), (MATRIX, 0.5, {"key": (slice(None), (0, 2))}),
                          (MATRIX, [[7.0], [8.0]], {"key": (slice(None, None, -1), slice(1, None))})), inner=True, moves=True),
    # the second derivatives of a product are the same from either side, so its adjoint and its tangent are one operation
    ArrayOperation("others", ("a",), "for each element the product of all others", shapes.over, ("others_derivative(a, g, axis=axis)",), ("others_derivative(a, g, axis=axis)",),
        ("axis=none",), points=(*ALONG_POINTS, ([0.0, 2.0, 3.0],), ([0.0, 0.0, 3.0, 4.0],)), inner=True, reach=BESIDE, cost=3),
    ArrayOperation("others_derivative", ("a", "b"), "the derivative of others along b", shapes.over, ("g*nan", "others_derivative(a, g, axis=axis)"), ("g*nan", "others_derivative(a, g, axis=axis)"),
        ("axis=none",), inner=True, reach=BESIDE, cost=9),
    # of softmax, whose elements are weights with the sum 1: each is the transpose of the other
    ArrayOperation("centred", ("a", "b"), "less its mean with weights", shapes.over, ("less_share(g, b, axis=axis)", "-a*sum(g, axis=axis, keepdims=1)"),
        ("centred(g, b, axis=axis)", "-sum(a*g, axis=axis, keepdims=1)"), ("axis=-1",), definition="a - sum(a*b, axis=axis, keepdims=1)", inner=True, reach=BESIDE, cost=3),
    ArrayOperation("less_share", ("a", "b"), "less weights of its sum", shapes.over, ("centred(g, b, axis=axis)", "-g*sum(a, axis=axis, keepdims=1)"),
        ("less_share(g, b, axis=axis)", "-g*sum(a, axis=axis, keepdims=1)"), ("axis=-1",), definition="a - b*sum(a, axis=axis, keepdims=1)", inner=True, reach=BESIDE, cost=3),
    ArrayOperation("cofactor", ("a",), "matrix of cofactors: the derivative of the determinant", shapes.squared, ("cofactor_along(a, g)",), ("cofactor_along(a, g)",),
        points=(*SQUARES, (SINGULAR,)), inner=True, cost=shapes.solution),
    ArrayOperation("cofactor_along", ("a", "b"), "the derivative of the cofactors along b", shapes.same, ("g*nan", "cofactor_along(a, g)"), ("g*nan", "cofactor_along(a, g)"), inner=True, cost=shapes.minors),
    # the derivatives of each of these three by its operands are the other two; stride, padding and the like stand in their window
    ArrayOperation("conv2d", ("a", "b"), "sums of the products of kernels and each patch of images", shapes.convolved_images,
        ("conv2d_input(g, b, window=window, shape=shape_a)", "conv2d_weight(a, g, window=window, shape=shape_b)"),
        ("conv2d(g, b, window=window)", "conv2d(a, g, window=window)"), ("window",),
        points=(([IMAGE], [IMAGE, IMAGE], {"window": ((1, 1), ((1, 1), (0, 1)), (1, 1), 1)}), ([IMAGE, IMAGE], [[[[1.0, -2.0]]], [[[0.5, 3.0]]]], {"window": ((2, 1), ((0, 0), (1, 0)), (1, 2), 2)})), inner=True, moves=True),
    ArrayOperation("conv2d_input", ("a", "b"), "the adjoint of images from that of their convolution: a transposed convolution", shapes.as_fixed,
        ("conv2d(g, b, window=window)", "conv2d_weight(g, a, window=window, shape=shape_b)"),
        ("conv2d_input(g, b, window=window, shape=shape)", "conv2d_input(a, g, window=window, shape=shape)"), ("window", "shape"),
        points=(([[[[2.0, -1.0, 0.5]]]], [[[[1.0, -2.0], [0.5, 3.0]]]], {"window": ((2, 1), ((1, 0), (0, 0)), (1, 1), 1), "shape": (1, 1, 2, 4)}),), inner=True, moves=True),
    ArrayOperation("conv2d_weight", ("a", "b"), "the adjoint of kernels from that of a convolution with them", shapes.as_fixed,
        ("conv2d_input(b, g, window=window, shape=shape_a)", "conv2d(a, g, window=window)"),
        ("conv2d_weight(g, b, window=window, shape=shape)", "conv2d_weight(a, g, window=window, shape=shape)"), ("window", "shape"),
        points=(([IMAGE], [[[[2.0], [0.5]]]], {"window": ((1, 1), ((0, 0), (0, 0)), (1, 2), 1), "shape": (1, 2, 1, 2)}),), inner=True, moves=True),
)

ARRAYS: dict[str, ArrayOperation] = {row.name: row for row in ROWS}
"""Every array operation by its name."""

_NAMED = [row for row in ROWS if not row.inner and row.name != "index"]

FUNCTIONS = {name: row.name for row in _NAMED for name in (row.name, *row.aliases)} | {"len": "len", "shape": "shape"}
"""The row of every function of arrays by its names; the last two are known with the shapes, and have none."""

SIGNATURES = {row.name: row.signature for row in _NAMED} | {"len": (1, 1, ()), "shape": (1, 1, ())}

if FUNCTIONS.keys() != set(ARRAY_NAMES):
    raise LookupError(f"the rows of arrays and ARRAY_NAMES differ in {', '.join(sorted(FUNCTIONS.keys() ^ set(ARRAY_NAMES)))}")
