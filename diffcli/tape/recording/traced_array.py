"""Traced arrays: what stands for an array while a Python function is recorded.

A traced array is a name for a slot of the tape. What is written into it goes onto the tape as a new array, whose slot the
name has from then on; what it was stays there for those that have used it. Where NumPy makes a view, by an index of numbers
and slices, a transpose or another shape, so does this: a view is written through to the array it is of, and reads anew
what others have written there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import laid_out_as, numpy_function
from diffcli.operations.arithmetic.tensors import FLOAT64, kind_named
from diffcli.operations.array_row import Fixed
from diffcli.tape.recording.array_operations import apply_array
from diffcli.tape.recording.indexing import assign, index, is_everything
from diffcli.tape.recording.traced import TracedValue, binary, reflected, unary
from diffcli.tape.recording.untraceable import refuse
from diffcli.tape.running.array_rules import NUMPY


def _in_place(name: str) -> Callable[..., Any]:
    def operator(self: TracedArray, other: Any) -> Any:
        found = self._apply(name, self, other)
        if getattr(found, "shape", ()) != self.shape:
            refuse(self._recorder, "in place an array keeps its shape, and this is larger", "give the result a name of its own")
        self._become(found)
        return self

    return operator


def _of_value(name: str) -> Any:
    """What an array is told by, and what no derivative goes through."""
    return property(lambda self: getattr(self._value, name))


def _numpy(name: str) -> Callable[..., Any]:
    """The method of an array that is NumPy's function of the same name."""

    function = numpy_function(name)

    def method(self: TracedArray, *more: Any, **options: Any) -> Any:
        return self._recorder.arrays().apply_function(self._recorder, function, (self, *more), options)

    return method


