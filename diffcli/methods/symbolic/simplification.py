"""Shorter forms of SymPy's expressions, for people to read: cheap ones first, and all within a limit of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import Self

import sympy

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.methods.symbolic.budget import Budget
from diffcli.methods.symbolic.text import Expression
from diffcli.methods.symbolic.zero_test import node_count

FULL, NONE = "full", "none"
"""Efforts, of `diffcli.methods.options.EFFORTS`."""

SECONDS = 2.0
"""How long all of a request's derivatives may take together, unless the effort is ``full``."""

MOST_SIMPLIFIED = 1_000
"""Larger expressions are not given to SymPy's ``simplify``, which would not be done in that time."""

MOST_WRITTEN_OUT = 30
"""The largest exponent, and multiple of an angle, that SymPy sees when it simplifies: it may write them out, as cos(n*x)."""

CHEAP: tuple[tuple[int, Callable[[Expression], Expression]], ...] = (
    (80, sympy.factor), (300, sympy.factor_terms), (300, sympy.together),
)  # fmt: skip
"""Ways to a shorter form, and the most nodes that each is given: SymPy's ``simplify`` may take minutes for a hundred."""


class Simplifier:
    """Simplifies the derivatives of a request one after the other; where it ends, it notes what it has not done.

    As a context manager, so that the note is there however the work ends.
    """

    def __init__(self, effort: str, derivatives: int, notes: list[Diagnostic]) -> None:
        self.effort, self.notes = effort, notes
        self.budget = Budget(inf if effort == FULL else SECONDS, derivatives)
        self.undone: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.undone:
            message = f"not simplified all the way: the derivative by {', '.join(dict.fromkeys(self.undone))}"
            took = (f"SymPy's simplify would take more than {SECONDS:g} s",), ("it may take its time with --simplify full",)
            why, help = (("SymPy failed",), ()) if self.effort == FULL else took
            self.notes.append(Diagnostic("not-simplified", "note", message, notes=why, help=help))

    def simplest(self, raw: Expression, by: str) -> Expression | None:
        """The shortest form found of a derivative, ``by`` some variables; None if nothing was looked for, or not to an end."""
        if self.effort == NONE:
            return None
        self.budget.next_part()
        try:
            named, values = _named(raw)
            forms = [self.budget.attempt(partial(form, named)) for most, form in CHEAP if node_count(raw, most) < most]
            simple = None
            if self.effort == FULL or node_count(raw, MOST_SIMPLIFIED) < MOST_SIMPLIFIED:
                simple = self.budget.attempt(partial(sympy.simplify, named))
        except (LimitError, KeyboardInterrupt) as stopped:
            self.effort = NONE  # what took too long once will do so again
            self.notes.append(as_stop(stopped)._replace(notes=("the derivative is exact, but not simplified",)))
            return None
        if simple is None:
            self.undone.append(by)
        kept = [simple] if simple is not None and not values else [simple, *forms]  # with names simplify knows less than they do
        found = [form.xreplace(values) for form in kept if form is not None]
        form = min(found, key=lambda form: len(str(form)), default=raw)
        if (len(kept) > 1 and len(str(raw)) <= len(str(form))) or _roots_inside(form) - _roots_inside(raw):
            form = raw
        return None if simple is None and form is raw else form


@contextmanager
def keeping(notes: list[Diagnostic], left: Callable[[], str]) -> Iterator[None]:
    """Keep what was found when a limit strikes, and note what is ``left``; the limit is raised where that has no text."""
    try:
        yield
    except (LimitError, KeyboardInterrupt) as stopped:
        if not (undone := left()):
            raise
        notes.append(as_stop(stopped)._replace(notes=(f"not differentiated: {undone}",)))


def _roots_inside(form: Expression) -> set[Expression]:
    """What may be negative under a power that is not whole, inside an absolute value: that is NaN where the numbers are real."""
    powers = {power for size in form.atoms(sympy.Abs) for power in size.atoms(sympy.Pow)}
    return {power.base for power in powers if not (power.exp.is_integer or power.base.is_nonnegative)}


def _named(raw: Expression) -> tuple[Expression, dict[Expression, Expression]]:
    """An expression with names for the large whole numbers inside powers and functions, and what they stand for."""
    inside = [part for each in raw.atoms(sympy.Pow, sympy.Function) for part in each.args[isinstance(each, sympy.Pow) :]]
    numbers = {abs(each) for part in inside for each in part.atoms(sympy.Integer) if abs(each) > MOST_WRITTEN_OUT}
    names: dict[Expression, Expression] = {}
    values: dict[Expression, Expression] = {}
    for each in sorted(numbers):  # close to another one by its name, so that powers of one base still come together
        name = next((name for name, value in values.items() if each - value <= MOST_WRITTEN_OUT), None)
        name = name or sympy.Dummy(integer=True, positive=True)
        more = each - values.setdefault(name, each)
        names |= {each: name + more, -each: -name - more}
    return raw.xreplace(names), values
