"""NumPy, JAX and torch: a tape as a function of numbers at many points, or of arrays as they are.

Every row is computed at every point, of branches that are not taken too, and choices take elements: nothing asks for a value,
so that JAX can trace it. All is written in NumPy's spelling, with the functions of `diffcli.exports.array_helpers` that it
calls, and then spelled as the language has it.
"""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Sequence
from math import prod
from typing import Any

from diffcli.exports.array_templates import array_template
from diffcli.exports.helpers import Helpers
from diffcli.exports.printers.python import Python
from diffcli.exports.spelling import OPERATORS, Program, bare, words
from diffcli.exports.writer import SourceWriter
from diffcli.operations.arrays import ARRAYS
from diffcli.tape import Tape
from diffcli.tape.tape import Shape

SAME = "exp expm1 log log2 log10 log1p sqrt cbrt sin cos tan sinh cosh tanh abs"
NUMBER = re.compile(r"\(?-?(\d.*|np\.(nan|inf))\)?")


def common() -> dict[str, str]:
    """The functions of `diffcli.exports.array_helpers`, without their types."""
    source = (pkgutil.get_data(__package__, "array_helpers.py") or b"").decode()
    functions = [one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)]
    texts = [(one.name, *(ast.get_source_segment(source, one) or "").partition("\n")) for one in functions]
    return {name: re.sub(r": (Array|Axes|Any)\b| -> Array", "", head) + "\n" + body for name, head, _, body in texts}


