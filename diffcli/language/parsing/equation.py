"""An equation as a program: the last statement has one ``=`` between its two sides."""

from __future__ import annotations

from copy import copy

from diffcli.errors import ExpressionError, error
from diffcli.language.parsing.parser import Parser, source_of, tried
from diffcli.language.parsing.tokens import TOKEN
from diffcli.language.syntax import Program


def parse_equation(text: str, label: str = "expression", *, syntax: str = "plain") -> Program:
    """Read a program that ends in an equation: its result compares the two sides.

    Raises
    ------
    ExpressionError
        As for `diffcli.parse`; and where there is no ``=``.

    >>> parse_equation("r = 5; x^2 + y^2 = r^2").operations[-1], difference(parse_equation("y = x^2")).operations[-1]
    ('eq', 'sub')
    """
    source = source_of(text, label, syntax)
    sign = _sign(source.text)
    program = Parser(source, lambda text: tried(text, _sign(text)), equation=sign).run()
    root = program.result.root
    if sign < 0 or program.operations[root] != "eq":
        line = " ".join(source.text.split())
        instead = line.replace("==", "=") if sign < 0 and line.count("==") == 1 else f"{line} = 0"
        help = "put each side of the `=` in parentheses" if sign >= 0 else f"write {instead}"
        raise ExpressionError([error("no-equation", "an equation has one `=` between its two sides", program.source,
                                     program.mark(root), help=[help])])  # fmt: skip
    return program


def difference(equation: Program) -> Program:
    """The left side of an equation less the right one: the function that is 0 on its curve."""
    program = copy(equation)
    program.operations = [*equation.operations]
    program.operations[equation.result.root] = "sub"
    return program


def _sign(text: str) -> int:
    """Where the last ``=`` of the last statement stands, outside of parentheses; -1 if there is none."""
    depth, found = 0, -1
    for match in TOKEN.finditer(text.rstrip(" \t\r\n;")):
        token = match[match.lastindex or 0]
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if token == "=" and depth <= 0:
            found = match.end() - 1
        elif token == ";" or (token == "\n" and depth <= 0):
            found = -1
    return found
