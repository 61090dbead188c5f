"""What the engine takes from a row of the tables of operations, read and compiled on first use.

The values and the terms (what an operand receives of the result's adjoint) are those that every other part of diffcli
uses. Numbers are computed in Python's floats, everything else in NumPy.
"""

from __future__ import annotations

import operator
from functools import cache

from diffcli.operations import row_of
from diffcli.operations.arithmetic import arrays
from diffcli.operations.array_row import ArrayOperation, Fixed
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.row import MOVES, VIEWS
from diffcli.tape.recording.traced import TRUTHS
from diffcli.tape.running.array_rules import NUMPY, elementwise_reads
from diffcli.tape.running.rules import ABSENT, FLOAT, Function, TermFunctions, terms

INDEX_RESULTS = frozenset(("argmax", "argmin"))
"""Operations whose result is whole numbers, to index with."""

WHOLE = frozenset(("add", "sub", "mul", "square", "pow", "sum", "prod", "cumsum", "matmul", "outer", "trace"))
"""Operations that make larger whole numbers of whole numbers."""


def label_of(name: str) -> str:
    """The name of a node.

    >>> label_of("mul"), label_of("log_softmax"), label_of("log1p")
    ('MulBackward', 'LogSoftmaxBackward', 'Log1pBackward')
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward"


_TRUTHS = {
    **{name: arrays.FUNCTIONS[name] for name in TRUTHS},
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}
"""Comparisons whose result is yes or no: what is NaN equals nothing, as in Python."""


class Rule:
    """An operation of either table as the engine uses it, for one number of operands.

    ``strict`` is how a program computes it, where a quotient by 0 is undefined; else as the rules of the tables do, where it is
    the limit from above.
    """

    __slots__ = (
        "name", "label", "operands", "row", "defaults", "truth", "passive", "quick", "view", "moves", "keeps_whole", "breaks",
        "jumps", "value", "takes_memory", "number", "number_terms", "terms", "chooses", "reads",
    )  # fmt: skip

    def __init__(self, name: str, count: int, strict: bool) -> None:
        known = row_of(name)
        self.name = name
        self.label = label_of(name)
        """The name of its node: ``MulBackward``."""
        first, many = known.parameters[0], known.variadic and count > 1
        self.operands = tuple(f"{first}{number}" for number in range(count)) if many else known.parameters
        """The names of its operands, as the table has them."""
        self.row: ArrayOperation | None = ARRAYS.get(name)
        """The row of an array operation."""
        self.defaults: Fixed = self.row.defaults if self.row is not None else {}
        """What is fixed in it where nothing is given."""
        self.truth = name in TRUTHS
        """Whether the result is yes or no."""
        self.passive = self.truth or name == "stop_gradient" or (self.row is not None and self.row.adjoint == (ABSENT,))
        """Whether no derivative goes through it at all."""
        self.quick = name not in INDEX_RESULTS and not self.truth
        """Whether its result is of the kind of its operands."""
        self.view, self.moves = name in VIEWS, name in MOVES
        self.keeps_whole = name in WHOLE
        self.breaks = tuple([kind for kind, _ in known.breaks])
        """The kinds of breaks that it has."""
        self.jumps = not self.passive and "jump" in self.breaks
        """Whether its value jumps somewhere: where that is its operands tell."""
        self.value: Function = _TRUTHS.get(name) or (NUMPY.strict(name) if strict else NUMPY.value(name))
        """Its value, of arrays."""
        self.takes_memory = self.row is None and not self.truth and arrays.takes_memory(self.value)
        """Whether that can be computed in the memory of an operand."""
        self.number: Function | None = None
        """Its value, of floats; None for an array operation."""
        if self.row is None and name != "where":  # of a choice both have been evaluated
            self.number = FLOAT.strict(name) if strict else FLOAT.value(name)
        has_terms = self.row is None and not self.passive
        self.number_terms: TermFunctions = FLOAT.terms(name, count) if has_terms else ()
        """What each operand receives: functions ``(g, *operands, result)`` of floats; None where that is 0."""
        self.terms: TermFunctions = NUMPY.terms(name, count) if has_terms else ()
        """The same of arrays, for an elementwise operation."""
        self.chooses = tuple(bool(term and term.present) for term in terms(name, count)) if has_terms else ()
        """Whether elements of each operand may not be taken: no change of them changes the result."""
        self.reads = tuple(elementwise_reads(name, count, position) for position in range(count)) if has_terms else ()
        """Which operands the term of each reads, by position, and -1 for the result; for an elementwise operation."""


@cache
def rule(name: str, count: int, strict: bool = True) -> Rule:
    return Rule(name, count, strict)
