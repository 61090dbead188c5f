"""A slip in words: its sentence in the table, with the parts of the user's expression that it speaks of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError
from diffcli.language import Program, parse
from diffcli.language.writing.printer import LANGUAGE, number_text, to_text
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS
from diffcli.studies.claims.slips import LIKE, Slip
from diffcli.tape import Tape, lower

_LETTERS = "uvwstzabcdefghijklmnopqrxy"
"""What the operand of a function may be called, the likeliest first."""


def derivative(tape: Tape, slot: int, variable: str) -> str:
    """The text of the derivative of a slot of a tape along an input; empty if there is none."""
    from diffcli.methods.symbolic.claim_proof import derivative_text  # SymPy is loaded for wrong claims only

    return derivative_text(tape, slot, variable)


class Place(NamedTuple):
    """Somewhere a slip can be made: a row of the tape or, if it is None, the whole; and one of its operands."""

    row: int | None
    operand: int | None = None
    other: str = ""


def slip_text(
    slip: Slip,
    problem: Problem | None,
    variable: str,
    places: Sequence[Place],
    factor: float,
    worst: float,
    named: Callable[[str], str],
) -> str:
    """The sentence for a slip made at some places, with its factor ``c``; ``worst`` is the largest relative difference."""
    place = places[0]
    words = {"variable": named(variable), "other": named(place.other) if slip.where == "variable" else place.other}
    words |= {"factor": factor_sentence(factor), "size": f"{abs(factor):.6g}"}
    words["which"] = "is missing" if factor < 0 else "is too much"
    if "{digits}" in slip.sentence:
        words["digits"] = str(int(-math.log10(worst)))
    if problem is None or place.row is None or place.operand is None:
        return slip.sentence.format(**words)
    words |= _row_words(problem, place.row, place.operand)
    sentence = slip.sentence
    if "{inner}" in sentence:
        words["inner"] = derivative(problem.tape, place.operand, variable) or f"that of {words['operand']}"
    if slip.mistaken:
        words |= _function_words(slip, problem, place.row, place.operand)
        sentence = sentence if words["derivative"] else sentence.replace("{derivative}, ", "")
    rows = dict.fromkeys(problem.operand_text(one.row) for one in places if one.row is not None)
    others = [row for row in rows if row != words["row"]]
    also = f"; the same slip in {' and '.join([', '.join(others[:-1])] * (len(others) > 1) + others[-1:])}" if others else ""
    return sentence.format(**words) + also


def _row_words(problem: Problem, slot: int, operand: int) -> dict[str, str]:
    tape = problem.tape
    row, name = tape.operands_of(slot), tape.operation(slot)
    texts = [problem.operand_text(part) for part in row]
    constants = [text for part, text in zip(row, texts, strict=True) if part != operand]
    shown = problem.operand_text(slot)
    base = {"log2": "2", "log10": "10"}.get(name, texts[-1] if "log" in name else texts[0])
    return {
        "row": shown, "operand": problem.operand_text(operand), "constant": (constants or [""])[0], "base": base,
        "exponent": texts[-1], "within": "" if _is_plain(tape, slot) else f" in the derivative of {shown}",
    }  # fmt: skip


def _is_plain(tape: Tape, slot: int) -> bool:
    """Whether the terms of a row are terms of the whole: it is the result, or a part of the product that the result is.

    A sum that goes on is a row for each sign, of which only the last has a text that one would know again.
    """
    if tape.operation(slot) in ("add", "sub") or tape.shapes is not None:
        return tape.operation(slot) in ("add", "sub")
    above = slot
    for row in tape.rows():
        if above in tape.operands_of(row):
            if tape.operation(row) != "mul":
                return False
            above = row
    return above == tape.output


def _function_words(slip: Slip, problem: Problem, slot: int, operand: int) -> dict[str, str]:
    """A function, its derivative, and what was taken for it: in the variable if the operand is one, else in a letter."""
    tape = problem.tape
    simple = operand < tape.first_row
    taken = (*tape.inputs, *tape.bindings)
    letter = tape.inputs[operand] if simple else next((one for one in _LETTERS if one not in taken), "u_")
    program = _applied(problem, slot, operand, letter)
    mini = lower(program, given={letter: 1.0})
    text = to_text(program)
    exponent = to_text(program, program.children(program.result.root)[-1])
    names = {"u": letter, "y": text, "b": exponent}
    return {
        "function": text if simple else f"{text} by {letter} = {problem.operand_text(operand)}",
        "derivative": derivative(mini, mini.output, letter),
        "mistaken": to_text(parse(slip.mistaken), None, LANGUAGE, lambda name: names.get(name, name)),
    }


def _applied(problem: Problem, slot: int, operand: int, letter: str) -> Program:
    """The operation of a row, applied to a letter in place of an operand."""
    operation = OPERATIONS[problem.tape.operation(slot)]
    texts = [letter if part == operand else f"({problem.operand_text(part)})" for part in problem.tape.operands_of(slot)]
    try:
        return parse(operation.symbol.join(texts) if operation.symbol else f"{operation.spelling}({', '.join(texts)})")
    except ExpressionError:  # the text of an exponent was cut
        return parse(f"{letter}^n")


_FACTORS = {
    "pi": math.pi, "pi/180": math.pi / 180, "ln(10)": math.log(10), "ln(2)": math.log(2), "e": math.e, "sqrt(2)": math.sqrt(2),
    "sqrt(pi)": math.sqrt(math.pi),
}  # fmt: skip


def neat(factor: float) -> str:
    """A factor as a text, if it is one that a slip can bring about; empty if not.

    >>> neat(2.0), neat(-2/3), neat(3.141592653589793), neat(0.7390851332151607)
    ('2', '-2/3', 'pi', '')
    """
    fraction = Fraction(factor).limit_denominator(100) if abs(factor) < 1e6 else Fraction(0)
    if fraction and abs(factor - fraction) <= LIKE * abs(factor):
        return str(fraction)
    sign = "-" if factor < 0 else ""
    for name, value in _FACTORS.items():
        if abs(abs(factor) - value) <= LIKE * value:
            return sign + name
        if abs(abs(factor) * value - 1) <= LIKE:
            return f"{sign}1/{name}" if "/" not in name else f"{sign}180/pi"
    return ""


def factor_sentence(factor: float) -> str:
    """What a derivative that is ``factor`` times the right one lacks, or has too much.

    >>> factor_sentence(0.5), factor_sentence(3.0), factor_sentence(-2/3)
    ('the factor 2 is missing', 'the factor 3 is too much', 'it is -2/3 times the derivative')
    """
    if not factor:
        return "it is 0 times the derivative"
    text, inverse = neat(factor), neat(1 / factor)
    if text and factor > 0 and "/" not in text:
        return f"the factor {text} is too much"
    if inverse and factor > 0 and "/" not in inverse:
        return f"the factor {inverse} is missing"
    return f"it is {text or number_text(float(f'{factor:.6g}'))} times the derivative"
