"""LaTeX: every row as an equation, and what comes of them. A choice stands as its cases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diffcli.errors import refusal
from diffcli.exports.helpers import Helpers
from diffcli.exports.spelling import Language, Program
from diffcli.kernels.python import COMPARISONS
from diffcli.language.writing.printer import LATEX, latex_name, latex_number
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.running.evaluation import constant_values

SIGNS = {
    "add": "#1 + #2", "sub": "#1 - #2", "mul": r"#1 \, #2", "neg": "-#1", "lt": "#1 < #2", "gt": "#1 > #2", "stop_gradient": "#1",
}  # fmt: skip
TRUTHS = (*COMPARISONS, "and", "or", "not")


class Rows:
    """The equations of a tape, each row one, and the text of each result."""

    def __init__(self, tape: Tape, language: Language, arguments: Sequence[str], helpers: Helpers) -> None:
        self.lines: list[str] = []
        self.names: list[str] = []
        live, _ = Builder(tape).live(tape.results)
        numbers = constant_values(tape)
        texts = ["" if number is None else language.literal(number) for number in numbers]
        texts[: tape.first_row] = map(latex_name, arguments)
        self.truths: dict[int, str] = {}
        for slot in tape.rows():
            if not live[slot] or numbers[slot] is not None:
                continue
            name, operands = tape.operation(slot), tape.operands_of(slot)
            given = [texts[operand] for operand in operands]
            if name in ("where", "and", "or", "not"):
                asked = len(given) if name != "where" else 1
                given[:asked] = [self.truths.get(operand, rf"{texts[operand]} \ne 0") for operand in operands[:asked]]
            equal = name == "where" and operands[0] >= tape.program_stop and tape.operation(operands[0]) == "eq"
            if equal and len({*tape.operands_of(operands[0])}) == 1:  # whether there is a value at all
                texts[slot] = given[1]
                continue
            text = equation(name, given)
            if name in TRUTHS:
                self.truths[slot] = rf"\left({text}\right)" if name in ("and", "or") else text
                texts[slot] = rf"\left[{text}\right]"
                continue
            texts[slot] = f"v_{{{slot + 1}}}"
            self.lines.append(f"{texts[slot]} &= {text}")
        self.results = [texts[slot] for slot in tape.results]


def equation(name: str, given: Sequence[str]) -> str:
    """An operation of operands that are names, numbers or conditions.

    >>> equation("log", ["x"]), equation("pow", ["x", "2"]), equation("mod", ["x", "y"])
    ('\\\\ln\\\\left(x\\\\right)', '{x}^{2}', '\\\\operatorname{mod}\\\\left(x, y\\\\right)')
    """
    row = OPERATIONS[name]
    given = given[::-1] if name == "mul" and given[1][:1].isdigit() else given
    template = SIGNS.get(name, row.latex)
    if "#" in template:
        return re.sub(r"#(\d)", lambda place: given[int(place[1]) - 1], template)
    return rf"{LATEX.functions[row.spelling]}\left({', '.join(given)}\right)"


class Latex(Language):
    comment, writer, all_letters = "%", Rows, True
    nan, inf = r"\mathrm{NaN}", r"\infty"
    places = "[", ",", "]"
    accuracy = ()

    def number(self, value: float) -> str:
        text = latex_number(value)
        return rf"\left({text}\right)" if "^" in text else text

    def program(self, program: Program) -> list[str]:
        if program.test:
            raise refusal("usage", "LaTeX is not run, so that it has no test")
        value, by = program.results[0], [*map(latex_name, program.by)]
        values = [f"f_{{{k}}}" for k in range(len(value.texts))] if value.shape else ["f"]
        rows = [*program.lines]
        for result in program.results:
            if result is value:
                names = values
            elif result.name == "product":
                of = values if result is program.results[1] else [rf"\partial f/\partial {each}" for each in by]
                names = [rf"\mathrm{{d}}\left({each}\right)" if "/" in each else rf"\mathrm{{d}}{each}" for each in of]
            elif result.name == "hessian":
                names = [rf"\frac{{\partial^2 f}}{{\partial {a} \, \partial {b}}}" for a in by for b in by]
            else:
                names = [rf"\frac{{\partial {each}}}{{\partial {name}}}" for each in values for name in by]
            rows += [f"{name} &= {text}" for name, text in zip(names, result.texts, strict=True)]
        body = [row + r" \\" for row in rows[:-1]] + rows[-1:]
        return [*self.commented(program), r"\begin{align*}", *body, r"\end{align*}"]


LANGUAGE = Latex()
