"""``diffcli check --against``: is the gradient that somebody's own code computes the gradient of their function?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diffcli.cli.options import INPUT, METHOD, Number, Option, shared
from diffcli.cli.run import Run, was_given
from diffcli.errors import Diagnostic, refusal
from diffcli.language import Program
from diffcli.methods.points.ranges import Range
from diffcli.records.blocks import Document

AGAINST = (
    Option("--against", group=INPUT, metavar="CLAIM", help='A gradient to be checked: FILE.py:NAME, "[2*x*y, x^2]", @FILE of formulas as "x: 2*x*y", or a JSON or .npy file of numbers.'),
    Option("--value-and-grad", group=INPUT, help="The function of --against, or EXPR alone, gives (value, gradient)."),
    Option("--random", group=INPUT, type=Number(Range(1, 10**6)), metavar="N", help="--against: check at N random points, of the shapes that --at has."),
    shared("seed", "With --random.", default=1),
    Option("--scale", group=INPUT, type=Number(), metavar="S", default=1, help="--random: their standard deviation."),
    Option("--rtol", group=METHOD, type=Number(Range(0, 1, whole=False)), metavar="R", help="How far numbers may be off, beside their size; half of their digits, if not given."),
    shared("hessian", "With --against."),
    shared("full", "With --against."),
)  # fmt: skip
"""The options of this check alone, and how far numbers may be off."""


OWNERS = {"--against": ("hessian", "random", "full"), "--random": ("seed", "scale"), "--against or --claim": ("rtol",)}
"""Options that do nothing without another one, by that."""


def is_asked(given: Mapping[str, Any], others: object, claims: object) -> bool:
    """Whether this check is asked for; options that go with another one, and others beside it, are refused."""
    asked: bool = given["against"] is not None or given["value_and_grad"]
    known = {"--against": asked, "--random": given["random"], "--against or --claim": asked or claims}
    for owner, options in OWNERS.items():
        if (idle := [*filter(was_given, options)]) and not known[owner]:
            raise refusal("usage", f"--{idle[0]} is for {owner}", f"add {owner}, or leave --{idle[0]} out")
    if asked and others:
        raise refusal("usage", "--against cannot be combined with --claim, --claims or --exact-digits", "give one of them")
    return asked


def check_against(
    run: Run, program: Program, points: str | None, *, against: str | None, random: int | None, seed: int, scale: float, **options: Any
) -> tuple[Document, tuple[Diagnostic, ...], bool]:
    """The report, its notes, and whether all is right."""
    from diffcli.cli.python_file import as_python_target, read_function
    from diffcli.methods.points.many_points import read_points
    from diffcli.methods.points.points import read_point
    from diffcli.reports.gradients import gradient_report
    from diffcli.studies.gradients.comparison import check_gradient

    claim: Any = run.typed() if against == "-" else against
    if target := as_python_target(against or ""):
        claim = read_function(*target, run.environment)
        run.place = target[0], claim.line
    elif (against or "").startswith("@"):
        run.place = claim[1:], 1
    given: list[Any] = [run.point]
    notes: list[Diagnostic] = []
    base = {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in read_point(run.point).items()}
    if points is not None and random is not None:
        raise refusal("usage", "--points cannot be combined with --random", "give one of them")
    if points is not None:
        given[:], notes = read_points(points, program, base)
    if random is not None:
        given = [*_random_points(program, base, random, seed, scale, options["wrt"])]
    check = check_gradient(program, claim, given, verify=run.verify, progress=run.stage, **options)
    check = check._replace(notes=(*notes, *check.notes))
    return gradient_report(check, run.full), check.notes, check.passed


def _random_points(
    program: Program, base: Mapping[str, Any], count: int, seed: int, scale: float, wrt: str | None
) -> Iterator[dict[str, Any]]:
    """Points whose variables are drawn from a normal distribution, in the shapes that a point has; what else it has stays."""
    from random import Random

    from diffcli.methods.problem.components import Components
    from diffcli.methods.problem.problem import names_in

    draw, chosen = Random(seed), names_in(wrt, "wrt")
    names = [name for name in dict.fromkeys([*program.inputs, *base]) if chosen is None or name in chosen]
    parts = Components([(name, place, getattr(base.get(name), "shape", ())) for place, name in enumerate(names)])
    for _ in range(count):
        yield {**base, **parts.of([draw.gauss(0.0, scale) for _ in range(len(parts))])}
