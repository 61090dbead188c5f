"""The shape rules of array operations: from the operands' shapes and what is fixed to the result's shape.

Each completes what is fixed in place, so that the rules of the table find axes counted from the front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import counted
from diffcli.operations.array_row import Fixed, Shape, ShapeError, as_axes, broadcast_shapes, kept_shape, shape_text, size

MOST_AXES = 32
"""What every version of NumPy can hold."""


def reduced(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of a sum and the like: the axes summed over are gone, or of length 1."""
    axes = fixed["axis"] = as_axes(fixed["axis"], len(shapes[0]))
    if fixed["keepdims"]:
        return kept_shape(shapes[0], axes)
    return tuple(length for axis, length in enumerate(shapes[0]) if axis not in axes)


def reduced_of_something(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """The same, of what has no value without an element."""
    shape = reduced(shapes, fixed)
    if not size(tuple(shapes[0][axis] for axis in fixed["axis"])):
        raise ShapeError("there is no element to take it of")
    return shape


def reduced_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    axes = fixed["axis"]
    kept = kept_shape(shapes[0], axes)
    return {"kept": kept, "count": float(size(shapes[0]) // max(size(kept), 1)) if size(kept) else 0.0}


def picked(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of argmax: along one axis, or of a vector."""
    along(shapes, fixed)
    return reduced_of_something(shapes, fixed)


def along(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of cumsum: the operand's own shape. Only a vector may leave the axis out."""
    shape = shapes[0]
    if fixed["axis"] is None and len(shape) > 1:
        raise ShapeError(f"{shape_text(shape)} has several axes: say along which", "add axis=0 or another", code="bad-axis")
    fixed["axis"] = as_axes(fixed["axis"], len(shape))
    if len(fixed["axis"]) > 1:
        raise ShapeError("it goes along one axis", code="bad-axis")
    return shape


def over(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of softmax and what serves a reduction: the operand's own shape. A number has no axis, and needs none."""
    fixed["axis"] = as_axes(fixed["axis"], len(shapes[0])) if shapes[0] or fixed["axis"] not in (None, 0, -1) else ()
    return shapes[0]


def product(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of the matrix product: rows times columns; the axes before the last two are broadcast."""
    a, b = shapes
    if not a or not b:
        message = f"a matrix product is of arrays, not of {shape_text(a)} and {shape_text(b)}"
        raise ShapeError(message, "a product of numbers is *")
    if a[-1] != b[-2 if len(b) > 1 else 0]:
        inner = f"each row of the first has {a[-1]} and each column of the second {b[-2 if len(b) > 1 else 0]}"
        help = [inner]
        if len(b) == 2 and a[-1] == b[1]:
            help.append("with the second one transposed they fit: .T")
        raise ShapeError(f"the shapes of a matrix product do not fit: {shape_text(a)} and {shape_text(b)}", *help)
    if max(len(a), len(b)) > 2 and min(len(a), len(b)) < 2:
        raise ShapeError(f"a vector cannot be multiplied by {shape_text(a if len(a) > 2 else b)}", "reshape it to a matrix")
    batch = broadcast_shapes([a[:-2], b[:-2]])
    return batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


def product_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    """The orders of the axes with the last two exchanged."""
    a, b = (tuple(range(len(shape))) for shape in shapes)
    return {"swap_a": a[:-2] + a[:-3:-1], "swap_b": b[:-2] + b[:-3:-1]}


def outer(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    a, b = shapes
    if len(a) != 1 or len(b) != 1:
        raise ShapeError(f"an outer product is of two vectors, not of {shape_text(a)} and {shape_text(b)}")
    return a + b


def transposed(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    shape = shapes[0]
    axes = fixed["axes"]
    axes = fixed["axes"] = tuple(reversed(range(len(shape)))) if axes is None else as_axes(axes, len(shape))
    return tuple(shape[axis] for axis in axes)


def transposed_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    axes = fixed["axes"]
    return {"back": tuple(axes.index(axis) for axis in range(len(axes)))}


def squared(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of an inverse: square matrices only."""
    shape = shapes[0]
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"a square matrix is needed, not {shape_text(shape)}")
    return shape


def of_square(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of a determinant: a number."""
    squared(shapes, fixed)
    return ()


def traced(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    if len(shapes[0]) != 2:
        raise ShapeError(f"a matrix is needed, not {shape_text(shapes[0])}")
    return ()


def diagonal_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    """The key of the diagonal of a matrix, and how long it is."""
    if len(shapes[0]) != 2:
        return {}
    places = tuple(range(min(shapes[0])))
    return {"diagonal": (places, places), "diagonal_shape": (len(places),)}


def diagonal(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of diag: a vector becomes a matrix, a matrix its diagonal."""
    shape = shapes[0]
    if len(shape) == 1:
        return shape + shape
    if len(shape) == 2:
        return (min(shape),)
    raise ShapeError(f"a vector or a matrix is needed, not {shape_text(shape)}")


def reshaped(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """The shape asked for; one length may be -1, which stands for what is left."""
    wanted = fixed["shape"] if isinstance(fixed["shape"], tuple) else (fixed["shape"],)
    if not all(isinstance(length, int) and length >= -1 for length in wanted) or wanted.count(-1) > 1:
        raise ShapeError(f"a shape is a list of whole numbers, not {fixed['shape']}", "write it as in reshape(x, [2, 3])")
    total = size(shapes[0])
    if -1 in wanted:
        rest = size(tuple(length for length in wanted if length != -1))
        wanted = tuple((total // rest if rest else 0) if length == -1 else length for length in wanted)
    if size(wanted) != total:
        raise ShapeError(f"{counted(total, 'element')} cannot take the shape {shape_text(wanted)}, which has {size(wanted)}")
    fixed["shape"] = wanted
    return wanted


def broadcast(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    wanted: Shape = fixed["shape"] if isinstance(fixed["shape"], tuple) else (fixed["shape"],)
    if broadcast_shapes([shapes[0], wanted]) != wanted:
        raise ShapeError(f"{shape_text(shapes[0])} cannot be repeated to {shape_text(wanted)}")
    fixed["shape"] = wanted
    return wanted


def as_fixed(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of what takes its shape from the rule that uses it."""
    shape: Shape = fixed["shape"]
    return shape


def same(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    return shapes[0]


def joined(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of concat: lengths add up along the axis, and are equal along the others."""
    first = shapes[0]
    if not first:
        raise ShapeError("arrays are joined, not numbers", "numbers make an array as in [a, b]")
    (axis,) = as_axes(fixed["axis"], len(first)) if isinstance(fixed["axis"], int) else (0,)
    fixed["axis"] = axis
    for shape in shapes:
        if len(shape) != len(first) or any(shape[k] != first[k] for k in range(len(first)) if k != axis):
            message = f"shapes do not fit: {shape_text(first)} and {shape_text(shape)}"
            raise ShapeError(message, f"they are joined along axis {axis}")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def joined_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    """The key of one operand's part of the result."""
    axis = fixed["axis"]
    start = sum(shape[axis] for shape in shapes[:position])
    return {"own": (*[slice(None)] * axis, slice(start, start + shapes[position][axis]))}


def stacked(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of a list: a new axis, along which the operands stand."""
    first = shapes[0]
    for number, shape in enumerate(shapes):
        if shape != first:
            help = "all entries of a list have the same shape"
            raise ShapeError(f"entry 0 has {shape_text(first)} and entry {number} {shape_text(shape)}", help)
    if len(first) >= MOST_AXES:
        raise ShapeError(f"an array has at most {MOST_AXES} axes")
    axis = fixed["axis"]
    if not isinstance(axis, int) or not -len(first) - 1 <= axis <= len(first):
        raise ShapeError(f"there is no axis {axis} to stack along", code="bad-axis")
    axis = fixed["axis"] = axis % (len(first) + 1)
    return (*first[:axis], len(shapes), *first[axis:])


def stacked_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    return {"own": (*[slice(None)] * fixed["axis"], position)}


def indexed(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """The shape of ``a[key]``; the key holds whole numbers, slices, and tuples of places, which are broadcast to each other.

    What the places give stands where they do; it stands in front where slices are between them, or between one and a number
    (the NumPy manual, "Combining advanced and basic indexing").
    """
    shape = shapes[0]
    key = fixed["key"]
    if len(key) > len(shape):
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        what = f"there are {len(key)} indices for {axes}" if shape else "a number has no elements"
        raise ShapeError(what, code="bad-index")
    result: list[int] = []
    places: list[Shape] = []
    looked_up: list[int] = []
    for axis, (part, length) in enumerate(zip(key, shape, strict=False)):
        if isinstance(part, slice):
            if part.step == 0:
                raise ShapeError("the step of a slice cannot be 0", code="bad-index")
            result.append(len(range(*part.indices(length))))
            continue
        looked_up.append(axis)
        if not isinstance(part, int):
            places.append(nested_shape(part))
        elif not -length <= part < length:
            where = f" along axis {axis}" if len(shape) > 1 else ""
            reach = f"indices go from 0 to {length - 1}, or from -{length} to -1" if length else "there are none"
            raise ShapeError(f"index {part} is out of range: there are {length} elements{where}", reach, code="bad-index")
    if places:
        beside = looked_up[-1] - looked_up[0] < len(looked_up)
        front = looked_up[0] if beside else 0
        result[front:front] = broadcast_shapes(places)
    return (*result, *shape[len(key) :])


def written(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    """Of an array that has been written into: its own shape."""
    picked = indexed(shapes[:1], fixed)
    if broadcast_shapes([picked, shapes[1]]) != picked:
        raise ShapeError(f"{shape_text(shapes[1])} cannot be written into {shape_text(picked)}")
    return shapes[0]


def written_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    return {"picked": indexed(shapes[:1], fixed)}


def nested_shape(nested: Any) -> Shape:
    """The shape of lists, or tuples, in each other, which are even."""
    lengths: list[int] = []
    while isinstance(nested, list | tuple):
        lengths.append(len(nested))
        nested = nested[0] if nested else None
    return tuple(lengths)


def solved(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    a, b = shapes
    squared([a], fixed)
    if len(b) not in (1, 2) or b[0] != a[0]:
        raise ShapeError(f"the matrix has {a[0]} rows, and the right side is {shape_text(b)}")
    return b


def entropy(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    a, b = shapes
    if len(a) not in (1, 2) or b != a[:-1]:
        help = "logits are batch × classes, labels one whole number for each of the batch"
        raise ShapeError(f"logits of {shape_text(a)} do not fit labels of {shape_text(b)}", help)
    if not size(a):
        raise ShapeError("there is no element to take it of")
    return ()


def entropy_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    return {"classes": shapes[0][-1], "count": float(size(shapes[1])), "last": (len(shapes[0]) - 1,)}


def hot(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    classes = fixed["classes"]
    if not isinstance(classes, int) or classes < 1:
        raise ShapeError(f"the number of classes is a whole number, not {classes}", code="bad-index")
    return (*shapes[0], classes)


def convolved(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    a, b = shapes
    if len(a) != 1 or len(b) != 1 or not 1 <= b[0] <= a[0]:
        raise ShapeError(f"a vector and a kernel no longer than it are needed, not {shape_text(a)} and {shape_text(b)}")
    return (a[0] - b[0] + 1,)


def convolved_names(shapes: Sequence[Shape], fixed: Fixed, position: int) -> Fixed:
    """The places in the vector that each entry of the result looks at."""
    (length,), (kernel,) = shapes
    return {"windows": (tuple(tuple(range(start, start + kernel)) for start in range(length - kernel + 1)),)}


def convolved_images(shapes: Sequence[Shape], fixed: Fixed) -> Shape:
    a, b = shapes
    strides, pads, apart, groups = fixed["window"]
    if len(a) != 4 or len(b) != 4 or a[1] != b[1] * groups or b[0] % groups:
        help = "images are batch × channels × height × width, kernels outputs × channels of a group × height × width"
        what = f"images of {shape_text(a)} and kernels of {shape_text(b)}"
        raise ShapeError(f"{what} in {counted(groups, 'group')} do not fit", help)
    free = [a[k] + sum(pads[k - 2]) - apart[k - 2] * (b[k] - 1) - 1 for k in (2, 3)]
    if min(free) < 0 or not size(b):
        raise ShapeError(f"a kernel of {shape_text(b[2:])} does not fit into images of {shape_text(a[2:])}", "add padding")
    return (a[0], b[0], free[0] // strides[0] + 1, free[1] // strides[1] + 1)


# -- how many elementary operations, from the shapes of the operands and of the result -------------------------------------


def sums(operands: Sequence[Shape], result: Shape) -> int:
    """Of what is added, or multiplied, to one number for each element of the result."""
    return max(size(operands[0]) - size(result), 0)


def products(operands: Sequence[Shape], result: Shape) -> int:
    """Products along the inner axis, and their sums."""
    return size(result) * max(2 * operands[0][-1] - 1, 0)


def windows(operands: Sequence[Shape], result: Shape) -> int:
    return size(result) * (2 * operands[1][0] - 1)


def elimination(operands: Sequence[Shape], result: Shape, columns: int = 0) -> int:
    """Of a square matrix: two thirds of n^3, and twice n^2 for each column that it is solved for."""
    return 2 * operands[0][0] ** 3 // 3 + 2 * columns * operands[0][0] ** 2


def solution(operands: Sequence[Shape], result: Shape) -> int:
    """Elimination with as many columns as the result has."""
    return elimination(operands, result, size(result) // max(operands[0][0], 1))


def minors(operands: Sequence[Shape], result: Shape) -> int:
    """Elimination with two columns for each of the matrix."""
    return elimination(operands, result, 2 * operands[0][0])