class TracedArray(TracedValue):
    """An array of float64 whose operations are recorded.

    It has the operators of a NumPy array, in place too, indexing with whole numbers, slices, and arrays of places, and
    NumPy's functions work on it as far as the tables have them. The caller's array stays as it is.
    """

    __slots__ = ()

    _value: arrays.Array

    def _apply(self, name: str, *operands: Any, **fixed: Any) -> Any:
        return apply_array(self._recorder, name, operands, **fixed)

    shape, ndim, size, dtype = map(_of_value, ("shape", "ndim", "size", "dtype"))

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        assign(self, key, value)

    def __bool__(self) -> bool:
        if self.size != 1:
            help = "np.where(condition, a, b) chooses for each element; a branch needs one number, such as np.max(x) > 0"
            refuse(self._recorder, f"an array of {self.size} elements is neither true nor false", help)
        return bool(self.reshape(()))

    def __array__(self, *_: Any, **__: Any) -> Any:
        help = "leave np.asarray(...) out; a list of traced arrays becomes one by np.stack([...])"
        other = "an array that traced values are written into is made by np.zeros_like(x)"
        refuse(self._recorder, "this makes a plain array of a traced one, and would take it out of the recording", help, other)

    __matmul__, __rmatmul__ = binary("matmul"), reflected("matmul")
    __and__, __rand__ = binary("and"), reflected("and")
    __or__, __ror__ = binary("or"), reflected("or")
    __xor__, __rxor__ = binary("ne"), reflected("ne")
    __invert__ = unary("not")

    # -- in place --------------------------------------------------------------------------------------------------------

    __iadd__, __isub__, __imul__, __itruediv__ = map(_in_place, ("add", "sub", "mul", "div"))
    __ifloordiv__, __imod__, __ipow__, __imatmul__ = map(_in_place, ("floor_divide", "mod", "pow", "matmul"))
    __iand__, __ior__, __ixor__ = map(_in_place, ("and", "or", "ne"))

    def _become(self, new: TracedArray) -> None:
        """Have the elements of another array from now on."""
        self._slot, self._value = new._slot, laid_out_as(new._value, self._value)

    def _shows(self, value: Any, key: tuple[Any, ...]) -> bool:
        """Whether a value is what stands at a key of this array already, and not a copy of it."""
        if value is self:
            return is_everything(key)
        return isinstance(value, View) and value._parent is self and value._through[1].get("key") == key

    def fill(self, value: Any) -> None:
        self[...] = value

    def copy(self, order: str = "C") -> TracedArray:
        """Another name for the same slot."""
        twin = object.__new__(TracedArray)
        twin._recorder, twin._slot, twin._value = self._recorder, self._slot, arrays.as_array(self._value, order)
        return twin

    __pos__ = __copy__ = copy

    def __deepcopy__(self, _: object) -> TracedArray:
        return self.copy()

    # -- the methods of an array -----------------------------------------------------------------------------------------

    sum, mean, prod, max, min = map(_numpy, ("sum", "mean", "prod", "max", "min"))
    argmax, argmin, var, std = map(_numpy, ("argmax", "argmin", "var", "std"))
    cumsum, trace, diagonal, dot, clip, round = map(_numpy, ("cumsum", "trace", "diagonal", "dot", "clip", "round"))
    ravel, squeeze, swapaxes, take, repeat = map(_numpy, ("ravel", "squeeze", "swapaxes", "take", "repeat"))

    def __round__(self, digits: int | None = None) -> Any:
        return self.round(digits or 0)

    @property
    def T(self) -> Any:
        return self.transpose()

    def transpose(self, *axes: Any) -> Any:
        return self._apply("transpose", self, axes=axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        wanted = shape[0] if len(shape) == 1 else shape
        return _numpy("reshape")(self, wanted, **options) if options else self._apply("reshape", self, shape=wanted)

    def flatten(self) -> Any:
        return self.reshape(-1).copy()

    def astype(self, dtype: Any, *, copy: bool = True) -> Any:
        if kind_named(dtype) is not FLOAT64:
            refuse(self._recorder, "an array of the tape is one of float64", "leave astype(...) out")
        return self.copy() if copy else self

    def tolist(self) -> list[Any]:
        return [entry.tolist() if isinstance(entry, TracedArray) else entry for entry in self]

    def item(self, *key: Any) -> Any:
        if len(key) == 1 and isinstance(key[0], tuple):
            (key,) = key
        return self.reshape(-1)[key[0] if key else 0] if len(key) < 2 else self[key]


def _up_to_date(name: str) -> Any:
    """What a slot of the class holds, read anew where it is out of date."""
    held = vars(TracedValue)[name]
    return property(lambda self: self._refresh() or held.__get__(self), lambda self, value: held.__set__(self, value))


class View(TracedArray):
    """An array that shows elements of another, its parent: written into one, they are read in both."""

    __slots__ = ("_parent", "_through", "_root", "_seen")

    _parent: TracedArray
    _through: tuple[str, Fixed]
    """The row that reads it from the parent."""
    _root: TracedArray
    """The array that is no view, at the end of all parents."""
    _seen: int
    """The slot that the root had when this was read."""

    # what is written moves the root to another slot; so what was read is out of date if that is not the slot it was read from
    _slot, _value = _up_to_date("_slot"), _up_to_date("_value")

    def _show(self, parent: TracedArray, name: str, fixed: Fixed) -> None:
        self._parent, self._through = parent, (name, fixed)
        self._root = parent._root if isinstance(parent, View) else parent
        self._seen = self._root._slot

    def _chain(self) -> list[View]:
        """This and the views that it is a view of, from the last to the one of the root."""
        found: list[View] = []
        one: TracedArray = self
        while isinstance(one, View):
            found.append(one)
            one = one._parent
        return found

    def _refresh(self) -> None:
        now = self._root._slot
        if self._seen == now:
            return
        for view in reversed(self._chain()):
            if view._seen != now:
                name, fixed = view._through
                read = apply_array(self._recorder, name, (view._parent,), **fixed)
                view._have(read._slot)

    def _become(self, new: TracedArray) -> None:
        chain = self._chain()
        if any(view._through[0] == "broadcast" for view in chain):
            refuse(self._recorder, "what np.broadcast_to gives cannot be written into", "write into a copy: x.copy()")
        parts: list[Any] = [new.copy()]  # which may show elements of the root, and does not move with it
        for view in chain:
            parts.append(view._put_back(parts[-1]))
        self._root._become(parts.pop())
        for view in reversed(chain):
            view._have(parts.pop()._slot)

    def _have(self, slot: int) -> None:
        """Be up to date with a slot that has the elements of the parent."""
        name, fixed = self._through
        self._seen = self._root._slot
        self._slot, self._value = slot, NUMPY.strict(name)(self._parent._value, **fixed)

    def _put_back(self, part: TracedArray) -> Any:
        """The parent with other elements where this shows it."""
        name, fixed = self._through
        if name == "index":
            return self._apply("put", self._parent, part, key=fixed["key"])
        if name == "reshape":
            return self._apply("reshape", part, shape=self._parent.shape)
        axes = fixed["axes"]
        return self._apply("transpose", part, axes=[axes.index(axis) for axis in range(len(axes))])

