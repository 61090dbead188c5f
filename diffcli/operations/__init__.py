"""The table of operations and the ways to find a row in it."""

from __future__ import annotations

from diffcli.operations.custom_operations import Table
from diffcli.operations.elementwise import ROWS
from diffcli.operations.row import Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.operations.array_row import ArrayOperation

__all__ = [
    "ARRAY_FUNCTIONS", "ARRAY_SIGNATURES", "CONSTANTS", "FUNCTION_NAMES", "OPERATIONS", "REDUCED", "Operation",
    "find_function", "is_function", "row_of",
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

ARRAY_FUNCTIONS: dict[str, str] = {
    "sum": "sum", "mean": "mean", "average": "mean", "prod": "prod", "amax": "amax", "amin": "amin", "argmax": "argmax",
    "argmin": "argmin", "norm": "norm", "logsumexp": "logsumexp", "softmax": "softmax", "log_softmax": "log_softmax",
    "cumsum": "cumsum", "matmul": "matmul", "dot": "matmul", "outer": "outer", "transpose": "transpose", "trace": "trace",
    "diag": "diag", "reshape": "reshape", "broadcast": "broadcast", "broadcast_to": "broadcast", "concat": "concat",
    "concatenate": "concat", "cat": "concat", "stack": "stack", "det": "det", "inv": "inv", "solve": "solve",
    "cross_entropy": "cross_entropy", "one_hot": "one_hot", "conv1d": "conv1d", "len": "len", "shape": "shape",
}  # fmt: skip
"""Every name of a function of arrays, with the row that it calls. `diffcli.operations.arrays` holds the rows themselves, which
a program of numbers never loads."""

REDUCED: dict[str, str] = {"max": "amax", "min": "amin"}
"""What an elementwise operation of any number of operands means for one operand, or along an axis: ``max(x)``."""

ARRAY_SIGNATURES: dict[str, tuple[int, int | None, tuple[str, ...]]] = {
    **dict.fromkeys(
        ("sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "norm", "logsumexp"), (1, 1, ("axis", "keepdims"))
    ),
    **dict.fromkeys(("softmax", "log_softmax", "cumsum"), (1, 1, ("axis",))),
    **dict.fromkeys(("concat", "stack"), (1, None, ("axis",))),
    **dict.fromkeys(("transpose", "trace", "diag", "det", "inv", "len", "shape"), (1, 1, ())),
    **dict.fromkeys(("matmul", "outer", "solve", "reshape", "broadcast", "cross_entropy", "one_hot", "conv1d"), (2, 2, ())),
}
"""For each row of `ARRAY_FUNCTIONS`, the fewest and the most arguments (None: any number) and the keywords it takes."""


def find_function(name: str) -> list[Operation]:
    """The elementwise rows that ``name(...)`` may mean, one for each arity; empty if there is no such function."""
    return _SPELLINGS.get(name, [])


def row_of(name: str) -> Operation | ArrayOperation:
    """The row of an operation, in whichever table it stands.

    >>> row_of("sin").meaning, row_of("det").meaning
    ('sine', 'determinant')
    """
    if name in OPERATIONS:
        return OPERATIONS[name]
    from diffcli.operations.arrays import ARRAYS  # a program of numbers never loads them

    return ARRAYS[name]


def is_function(name: str) -> bool:
    """Whether the language has a function of that name, of numbers or of arrays.

    >>> is_function("sin"), is_function("softmax"), is_function("loss")
    (True, True, False)
    """
    return name in _SPELLINGS or name in ARRAY_FUNCTIONS
