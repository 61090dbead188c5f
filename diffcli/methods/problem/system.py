"""A program with several results: the entries of the list that it ends in, or what ``--of`` asks for.

Each result is a slot of one tape, so that everything the results share is computed once. As long as they are numbers the
list itself is never made, and NumPy not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, Mark, Span, UsageError, did_you_mean, error
from diffcli.language import Program, parse
from diffcli.language.syntax import NAME, Statement
from diffcli.methods.points.points import with_semicolons
from diffcli.methods.problem.problem import ANYWHERE, At, Output, Problem, Question, Target, as_program, names_in, placed
from diffcli.methods.problem.remarks import OF, moved
from diffcli.tape.lowering import MOST_ROWS


class System(Problem):
    """A `Problem` with any number of results: the entries of a list are f1, f2, ...; what ``of`` names keeps its name.

    Beside what `Problem` is given, ``of`` names the results that are wanted, as `diffcli.jacobian` has it; if not given, they
    are the entries of the list that the program ends in, or its one result. Asked `ANYWHERE` it has no values, and no arrays.

    >>> system = System("u = x*y; [u, sin(x), x + y]", {"x": 2, "y": 5}, of=None)
    >>> [output.name for output in system.outputs], [system.value_of(output) for output in system.outputs][0::2]
    (['f1', 'f2', 'f3'], [10.0, 7.0])
    >>> [output.name for output in System("u = x*y; u + 1", {"x": 2, "y": 5}, of="u; v = u^2; x").outputs]
    ['u', 'v', 'x']
    """

    def __init__(
        self,
        target: Target,
        at: At,
        *,
        of: str | Sequence[str] | None = None,
        wrt: str | Sequence[str] | None = None,
        most_rows: int = MOST_ROWS,
    ) -> None:
        written = as_program(target)
        split = _asked(written, of) if of is not None else _entries(written)
        question = Question(written, written)
        if split is not None:
            asked = split.program.source.text[len(written.source.text) + 1 :]
            question = Question(written, split.program, asked, split.texts if of is not None else ())
        try:
            self._ask(question, at, wrt, at is ANYWHERE, most_rows)
        except ExpressionError as fault:
            raise ExpressionError([_unknown(found, written) for found in placed(question, fault.diagnostics)]) from None
        if split is not None and of is None and any(map(self.tape.shape, map(self._bound, split.labels))):
            split = None  # a list of arrays is an array
            self._ask(Question(written, written), at, wrt, False, most_rows)
        if split is not None:
            found = list(zip(split.names, map(self._bound, split.labels), strict=True))
        else:
            found = [("", slot) for slot in self.tape.outputs] or [("f", self.tape.output)]
        names = distinct([name for name, _ in found], {*self.tape.inputs, *self.tape.bindings})
        self.outputs = tuple(
            Output(name, slot, self.tape.shape(slot)) for name, (_, slot) in zip(names, found, strict=True)
        )  # fmt: skip
        if split is not None and of is None:
            self.texts = dict(zip(names, split.texts, strict=True))

    def _bound(self, label: str) -> int:
        """The slot of what a split program computes; that of a constant counted from the front."""
        slot = self.tape.bindings[label]
        return slot if slot >= 0 else slot + self.tape.size

    def unused(self) -> list[Diagnostic]:
        """As of a problem; the values of a system's statements are all used."""
        return [note for note in super().unused() if note.code != "unused-value"]


# -- what is asked for -------------------------------------------------------------------------------------------------------


class _Split(NamedTuple):
    """A program whose last statements are its results, each of which the tape knows by a label."""

    program: Program
    labels: tuple[str, ...]
    names: tuple[str, ...]
    """What the results are called; empty for one without a name."""
    texts: tuple[str, ...] = ()
    """What they are, as it is written."""


def _split(program: Program, statements: Sequence[Statement], results: Sequence[Statement]) -> _Split:
    """A program of some statements and the results after them; a result without a name gets a label that no name can be."""
    labelled, labels, names = [], [], []
    for number, result in enumerate(results, 1):
        is_name = program.operations[result.root] == NAME and not result.name
        name = str(program.arguments[result.root]) if is_name else result.name
        label = result.name or f"[{number}]"
        labelled.append(result._replace(name=label))
        labels.append(label)
        names.append(name)
    prepared = copy(program)
    prepared.statements = [*statements, *labelled]
    return _Split(prepared, tuple(labels), tuple(names))


