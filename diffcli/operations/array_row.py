"""The form of a row of the table of array operations, and the shapes that it asks about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import counted
from diffcli.operations.row import KEYWORDS, bare_names

Shape: TypeAlias = tuple[int, ...]
Fixed: TypeAlias = dict[str, Any]
"""What is fixed in a row beside its operands, by name: an axis, a shape, a key."""


class ShapeError(Exception):
    """The operands of an operation do not fit each other; ``code`` is that of the diagnostic it becomes."""

    def __init__(self, message: str, *help: str, code: str = "shape-mismatch") -> None:
        super().__init__(message)
        self.message, self.help, self.code = message, help, code


class ArrayOperation(NamedTuple):
    """One operation on arrays, whole: everything the rest of diffcli knows about it.

    The rules are texts in diffcli's own language, as those of the elementwise rows are: ``a``, ``b`` are the operands (``a``
    alone, for any of them, in a variadic row), ``y`` is the result, ``g`` the adjoint of the result or the tangent of the
    operand. They may name what is fixed: ``axis`` and the like; ``shape_a``, ``shape_b`` and ``shape_y``; and what
    ``names`` adds. A rule that depends on how many axes the operands have is a function of those names. ``absent`` is no
    dependence.
    """

    name: str
    operands: tuple[str, ...]
    meaning: str
    shape: Callable[[Sequence[Shape], Fixed], Shape]
    """The shape of the result from those of the operands.

    Raises `ShapeError` where they do not fit, and completes what is fixed: an axis that is counted from the end becomes one
    that is counted from the front.
    """
    adjoint: tuple[str, ...] | Callable[[Fixed], tuple[str, ...]]
    """What reaches the adjoint of each operand: the VJP."""
    tangent: tuple[str, ...] | Callable[[Fixed], tuple[str, ...]]
    """What the tangent of each operand adds to that of the result: the JVP."""
    fixed: tuple[str, ...] = ()
    """Names of what is fixed, with defaults where they may be left out: ``"axis=none"``."""
    names: Callable[[Sequence[Shape], Fixed, int], Fixed] = lambda shapes, fixed, position: {}
    """More names for the rules: of shapes, what is fixed, and which operand is asked about."""
    definition: str = ""
    """What it is by simpler operations, as text; empty for a primitive."""
    domain: str = ""
    """Where the value is defined, if not everywhere; a condition with an entry for each part that may fail."""
    breaks: tuple[tuple[str, str], ...] = ()
    """Where it is not differentiable: pairs of a kind (kink, tie, jump, pole) and a condition."""
    flat: bool = False
    """The derivative is 0 almost everywhere."""
    cost: int | Callable[[Sequence[Shape], Shape], int] = 0
    """How many elementary operations it takes when it is written out in numbers: for each element of the operand, or from
    the shapes of the operands and the result. Comparisons are free, and so is what only moves elements."""
    points: tuple[tuple[Any, ...], ...] = ()
    """Operands at which the tests hold the row against differences and scalar arithmetic: nested lists, and last a dictionary
    of what is fixed where something is."""
    aliases: tuple[str, ...] = ()
    latex: str = ""
    symbol: str = ""
    precedence: int = 0
    spelled: str = ""
    """The name in source text where it is not ``name``."""
    inner: bool = False
    """Whether it serves the rules only, and a user has no name for it."""
    moves: bool = False
    """Whether it only moves elements and adds up multiples of them: its rules, for operands that are all 1, then tell which
    elements depend on which."""
    reach: tuple[str, ...] = ()
    """The same where it does not: which elements of an operand depend on those of the result for which g is 1 and not 0, and
    the other way round; empty if all depend on all."""

    present: str = ""
    """Which elements of the operand the result depends on at all, where it takes some and leaves the others."""

    @property
    def variadic(self) -> bool:
        return self.operands[0].endswith("...")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The bare names of the operands."""
        return bare_names(self.operands)

    @property
    def defaults(self) -> Fixed:
        """What is fixed where nothing is given, for what may be left out; an axis of None is all of them."""
        pairs = [name.partition("=") for name in self.fixed]
        return {name: None if value == "none" else int(value) for name, sign, value in pairs if sign}

    @property
    def signature(self) -> tuple[int, int | None, tuple[str, ...]]:
        """The fewest and the most arguments (None: any number), and the keywords that a user may give."""
        least = len(self.operands) + sum("=" not in name for name in self.fixed)
        return least, None if self.variadic else least, tuple(name for name in KEYWORDS if name in self.defaults)

    def elementary_operations(self, operands: Sequence[Shape], result: Shape) -> int:
        """How many elementary operations it takes for such shapes."""
        return self.cost(operands, result) if callable(self.cost) else self.cost * size(operands[0])

    @property
    def spelling(self) -> str:
        """The function's name in source text."""
        return self.spelled or self.name


# -- shapes ----------------------------------------------------------------------------------------------------------------


def shape_text(shape: Shape) -> str:
    """A shape in words: ``a number``, ``3 elements``, ``2 × 3``.

    >>> shape_text(()), shape_text((3,)), shape_text((2, 3))
    ('a number', '3 elements', '2 × 3')
    """
    if not shape:
        return "a number"
    if len(shape) == 1:
        return counted(shape[0], "element")
    return " × ".join(map(str, shape))


def broadcast_shapes(shapes: Sequence[Shape]) -> Shape:
    """The common shape of elementwise operands, as NumPy's broadcasting has it: an axis of length 1 is repeated.

    >>> broadcast_shapes([(2, 1), (3,), ()])
    (2, 3)
    """
    with_axes = {shape for shape in shapes if shape}
    if len(with_axes) < 2:
        return next(iter(with_axes), ())
    longest = max(map(len, shapes))
    result = []
    for axis in range(-longest, 0):
        lengths = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(lengths) > 1:
            known = " and ".join(dict.fromkeys(map(shape_text, shapes)))
            hint = f"their axes are compared from the last: {' and '.join(map(str, sorted(lengths)))} are neither equal nor 1"
            raise ShapeError(f"shapes do not fit: {known}", hint)
        result.append(lengths.pop() if lengths else 1)
    return tuple(result)


def as_axes(axis: Any, dimensions: int) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front: None for all of them, a number, or several."""
    if axis is None:
        return tuple(range(dimensions))
    axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    found = []
    for one in axes:
        if not isinstance(one, int) or isinstance(one, bool):
            raise ShapeError(f"an axis is a whole number, not {one}", code="bad-axis")
        if not -dimensions <= one < dimensions:
            has = f"it has {dimensions} ax{'i' if dimensions == 1 else 'e'}s" if dimensions else "it is a number and has no axes"
            hint = f"axes are counted from 0, so its axes are 0 to {dimensions - 1}" if dimensions > 1 else "leave axis out"
            raise ShapeError(f"there is no axis {one}: {has}", hint, code="bad-axis")
        found.append(one % dimensions)
    if len(set(found)) < len(found):
        raise ShapeError(f"axis=[{', '.join(map(str, axes))}] names an axis twice", code="bad-axis")
    return tuple(found)


def kept_shape(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """A shape with length 1 along the axes that are summed over."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape))


size: Callable[[Shape], int] = prod
"""How many elements an array of a shape has."""
