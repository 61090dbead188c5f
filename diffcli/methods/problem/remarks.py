"""What is said of a program's names and of what is asked for: loaded only where something is."""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import Diagnostic, Mark, Source, Span, error, nearest
from diffcli.language import Program
from diffcli.language.syntax import CALL, NAME, NUMBER
from diffcli.language.writing.array_text import short_text
from diffcli.language.writing.printer import GREEK_LETTERS, number_text
from diffcli.methods.points.points import GivenPoint, unknown_name
from diffcli.operations import FUNCTION_NAMES, OPERATIONS
from diffcli.operations.array_row import shape_text
from diffcli.records import Number, is_array
from diffcli.tape.tape import Shape

MOST_NAMES = 8
"""How many names a complaint lists."""

LETTERS = frozenset("xyzθ")
"""Variables that functions are mostly of."""

OF = "--of"
"""What a text is called that asks for results."""


def name_faults(program: Program, given: GivenPoint, subject: str) -> list[Diagnostic]:
    """An error for the variables that have no value, or for each value that has no variable."""
    known = dict.fromkeys((*program.inputs, *program.constants))
    missing = [name for name in program.inputs if name not in given]
    surplus = [name for name in given if name not in known]
    if missing:
        return [_missing_value(program, missing, surplus, given, subject)]
    bound = {statement.name for statement in program.statements}
    faults: list[Diagnostic] = []
    for name in surplus:
        place = given.place(name)
        message = f"`{name}` is computed by the program; a value for it would be lost"
        faults.append(error("unknown-variable", message, *place) if name in bound else unknown_name(name, known, subject, place))
    return faults


def _missing_value(
    program: Program, missing: list[str], surplus: list[str], given: Mapping[str, Number], subject: str
) -> Diagnostic:
    first = missing[:MOST_NAMES]
    nodes = {argument: node for node, argument in reversed(list(enumerate(program.arguments))) if argument in first}
    shown = [f"`{name}`" for name in first]
    shown += [f"{len(missing) - MOST_NAMES} more"] * (len(missing) > MOST_NAMES)
    names = " and ".join([", ".join(shown[:-1])] * (len(shown) > 1) + [shown[-1]])
    notes = []
    for name in surplus[:MOST_NAMES]:
        near = nearest(name, missing)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        notes.append(f"--at gives `{name}`, which {subject} does not use{hint}")
    notes += [hint for name in first if (hint := _reading(name, given))]
    used = [(name, given[name]) for name in program.inputs if name in given][:MOST_NAMES]
    texts = [(name, short_text(value) if is_array(value) else number_text(float(value))) for name, value in used]
    kept = [f"{name}={text.replace(' ', '')}" for name, text in texts]
    point = ",".join([*kept, *[f"{name}=..." for name in missing]][:MOST_NAMES])
    marks = [program.mark(nodes[name]) for name in first if name in nodes]
    return error("missing-value", f"no value for {names}", program.source, *marks, notes=notes, help=[f"add --at {point}"])


def needs_point(program: Program) -> Diagnostic | None:
    """An error for what has no formula without a point: a Python function, and arrays."""
    help = [f"add --at {','.join(f'{name}=...' for name in program.inputs)}"]
    if type(program) is not Program:  # a function that stands in for one
        message = "a Python function is recorded at a point, and there is none"
        return error("missing-value", message, notes=["the formula is that of the branches taken there"], help=help)
    for node, operation in enumerate(program.operations):
        if operation not in OPERATIONS and operation not in (NAME, NUMBER, CALL):
            notes = ["a point says which variables are arrays, and the formula is in their elements"]
            message = "arrays have no shape without a point"
            return error("missing-value", message, program.source, program.mark(node), notes=notes, help=help)
    return None


def _reading(name: str, given: Mapping[str, Number]) -> str:
    """What a name without a value may have been meant for: a function, or a product of variables."""
    if name in FUNCTION_NAMES:
        return f"`{name}` is a function, to be followed by its operand in parentheses"
    for function in sorted(FUNCTION_NAMES, key=len, reverse=True):
        before, found, rest = name.partition(function)
        if found and len(function) > 1 and rest and all(not part or part in given or part in LETTERS for part in (before, rest)):
            written = f"{before}{'*' * bool(before)}{function}({rest})"
            return f"`{name}` is a variable of that name; the function is written {written}"
    for cut in range(1, len(name)):
        if name[:cut] in given and name[cut:] in given:
            return f"`{name}` is a variable of that name; a product is written {name[:cut]}*{name[cut:]}"
    return ""


def moved(found: Diagnostic, text: str, before: int) -> Diagnostic:
    """A complaint about what follows a program, as one about ``--of``."""
    if not found.marks or any(mark.span.start < before for mark in found.marks):
        return found
    marks = tuple(mark._replace(span=Span(mark.span.start - before, mark.span.stop - before)) for mark in found.marks)
    return found._replace(source=Source(text, OF), marks=marks)


def unused(program: Program, known: bool) -> list[Diagnostic]:
    """A note for every binding that nothing uses, every expression whose value is dropped, and names that look like formulas.

    Names whose values are ``known`` are meant as they stand.
    """
    notes = []
    columns = zip(program.operations, program.arguments, strict=True)
    used = {argument for operation, argument in columns if operation == NAME} | set(program.callees.values())
    inputs = dict.fromkeys([] if known else program.inputs, 0.0)
    for name in inputs:
        if name not in GREEK_LETTERS.values() and (hint := _reading(name, inputs)):
            mark = program.mark(program.arguments.index(name))
            notes.append(Diagnostic("looks-like-formula", "note", hint, program.source, (mark,)))
    for statement in program.statements[:-1]:
        if not statement.name:
            message = "the value of this statement is not used; the last one gives the result"
            notes.append(Diagnostic("unused-value", "note", message, program.source, (Mark(statement.span),)))
        elif statement.name not in used and statement.name[0] != "[":  # a label is of what is asked for
            message = f"`{statement.name}` is not used"
            notes.append(Diagnostic("unused-name", "note", message, program.source, (Mark(statement.name_span),)))
    return notes


def not_a_number(shape: Shape, count: int, source: Source | None = None, *marks: Mark) -> Diagnostic:
    """An error for a result that is an array, or for ``count`` results."""
    if shape:
        message = f"a gradient is of a number, and the result has {shape_text(shape)}"
        help = "sum(...) makes a number of it; diffcli jacobian differentiates each of its elements"
    else:
        message = f"a gradient is of a number, and there are several results, {count} of them"
        help = "diffcli jacobian differentiates each of them"
    return error("not-a-number", message, source, *marks, help=[help])
