"""``diffcli diff``: derivatives as formulas, without a point or at one."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, INPUT, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.language.parsing.equation import parse_equation
from diffcli.methods.formulas import compute_formulas
from diffcli.methods.implicit import compute_implicit
from diffcli.methods.options import FormulaOptions
from diffcli.reports.derivatives.formulas import formula_report

EXAMPLES = (
    'diffcli diff "x^2*sin(x)"',
    'diffcli diff "x^2*sin(x)" --steps',
    'diffcli diff "x^3*y^2" --wrt x,x,y',
    'diffcli diff "exp(-x^2)" --order 3 -f latex',
    'diffcli diff "[x*y, x^2 + y^2]"',
    'diffcli diff "100*(y - x^2)^2 + (1 - x)^2" --hessian',
    'diffcli diff "sqrt(x)" --at x=4',
    'diffcli diff "x^2 + y^2 = 25" --implicit y --at x=3,y=4',
)


@as_command(
    EXPRESSION,
    shared("at", "Gives the values there too, and the tangent."),
    shared("wrt", "A name again, as x,x,y: the mixed derivative d^3f/dx^2dy."),
    "of",
    Option("--implicit", group=INPUT, metavar="NAME", default="", show_default=False, help="EXPR is an equation: the derivatives of this variable of it by the others."),
    shared("order", "all derivatives; 1, if not given.", type=Number(FormulaOptions.numbers["order"])),
    "strict", "simplify", "hessian", "steps", "full",
    examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, **options: Any) -> int:
    """The derivatives of EXPR as formulas, by SymPy."""
    if options["implicit"]:
        run.parse = parse_equation
    return show(run, **options)


def show(run: Run, *, steps: bool, **options: Any) -> int:
    """Print the derivatives of what a run was given."""
    steps = steps and not run.output.quiet
    asked = FormulaOptions(steps=steps, progress=run.stage, verify=run.verify, **run.rows(), **options)
    result = run.compute(compute_implicit if asked.implicit else compute_formulas, asked)
    return run.report(formula_report(result, run.output.style), result.notes, [each.value for each in result.formulas])
