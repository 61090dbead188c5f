"""Programs that programs write: rows put onto a tape one by one, each in its simplest form and only once.

What a rule of the table says as text becomes rows here, so that a derivative is a tape like any other. A row whose operands
are constants is computed at once; an algebraic identity (see `diffcli.tape.building.identities`) or a row that is there already
stands in for a new one. ``where`` in a text stays lazy: its parts are rows of a scope of their own, and become ranges that
are skipped when the tape is finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import LimitError, Span, error
from diffcli.language import parse
from diffcli.language.syntax import NAME, NUMBER, Program
from diffcli.operations import CONSTANTS, OPERATIONS
from diffcli.tape.building.identities import COMMUTATIVE, simpler
from diffcli.tape.building.scopes import Scope
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.rules import ABSENT, FLOAT, NAMESPACE, RESULT, SEED, TIES, Term, terms
from diffcli.tape.tape import Shape, Skip, Tape

parsed = cache(parse)
"""The syntax tree of one of the table's texts."""

_LOOKED_AT = 8
"""How many rows of one kind in different scopes are looked at for one that may be used again."""


class Finished(NamedTuple):
    """A finished tape, and where the rows of the builder have gone."""

    tape: Tape
    slots: dict[int, int]
    """The new slot of every slot, and of every constant, that is used."""