class Arrays(Python):
    """NumPy; and what others spell in another way."""

    nan, inf, junction, alternative, opposite, branches = "np.nan", "np.inf", "&", "|", "~{}", False
    places = "[..., ", ", ", "]"
    module, begins, decorator = "np", "\nimport numpy as np", ['@np.errstate(all="ignore")']
    tensors = False
    """Whether functions take no plain numbers."""
    turns = True
    """Whether slices may step back."""
    rounds = False
    """Whether a sum or product is rounded as it is written only if that is said."""
    asserted: tuple[str, ...] = ()
    """What a function begins with."""
    renamed: dict[str, str] = {}
    """The language's names of NumPy's functions, where they are others."""
    remarks: tuple[str, ...] = ("A number may be an array of many points; they are broadcast to each other.",)
    collected = "numbers += np.reshape(one, (-1,)).tolist()"
    reserved = Python.reserved | words("np jnp jax torch points")
    operations = {
        **{name: f"np.{name}({{0}})" for name in SAME.split()},
        **{f"a{name}": f"np.arc{name}({{0}})" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
        **{name: f"(np.{name}({{0}}) + 0.0)" for name in ("floor", "ceil", "trunc", "round")},
        "atan2": "np.arctan2({0}, {1})", "logaddexp": "np.logaddexp({0}, {1})", "raw pow": "np.power({0}, {1})",
        "raw hypot": "np.hypot({0}, {1})", "raw fmod": "np.fmod({0}, {1})", "raw copysign": "np.copysign({0}, {1})",
    }  # fmt: skip
    sources = common()

    def choose(self, condition: str, a: str, b: str) -> str:
        return f"np.where({bare(condition)}, {bare(self.beside(a, b))}, {bare(b)})"

    def relation(self, name: str, a: str, b: str) -> str:
        return f"({super().relation(name, self.beside(a, b), b)})"

    def beside(self, a: str, b: str) -> str:
        """An operand, as an array if both are numbers."""
        return f"float64({a})" if self.tensors and NUMBER.fullmatch(a) and NUMBER.fullmatch(b) else a

    def exported(self, program: Program) -> list[str]:
        return [*self.decorator, *super().exported(program._replace(lines=[*self.asserted, *program.lines]))]

    def taken(self, arguments: Sequence[tuple[str, Shape]], many: bool) -> list[str]:
        plain, shaped = "{0} = float64({0})", f"{{0}} = shaped({{0}}, {{1}}, {many})"
        return [(shaped if shape or not many else plain).format(name, shape) for name, shape in arguments]

    def program(self, program: Program) -> list[str]:
        return [*map(self.spelled, super().program(program))]

    def unsaid(self, tape: Tape) -> str:
        """An operation of arrays on a tape that cannot be said; empty if there is none."""
        rows = (slot for slot in tape.rows() if tape.operation(slot) in ARRAYS)
        return next((tape.operation(slot) for slot in rows if not template_at(tape, slot, self.turns)), "")

    def spelled(self, line: str) -> str:
        return re.sub(r"\bnp\.(\w+)", lambda found: f"{self.module}.{self.renamed.get(found[1], found[1])}", line)


NUMPY = Arrays()


def wrapped(template: str, numbers: Sequence[float | None]) -> str:
    """A template with arrays for numbers."""
    for place, number in enumerate(numbers):
        template = template if number is None else template.replace(f"{{{place}}}", f"float64({{{place}}})")
    return template


class ArrayHelpers(Helpers):
    """What is brought along, called with arrays where numbers will not do."""

    language: Arrays

    def template(self, name: str, numbers: Sequence[float | None], strict: bool = False) -> str:
        if name == "pow" and numbers[1] == 0.5:  # for which all take the root: of -0 that is -0, and of -inf none
            self.bring_sources("root(")
            return wrapped("root({0})", numbers) if self.language.tensors else "root({0})"
        found = super().template(name, numbers, strict)
        if found in OPERATORS.values():
            return self.exactly(found) if name in ("add", "sub", "raw div") else found
        return wrapped(found, numbers) if self.language.tensors or None not in numbers else found

    def exactly(self, template: str) -> str:
        if not self.language.rounds:
            return template
        self.bring_sources("exactly(")
        return f"exactly({bare(template)})"


class ArrayWriter(SourceWriter):
    """The lines of a tape, of which every row is computed."""

    language: Arrays
    helpers: ArrayHelpers

    def __init__(self, tape: Tape, language: Arrays, arguments: Sequence[str], helpers: ArrayHelpers) -> None:
        sums = [tape.operands_of(slot) for slot in tape.rows() if tape.operation(slot) in ("add", "sub", "neg")]
        self.summed = {operand for operands in sums for operand in operands if operand < tape.program_stop}
        helpers.bring_sources("float64(")
        super().__init__(tape.copy(skips=[]), language, arguments, helpers)

    def known(self) -> list[Any]:
        if self.tape.shapes is None:
            return super().known()
        return [None] * self.tape.slots + [one if isinstance(one, float) else None for one in reversed(self.tape.constants)]

    def literal(self, value: Any) -> str:
        if isinstance(value, float):
            return super().literal(value)
        name, elements = f"t{len(self.lines) + 1}", re.sub("nan|inf", r"np.\g<0>", str(value.tolist()))
        self.written.owners[len(self.lines)] = name
        self.lines.append(f"{name} = float64({elements})")
        return name

    def template(self, slot: int, numbers: Sequence[float | None]) -> str:
        name = self.tape.operation(slot)
        if name in ARRAYS:
            found = template_at(self.tape, slot, self.language.turns)
            self.helpers.bring_sources(found)
            return wrapped(found, numbers)
        if name in ("add", "sub"):
            return OPERATORS[name]
        found = super().template(slot, numbers)
        if name == "where" and self.language.tensors:
            return wrapped(found, numbers)
        is_product = found in (OPERATORS["mul"], OPERATORS["square"])
        return self.helpers.exactly(found) if slot in self.summed and is_product else found


def template_at(tape: Tape, slot: int, turns: bool) -> str:
    """How an operation of arrays is written; empty if it cannot be said."""
    shapes = [tape.shape(operand) for operand in tape.operands_of(slot)]
    return array_template(tape.operation(slot), shapes, tape.shape(slot), tape.parameters.get(slot, {}), turns)


def result_texts(writer: ArrayWriter, arguments: Sequence[tuple[str, Shape]], forms: Sequence[Any]) -> list[str]:
    """The text of each thing that a function hands back, in its form: numbers have the shape of all points."""
    tape, numbers = writer.tape, writer.tape.shapes is None
    met = [{place} for place, (_, shape) in enumerate(arguments) for _ in range(prod(shape) if numbers else 1)]
    for slot in tape.rows():  # which arguments it depends on
        met.append({place for operand in tape.operands_of(slot) if operand >= 0 for place in met[operand]})
    waiting = iter(zip(tape.results, writer.results, strict=True))

    def one(shape: Shape) -> str:
        slot, text = next(waiting)
        if slot >= 0 and (len(met[slot]) == len(arguments) if numbers else tape.shape(slot) == shape):
            return text
        return f"np.broadcast_to(float64({text}), {'points' if numbers else shape})"

    def result(form: Any) -> str:
        if isinstance(form, list):
            return f"({', '.join(map(result, form))}{',' * (len(form) == 1)})"
        if not numbers or not form:
            return one(form)
        stacked = f"np.stack([{', '.join([one(()) for _ in range(prod(form))])}], axis=-1)"
        return stacked if len(form) == 1 else f"np.reshape({stacked}, (*points, {', '.join(map(str, form))}))"

    found = [result(form) for form in forms]
    if any("points)" in text or "points," in text for text in found):
        shapes = [f"{name}.shape{f'[:-{len(shape)}]' * bool(shape)}" for name, shape in arguments]
        writer.lines.insert(0, f"points = np.broadcast_shapes({', '.join(shapes)})")
    return found
