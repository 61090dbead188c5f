"""What the engine takes from a row of the tables of operations, read and compiled on first use.

The values and the terms (what an operand receives of the result's adjoint) are those that every other part of diffcli
uses. Numbers are computed in Python's floats, everything else in NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from diffcli.errors import AutogradError, fault
from diffcli.operations import row_of
from diffcli.operations.arithmetic import arrays
from diffcli.operations.array_row import ArrayOperation, Fixed, Shape, ShapeError, broadcast_shapes
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.row import MOVES, VIEWS
from diffcli.tape.recording.traced import TRUTHS
from diffcli.tape.running.array_rules import BY_COLUMNS, NUMPY, ArrayRule, elementwise_reads
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
        "name", "label", "operands", "row", "defaults", "truth", "passive", "quick", "view", "moves", "leads", "keeps_whole",
        "breaks", "jumps", "value", "takes_memory", "number", "number_terms", "terms", "chooses", "reads",
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
        self.leads = self.truth or self.moves
        """Whether it leads on at which elements a comparison is at its boundary: what is computed of truths is constant."""
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


class Plan:
    """What is the same for all operations of a rule on operands of the same shapes: found once, for value and backward.

    A `ShapeError` says that the operands do not fit each other, or what is fixed does not fit them.
    """

    __slots__ = ("rule", "shapes", "shape", "fixed", "value", "_reads", "_adjoints")

    def __init__(self, rule: Rule, shapes: tuple[Shape, ...], fixed: Fixed) -> None:
        self.rule, self.shapes = rule, shapes
        self.fixed: Fixed | None = None
        """What is fixed in an array operation beside its operands, with its defaults."""
        self.value = rule.value
        """Its value, of arrays."""
        if rule.row is None:
            self.shape = shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast_shapes(shapes)
        else:
            self.fixed = rule.defaults | fixed
            self.shape = rule.row.shape(shapes, self.fixed)
            self.value = partial(rule.value, **self.fixed) if self.fixed else rule.value
        self._reads: dict[tuple[bool, ...], tuple[bool, ...]] = {}
        self._adjoints: dict[tuple[int, bool], tuple[ArrayRule, Callable[..., Any] | None, bool]] = {}

    def reads(self, edges: Sequence[Any]) -> tuple[bool, ...]:
        """Whether the rules of those operands that have edges read each operand, and last the result."""
        kind = tuple([edge is not None for edge in edges])
        found = self._reads.get(kind)
        if found is None:
            positions = tuple([position for position, there in enumerate(kind) if there])
            if self.rule.row is None:
                found = read_by(self.rule, positions)
            else:
                read = frozenset().union(*[self.adjoint(position)[0].reads() for position in positions])
                found = (*[position in read for position in range(len(kind))], -1 in read)
            self._reads[kind] = found
        return found

    def adjoint(self, position: int, by_columns: bool = False) -> tuple[ArrayRule, Callable[..., Any] | None, bool]:
        """What an array operation hands on to an operand: the rule, as a function (None: nothing), and if that is all of it.

        Products of matrices may be asked for ``by_columns``, in the memory of which a transposition shows rows.
        """
        found = self._adjoints.get((position, by_columns))
        if found is None:
            row = self.rule.row
            assert row is not None and self.fixed is not None
            rule = ArrayRule(row, self.shapes, self.shape, self.fixed, position)
            function = (BY_COLUMNS if by_columns else NUMPY).row_term(rule, "adjoint")
            found = self._adjoints[position, by_columns] = rule, function, not (row.present or rule.leaves_out)
        return found


@cache
def read_by(rule: Rule, positions: tuple[int, ...]) -> tuple[bool, ...]:
    """Whether the terms by some operands of an elementwise operation read each operand, and last the result."""
    read = frozenset() if rule.passive else frozenset().union(*[rule.reads[position] for position in positions])
    return (*[position in read for position in range(len(rule.operands))], -1 in read)


_SIMPLE = frozenset((int, bool, str, type(None)))


def plan_of(rule: Rule, shapes: Sequence[Shape], fixed: Fixed) -> Plan:
    """The plan of an operation, with what is wrong in words."""
    try:
        if not fixed:
            return _kept(rule, tuple(shapes))
        kinds = {type(part) for one in fixed.values() for part in (one if type(one) is tuple else (one,))}
        if kinds <= _SIMPLE and (bool not in kinds or int not in kinds):  # what is equal is then the same
            return _kept(rule, tuple(shapes), bool in kinds, *fixed.items())
        return Plan(rule, tuple(shapes), fixed)
    except ShapeError as misfit:
        raise shapes_do_not_fit(rule.name, misfit) from None


@lru_cache(maxsize=4096)
def _kept(rule: Rule, shapes: tuple[Shape, ...], _: bool = False, *fixed: tuple[str, Any]) -> Plan:
    return Plan(rule, shapes, dict(fixed))


def shapes_do_not_fit(name: str, misfit: ShapeError) -> AutogradError:
    return fault(misfit.code, f"{name}: {misfit.message}", help=misfit.help)