class Builder(Tape):
    """A tape that starts as another one, whose rows stay as they are, and grows by rows that it simplifies and shares.

    Rows go into ``scope``, which may be set to any scope that stood for some row before, or to one inside it.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> build = Builder(lower(parse("x*y")))
    >>> one, span = build.constant(1.0), Span(0, 3)
    >>> build.emit("mul", (one, 0), span), build.emit("mul", (1, 0), span), build.emit("sin", (2,), span)
    (0, 2, 3)
    """

    def __init__(self, tape: Tape, most_rows: int = MOST_ROWS) -> None:
        super().__init__(tape.source, tape.inputs)
        self.counted: dict[tuple[int, Any], int] = {}
        """The ties of a row, where they have been counted in a scope."""
        self.bindings = tape.bindings
        self.operations += tape.operations
        self.operands += tape.operands
        self.starts += tape.starts
        self.stops += tape.stops
        self.parameters |= tape.parameters
        self.take_constants(tape)
        self.shapes = None if tape.shapes is None else list(tape.shapes)
        self.root = self.scope = Scope()
        self.scopes: list[Scope] = _scopes(tape, self.root)
        """The scope of every slot."""
        self.derived = tape.program_stop
        """From which slot on rows are those of a derivative."""
        self.most_rows = most_rows
        self._shared: dict[tuple[Any, ...], list[int]] = {}
        for slot in tape.rows():
            key = self._key(tape.operation(slot), tape.operands_of(slot), self.parameters.get(slot))
            self._shared.setdefault(key, []).append(slot)

    def number(self, slot: int) -> float | None:
        """The value of a constant number; None for everything else."""
        value = self.constants[-1 - slot] if slot < 0 else None
        return value if isinstance(value, float) else None

    def row(self, slot: int) -> tuple[str, tuple[int, ...]]:
        """The operation of a slot and its operands; an input has the operation ``""``."""
        place = slot - len(self.inputs)
        return (self.operations[place], self.operands[place]) if place >= 0 else ("", ())

    # -- rows -----------------------------------------------------------------------------------------------------------

    def emit(
        self,
        operation: str,
        operands: tuple[int, ...],
        span: Span,
        parameters: dict[str, Any] | None = None,
        shape: Shape | None = None,
    ) -> int:
        """The slot of an operation applied to the values in some slots: a new row, or what is as good.

        Rows of array operations bring what is fixed in them, and their shape.
        """
        if parameters is None:
            numbers = [self.number(operand) for operand in operands]
            if numbers and None not in numbers:
                return self.constant(float(FLOAT.value(operation)(*numbers)))
            found = simpler(self, operation, operands, span)
            if found is not None:
                return found
        rows = self._shared.setdefault(self._key(operation, operands, parameters), [])
        found = self._usable(rows)
        if found is not None:
            return found
        if len(self.operations) >= self.most_rows:
            message = f"the tape of the derivative would have more than {self.most_rows} rows"
            raise LimitError([error("too-many-nodes", message, help=["raise the limit with --max-nodes N, if memory allows"])])
        rows.append(self.slots)
        self.scopes.append(self.scope)
        if shape is None and self.shapes is not None:
            from diffcli.operations.array_row import broadcast_shapes  # numbers do not wait for it

            shape = broadcast_shapes([self.shape(operand) for operand in operands])
        return self.append(operation, operands, span, shape or (), parameters)

    def find(self, operation: str, operands: tuple[int, ...]) -> int | None:
        """The slot of the same row, if there is one that is evaluated whenever a row of the scope is."""
        return self._usable(self._shared.get(self._key(operation, operands), ()))

    def _usable(self, rows: Sequence[int]) -> int | None:
        for slot in reversed(rows[-_LOOKED_AT:]):
            if self.scopes[slot].holds(self.scope):
                return slot
        return None

    @staticmethod
    def _key(operation: str, operands: tuple[int, ...], parameters: dict[str, Any] | None = None) -> tuple[Any, ...]:
        if parameters:
            return (operation, *operands, repr(parameters))
        return (operation, *(sorted(operands) if operation in COMMUTATIVE else operands))

    # -- choices --------------------------------------------------------------------------------------------------------

    def part(self, condition: int, when: bool) -> Scope | None:
        """The scope of what stands in the current one and asks for a condition; None if nothing can.

        An array decides for each element, so everything is evaluated.
        """
        if self.shape(condition):
            return self.scope
        if condition >= 0:
            return self.scope.inside(condition, when)
        return self.scope if bool(self.constants[-1 - condition]) == when else None

    def choose(self, condition: int, then: int | None, otherwise: int | None, span: Span) -> int | None:
        """One of two values; None stands for no dependence, and beside a number is 0."""
        if self.part(condition, False) is None:
            return then
        if self.part(condition, True) is None:
            return otherwise
        if then is None and otherwise is None:
            return None
        zero = self.constant(0.0)
        return self.emit("where", (condition, zero if then is None else then, zero if otherwise is None else otherwise), span)

    def lower(self, program: Program, names: Mapping[str, int], span: Span) -> int | None:
        """A text of the table as rows, with slots for its names; None where it says that there is no dependence.

        Each part of a choice is rows of a scope of its own. A choice whose condition is known takes no row.
        """
        operations: Sequence[str] = program.operations
        arguments: Sequence[Any] = program.arguments
        known: dict[Any, int | None] = {ABSENT: None, **names}
        slots: list[Any] = []
        scopes = _Scopes(program, self) if program.branches else None
        for statement in program.statements:
            for node in range(statement.first, statement.root + 1):
                operation, argument = operations[node], arguments[node]
                if scopes is not None and not scopes.enter(node, slots):
                    slots.append(None)  # of a branch that nothing takes
                elif operation == NUMBER:
                    slots.append(self.constant(argument))
                elif operation == NAME:
                    slots.append(known[argument] if argument in known else self.named(argument))
                elif operation == "where":
                    condition, then, otherwise = argument
                    slots.append(self.choose(slots[condition], slots[then], slots[otherwise], span))
                else:
                    slots.append(self.emit(operation, tuple([slots[child] for child in argument]), span))
            known[statement.name] = slots[-1]
        return slots[-1]  # type: ignore[no-any-return]

    def term(self, slot: int, position: int, other: int) -> int | None:
        """What an elementwise row adds by one of its operands: ``other`` times the partial. None if there is no dependence."""
        operation, row = self.row(slot)
        found = terms(operation, len(row))[position]
        if found is None:
            return None
        if operation == "pow" and not position and abs(self.number(row[1]) or 0.0) > 2**53:  # one less is no float
            found = Term(found.row, "where(y == 0, 0, b*(y/a))")
        known = OPERATIONS[operation]
        names = {SEED: other, RESULT: slot}
        if known.variadic:
            place = slot, self.scope
            if place not in self.counted:
                self.counted[place] = self.ties(slot)
            names |= {known.parameters[0]: row[position], TIES: self.counted[place]}
        else:
            names |= dict(zip(known.parameters, row, strict=True))
        return self.lower(found.program, names, self.span(slot))

    def present(self, slot: int, position: int) -> int | None:
        """The condition under which an elementwise row has a term by one of its operands; None if it always has."""
        operation, row = self.row(slot)
        found = terms(operation, len(row))[position] if operation in OPERATIONS else None
        if found is None or not found.present:
            return None
        own = row[position : position + 1] if found.row.variadic else row
        names = dict(zip(found.row.parameters, own, strict=True)) | {RESULT: slot}
        return self.lower(parsed(found.present), names, self.span(slot))

    def ties(self, slot: int) -> int:
        """How many operands of a row equal its result."""
        span = self.span(slot)
        equal = [self.emit("eq", (operand, slot), span) for operand in self.row(slot)[1]]
        return reduce(lambda total, other: self.emit("add", (total, other), span), equal)

    def named(self, name: str) -> int:
        """The slot of a constant that the texts of the table may name."""
        return self.constant(CONSTANTS[name], name) if name in CONSTANTS else self.constant(NAMESPACE[name])

    # -- the end --------------------------------------------------------------------------------------------------------

    def finished(self, outputs: Sequence[int], more: Sequence[str] = ()) -> Finished:
        """A tape with the rows that some slots need, and no others; and with ``more`` inputs, which are numbers."""
        live, scopes = self.live(outputs)
        tape = Tape(self.source, [*self.inputs, *more])
        slots = {slot: slot for slot in range(len(self.inputs))}
        rows = [slot for slot in range(len(self.inputs), self.slots) if live[slot]]
        slots |= {slot: place for place, slot in enumerate(rows, tape.first_row)}
        used = {operand for slot in rows for operand in self.row(slot)[1] if operand < 0}
        used |= {scope.condition for scope in scopes if scope.condition < 0}
        for slot in sorted({*used, *(slot for slot in outputs if slot < 0)}, reverse=True):
            slots[slot] = tape.constant(self.constants[-1 - slot], self.constant_names.get(slot, ""))
        places = [slot - len(self.inputs) for slot in rows]
        tape.operations += map(self.operations.__getitem__, places)
        tape.operands += [tuple([slots[operand] for operand in self.operands[place]]) for place in places]
        tape.starts.extend(map(self.starts.__getitem__, places))
        tape.stops.extend(map(self.stops.__getitem__, places))
        tape.parameters = {slots[slot]: fixed for slot, fixed in self.parameters.items() if live[slot]}
        if self.shapes is not None:
            tape.shapes = [*self.shapes[: len(self.inputs)], *[()] * len(more), *[self.shapes[slot] for slot in rows]]
        tape.skips = _skips([self.scopes[slot] for slot in rows], tape.first_row, slots)
        tape.bindings = {name: slots[slot] for name, slot in self.bindings.items() if slot in slots}
        tape.derived_from = tape.first_row + sum(slot < self.derived for slot in rows)
        return Finished(tape.finish([slots[slot] for slot in outputs], several=True), slots)

    def live(self, outputs: Sequence[int]) -> tuple[bytearray, set[Scope]]:
        """One flag a slot, whether some outputs need it, as an operand or as what decides; and the scopes of such rows."""
        live = bytearray(self.slots)
        for slot in outputs:
            if slot >= 0:
                live[slot] = 1
        asked: set[Scope] = set()
        for slot in range(self.slots - 1, len(self.inputs) - 1, -1):
            if not live[slot]:
                continue
            needed = list(self.row(slot)[1])
            for scope in self.scopes[slot].chain():
                if scope in asked:
                    break
                asked.add(scope)
                needed.append(scope.condition)
            for operand in needed:
                if operand >= 0:
                    live[operand] = 1
        return live, asked