def _entries(program: Program) -> _Split | None:
    """A program that ends in a list with its entries as results; None for any other, and for lists in a list."""
    if type(program) is not Program:
        return None
    last = program.result
    if program.operations[last.root] != "stack" or last.name or last.root in program.keywords:
        return None
    roots = program.children(last.root)
    if any(program.operations[root] == "stack" for root in roots):
        return None
    shorter = copy(program)  # without the node of the list, which stands last
    for column in ("operations", "arguments", "starts", "stops"):
        setattr(shorter, column, getattr(program, column)[: last.root])
    firsts = [last.first, *[root + 1 for root in roots[:-1]]]
    spans = [program.span(root) for root in roots]
    results = [
        Statement("", None, first, root, Span(span.start, span.start), span)
        for first, root, span in zip(firsts, roots, spans, strict=True)
    ]  # fmt: skip
    found = _split(shorter, program.statements[:-1], results)
    return found._replace(names=("",) * len(results), texts=tuple(program.source.text[slice(*span)] for span in spans))


def _asked(program: Program, of: str | Sequence[str]) -> _Split:
    """A program with what is asked of it as more statements."""
    if type(program) is not Program:
        message = "a Python function returns what is wanted of it"
        raise UsageError([error("usage", message, help=["return several results as a list, and leave --of out"])])
    text = with_semicolons(of) if isinstance(of, str) else "; ".join(names_in(of, "of") or ())
    entries, wanted = _entries(program), [part.strip() for part in text.split(";")]
    numbers = {} if entries is None else {f"f{k}": k - 1 for k in range(1, len(entries.texts) + 1)}
    if entries and {*wanted} <= {*numbers} - {*program.inputs, *(each.name for each in program.statements)}:
        labels, texts = ([column[numbers[name]] for name in wanted] for column in (entries.labels, entries.texts))
        return entries._replace(labels=tuple(labels), names=tuple(wanted), texts=tuple(texts))
    before = f"{program.source.text}\n"
    try:
        longer = parse(before + text, program.source.label)
    except ExpressionError as fault:
        *found, last = [moved(found, text, len(before)) for found in fault.diagnostics]
        # of a mended text, what was asked for: its last statements
        parts = [each.replace("\n", ";").split(";")[-text.count(";") - 1 :] for each in fault.mended]
        told = [f"{'or ' * bool(place)}write {';'.join(part).strip()}" for place, part in enumerate(parts)]
        raise ExpressionError([*found, last._replace(help=(*last.help[: len(last.help) - len(told)], *told))]) from None
    count = len(program.statements)
    asked = longer.statements[count:]
    faults = []
    for statement in asked:
        if statement.parameters is not None:
            wrong = error("bad-value", "a function is no result", longer.source, Mark(statement.span), help=[_ASK])
            faults.append(moved(wrong, text, len(before)))
    if not asked:
        faults.append(error("bad-value", "--of asks for nothing", help=[_ASK]))
    if faults:
        raise ExpressionError(faults)
    # what nothing is called, nobody can ask for; and a list that is not wanted would be made all the same
    split = _split(longer, [statement for statement in longer.statements[:count] if statement.name], asked)
    return split._replace(texts=tuple(longer.source.text[slice(*statement.span)] for statement in asked))


_ASK = 'write names of the program, or expressions in them: --of "u; v^2"'


def _unknown(found: Diagnostic, written: Program) -> Diagnostic:
    """A name without a value, where it is asked for and the program has none like it."""
    if found.code != "missing-value" or found.source is None or found.source.label != OF:
        return found
    known = [*written.inputs, *(statement.name for statement in written.statements if statement.name)]
    wanted = [found.source.text[slice(*mark.span)] for mark in found.marks]
    names = ", ".join(known) or "none"
    help = [*(hint for name in wanted for hint in did_you_mean(name, known)), f"the names of the program: {names}"]
    return found._replace(notes=(), help=tuple(help))


def distinct(names: Sequence[str], known: set[str]) -> list[str]:
    """A name for every result: its own if it is the first of that name, else f with its number, or y where f2 is taken."""
    numbers = range(1, len(names) + 1)
    free = (letter for letter in ("f", "y", "out") if not any(f"{letter}{number}" in known for number in numbers))
    letter = next(free, "result")
    found: list[str] = []
    for number, name in zip(numbers, names, strict=True):
        found.append(name if name and name not in found else f"{letter}{number}")
    return found

