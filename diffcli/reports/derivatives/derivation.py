"""The report of derivations: trees for people, formulas for LaTeX, a table for scripts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from diffcli.language.writing.printer import latex_figure, latex_name
from diffcli.methods.derivation.derivation import REFERENCE
from diffcli.methods.derivation.rules import CONSTANT, IDENTITY
from diffcli.methods.traces.trace import IN_LATEX, Notation
from diffcli.records.blocks import Block, Table, Text, numbers, texts
from diffcli.records.derivations import Derivation, DerivationStep, SymbolicAgreement
from diffcli.reports.derivatives.names import derivative_name, latex_operator
from diffcli.reports.document import data_of, number
from diffcli.reports.formats import PERSON, TEX, Style
from diffcli.reports.formats.latex import escape

MOST_LINES = 100
"""A derivative with more parts that have names is not written out under its tree."""

LEVEL = 9
"""A tree has a level for as many columns of the page; deeper steps stand in one column, with their depth as a number."""

NARROWEST = 14
"""Texts are not wrapped into less."""

_PLAIN = frozenset((IDENTITY, CONSTANT, REFERENCE))
"""Rules that leave nothing to assemble."""


def derivation_blocks(
    derivations: Sequence[Derivation], notation: Notation, style: Style, sign: str | None = None
) -> list[Block]:
    """Each derivation, for people as a tree, or in LaTeX as formulas; for programs as a table of its steps.

    ``sign`` is the d of derivatives, if it is not that of partial ones.
    """
    sign = sign or notation.partial
    blocks: list[Block] = []
    for found in derivations:
        if notation is IN_LATEX:
            blocks += _formulas(found, notation, style, sign)
        elif style.format.audience == PERSON:
            blocks += _tree(found, notation, style, sign)
        else:
            blocks.append(_table(found, notation))
    return blocks


def derivation_data(found: Derivation) -> dict[str, Any]:
    """A derivation for JSON; rows are named v[-1], v[0], v[1], ... as in the traces."""
    steps = [
        data_of(
            step, "v rule row name let formula remark result value children refers_to depth",
            v=_row(step.v), children=list(map(_row, step.children)), refers_to=_row(step.refers_to),
            **{field: getattr(step, field) or None for field in ("name", "let", "formula", "remark")},
        )
        for step in found.steps
    ]  # fmt: skip
    more = "result by of? " if found.by else ""
    return data_of(found, f"variable {more}derivative value agreement steps", derivative=found.derivative or None, steps=steps)


def _row(v: int | None) -> str | None:
    return None if v is None else f"v[{v}]"


def _identity(step: DerivationStep, notation: Notation) -> str:
    """A row, what it is, and what the program calls it: v₁ = a = v₀^2 = x^2."""
    names = [notation.value(step.v)] if step.v is not None else []
    names += [notation.dialect.name(step.name)] if step.name else []
    return " = ".join(dict.fromkeys([*names, step.row, *([step.value_text] if step.value_text else [])]))


def _rule(step: DerivationStep) -> str:
    """The rule by its name, in letters, and why it is this one."""
    words = f"let {step.let}; " if step.let else ""
    words += f"{step.formula}, {step.remark}" if step.remark else step.formula
    return f"{step.rule}: {words}" if words else step.rule


def _result(step: DerivationStep, notation: Notation, style: Style) -> str:
    assert step.v is not None
    names = [f"{notation.value(step.v)}{notation.prime}", step.result]
    if step.value is not None:
        value = number(step.value, style.rounded())
        names.append(latex_figure(value) if style.notation == TEX else value)
    return " = ".join(dict.fromkeys(names))


# -- trees ---------------------------------------------------------------------------------------------------------------


def _tree(found: Derivation, notation: Notation, style: Style, sign: str) -> list[Block]:
    prime, by = notation.prime, found.by or (found.variable,)
    name = derivative_name(found.result, by, sign, style.unicode)
    lines: list[str] = []
    half = len(found.steps) // 2
    below = [step.depth for step in found.steps[1:]]
    for position, (step, following) in enumerate(zip(found.steps, [*below, 0], strict=True), 1):
        lines += _step_lines(step, following > step.depth, notation, style)
        if found.hidden and position == half:
            lines.append(hidden_steps(found.hidden))
    title = f"{name}, step by step ({prime} is {sign}/{sign}{found.variable})"
    root = found.steps[0]
    ending = [Text(agreement_text(found.agreement))]
    *shared, result = found.derivative.split("; ")
    if root.v is not None and len(shared) <= MOST_LINES and prime in root.result and not found.solved:
        whole = [""] * bool(shared) + [f"{name} = {result}", *[f"  where {part}" for part in shared]]
        ending.insert(0, Text("\n".join(whole), "code" if shared else "text"))
    if not found.of:
        return [Text("\n".join((title, "", *lines)), "code"), *ending]
    before = derivative_name(found.result, by[:-1], sign, style.unicode) if by[1:] else "F"
    function = f", {found.result} being a function of it" if found.solved else ""
    again = f"{before} = {found.of} is differentiated along {found.variable}{function}:"
    solved = [Text(f"{words}: {formula}") for words, formula in found.solved]
    return [Text(title, "code"), Text(again), Text("\n".join(lines), "code"), *solved, *ending]


def hidden_steps(count: int) -> str:
    return f"... {count} steps are not shown; --full shows all"


def _step_lines(step: DerivationStep, goes_on: bool, notation: Notation, style: Style) -> Iterator[str]:
    """A step as lines of a tree: the row and its rule, on two lines where one is too short, then the result."""
    corner, tee, bar = ("└─ ", "├─ ", "│  ") if style.unicode else ("`- ", "|- ", "|  ")
    deepest = max(3, style.width // LEVEL)
    rails = step.rails[-deepest:]
    above = "".join(bar if more else "   " for more in rails[:-1])
    first = above + (tee if rails[-1] else corner) if rails else ""
    inner = above + (bar if rails[-1] else "   ") if rails else ""
    inner += (bar if goes_on else "  ")[:2]
    identity, rule = _identity(step, notation), _rule(step)
    identity += f"  (depth {step.depth})" if step.depth > deepest else ""
    fits = len(inner) + len(identity) + 3 + len(rule) <= style.width
    parts = [f"{identity}   {rule}"] if fits else [identity, rule]
    if step.rule not in _PLAIN and step.v is not None:
        parts.append(_result(step, notation, style))
    room = max(style.width - len(inner), NARROWEST)
    for position, part in enumerate(parts):
        for line, text in enumerate(textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False)):
            yield (first if position == line == 0 else inner + "  " * (line > 0)) + text


def agreement_text(agreement: SymbolicAgreement) -> str:
    """How a derivation compares with SymPy's derivative, in a sentence."""
    verdict, digits, elsewhere = agreement
    if verdict == "proved":
        return "equal to SymPy's derivative: proved, the difference of the two simplifies to 0"
    if verdict == "at the point":
        also = "elsewhere they differ: other branches are taken there" if elsewhere else "in general not proved"
        return f"equal to SymPy's derivative at this point, to {digits} digits; {also}"
    if verdict == "differs":
        return "not equal to SymPy's derivative at this point; the rules of the table are another convention there"
    return "not compared with SymPy's derivative: there is no number or no form of it"