class _Scopes:
    """The scopes in which the nodes of a text are lowered: that of the builder, and one for each part of a choice."""

    def __init__(self, program: Program, build: Builder) -> None:
        self.program, self.build = program, build
        self.inside: list[tuple[int, bool] | None] = [None] * len(program)
        """The innermost part of a choice, a node and a truth, in which each node stands."""
        self.known: dict[tuple[int, bool] | None, Scope | None] = {None: build.scope}
        for node in sorted(program.branches, reverse=True):  # the outer ones first
            firsts, (_, then, otherwise) = program.branches[node], program.children(node)
            for first, root, when in ((firsts.then, then, True), (firsts.otherwise, otherwise, False)):
                self.inside[first : root + 1] = [(node, when)] * (root + 1 - first)

    def enter(self, node: int, slots: Sequence[Any]) -> bool:
        """Set the scope of the rows of a node; False if nothing can be in it. Slots of what stands before it are known."""
        part = self.inside[node]
        if part is not None and part not in self.known:
            choice, when = part
            within = self.enter(choice, slots)
            self.known[part] = self.build.part(slots[self.program.children(choice)[0]], when) if within else None
        scope = self.known[part]
        self.build.scope = scope or self.build.scope
        return scope is not None


def _scopes(tape: Tape, root: Scope) -> list[Scope]:
    """The scope of every slot of a tape."""
    scopes = [root] * tape.first_row
    opened: list[tuple[int, Scope]] = []
    skips = iter(tape.skips)
    skip = next(skips, None)
    for slot in tape.rows():
        while opened and opened[-1][0] <= slot:
            opened.pop()
        while skip is not None and skip.start == slot:
            around = opened[-1][1] if opened else root
            # what nothing can be in stays there: its rows are those of the scope around it, and not evaluated
            opened.append((skip.stop, around.inside(skip.condition, skip.when) or Scope(around, skip.condition, skip.when)))
            skip = next(skips, None)
        scopes.append(opened[-1][1] if opened else root)
    return scopes


def _skips(scopes: Sequence[Scope], first: int, slots: Mapping[int, int]) -> list[Skip]:
    """The ranges to skip, from the scope of every row."""
    skips: list[Skip] = []
    opened: list[tuple[Scope, int]] = []
    for slot, scope in enumerate(scopes, first):
        while opened and not opened[-1][0].holds(scope):
            place = opened.pop()[1]
            skips[place] = skips[place]._replace(stop=slot)
        depth = opened[-1][0].depth if opened else 0
        for inner in reversed(list(scope.chain(depth))):
            opened.append((inner, len(skips)))
            skips.append(Skip(slot, -1, slots[inner.condition], inner.when))
    for _, place in opened:
        skips[place] = skips[place]._replace(stop=first + len(scopes))
    return skips
