"""The table of operations and the ways to find a row in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diffcli.operations.custom_operations import OwnName, Table
from diffcli.operations.elementwise import ROWS
from diffcli.operations.row import ARRAY_NAMES, KEYWORDS, Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.operations.array_row import ArrayOperation

__all__ = [
    "ARRAY_FUNCTIONS", "ARRAY_NAMES", "ARRAY_SIGNATURES", "CONSTANTS", "FUNCTION_NAMES", "KEYWORDS", "OPERATIONS",
    "REDUCED", "Operation", "find_function", "is_function", "row_of",
]  # fmt: skip

OPERATIONS: dict[str, Operation] = Table({row.name: row for row in ROWS})
"""Every elementwise operation by its name."""

CONSTANTS: dict[str, float] = {"pi": 3.141592653589793, "e": 2.718281828459045, "tau": 6.283185307179586}
"""The named constants of the language."""

_SPELLINGS: dict[str, list[Operation]] = {}
for _row in ROWS:
    if not _row.symbol or _row.name == "pow":
        for _name in (_row.spelling, *_row.aliases):
            _SPELLINGS.setdefault(_name, []).append(_row)

FUNCTION_NAMES: tuple[str, ...] = tuple(_SPELLINGS)
"""Every name of an elementwise function, aliases included, that may stand before a parenthesis."""


class _OfArrays(Mapping[str, Any]):
    """A table by names of functions of arrays that is made of the rows when it is first asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def table(self) -> dict[str, Any]:
        from diffcli.operations import arrays

        return getattr(arrays, self.name)  # type: ignore[no-any-return]

    def __getitem__(self, name: str) -> Any:
        if name not in ARRAY_NAMES:
            raise KeyError(name)
        return self.table()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table())

    def __len__(self) -> int:
        return len(self.table())


ARRAY_FUNCTIONS: Mapping[str, str] = _OfArrays("FUNCTIONS")
"""The row that each function of arrays calls."""

ARRAY_SIGNATURES: Mapping[str, tuple[int, int | None, tuple[str, ...]]] = _OfArrays("SIGNATURES")
"""For each of these rows, the fewest and the most arguments (None: any number) and the keywords it takes."""

REDUCED: dict[str, str] = {"max": "amax", "min": "amin"}
"""What an elementwise operation of any number of operands means for one operand, or along an axis: ``max(x)``."""

def find_function(name: str) -> list[Operation]:
    """The elementwise rows that ``name(...)`` may mean, one for each arity; empty if there is no such function."""
    return _SPELLINGS.get(name, [])


class _EveryRow(Table):
    """The rows of numbers, and those of arrays once they are asked for."""

    def __missing__(self, name: str) -> Any:
        if isinstance(name, OwnName):
            return name.row
        from diffcli.operations.arrays import ARRAYS  # a program of numbers never loads them

        found: Any = ARRAYS[name]
        self[name] = found
        return found


_EVERY_ROW = _EveryRow(OPERATIONS)


def row_of(name: str) -> Operation | ArrayOperation:
    """The row of an operation, in whichever table it stands.

    >>> row_of("sin").meaning, row_of("det").meaning
    ('sine', 'determinant')
    """
    return _EVERY_ROW[name]


ROUNDED_ONCE = frozenset(("add", "sub", "mul", "div", "square", "reciprocal", "sqrt", "leaky_relu"))
EXACT = frozenset(("neg", "abs", "max", "min", "clip", "relu", "relu6", "hardtanh", "copysign", "where", "stop_gradient"))
"""Operations that only choose, or change a sign."""


def is_settled(name: str) -> bool:
    """Whether an operation has the same result in every arithmetic of floats: it is exact, or rounded once.

    >>> is_settled("sqrt"), is_settled("floor"), is_settled("cos")
    (True, True, False)
    """
    return name in ROUNDED_ONCE or name in EXACT or row_of(name).flat


def is_function(name: str) -> bool:
    """Whether the language has a function of that name, of numbers or of arrays.

    >>> is_function("sin"), is_function("softmax"), is_function("loss")
    (True, True, False)
    """
    return name in _SPELLINGS or name in ARRAY_NAMES