# -- other forms -----------------------------------------------------------------------------------------------------------


def _table(found: Derivation, notation: Notation) -> Table:
    columns = (*texts("v"), *numbers("depth"), *texts("rule", "formula", "derivative"), *numbers("value"))
    rows = tuple(
        (notation.value(step.v) if step.v is not None else "", step.depth, step.rule, step.formula, step.result, step.value)
        for step in found.steps
    )  # fmt: skip
    name = derivative_name(found.result, found.by or (found.variable,), "d", raised=False)
    return Table(f"derivation of {name}", columns, rows)


def _formulas(found: Derivation, notation: Notation, style: Style, sign: str) -> list[Block]:
    """A display for each step: the row, its rule in words and letters, and its derivative."""
    *first, variable = found.by or (found.variable,)
    of = f" of the derivative by {' and '.join(first)}" if first else ""
    blocks: list[Block] = [Text(f"Derivation{of} along {variable}, step by step; a prime is the derivative along it.")]
    for position, step in enumerate(found.steps):
        if found.hidden and position == len(found.steps) // 2:
            blocks.append(Text(hidden_steps(found.hidden)))
        if step.v is None or step.rule == REFERENCE:
            continue
        words = rf"\text{{{escape(step.rule)}}}"
        words += rf",\ {step.let}" if step.let else ""
        rule = rf"{words}:\ {step.formula}"
        why, _, condition = step.remark.partition(" ")
        rule += rf"\ \text{{{why} }} {condition}" if condition else ""
        lines = [rf"{_identity(step, notation).replace(' = ', ' &= ', 1)} && {rule}"]
        if step.rule not in _PLAIN:
            lines.append(_result(step, notation, style).replace(" = ", " &= ", 1))
        blocks.append(Text(r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}", "math"))
    derivative = found.steps[0].result
    operator, result = latex_operator((*first, variable), sign), latex_name(found.result)
    blocks += [Text(rf"\text{{{words}: }} {formula}", "math") for words, formula in found.solved]
    if not found.solved:
        name = f"{operator} {result}" if found.by else operator.replace("}{", f" {result}}}{{", 1)
        blocks.append(Text(f"{name} = {derivative}", "math"))
    return [*blocks, Text(agreement_text(found.agreement) + ".")]
