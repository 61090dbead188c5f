"""What can be asked of a gradient: its modes, methods and rules by name, and options that fit together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from diffcli.errors import UsageError, did_you_mean, error
from diffcli.methods.nonsmooth.breaks import POLICIES
from diffcli.methods.traces.trace import UNICODE, Notation
from diffcli.tape.lowering import MOST_ROWS

MODES = {
    "reverse": "automatic differentiation, one sweep backwards for the whole gradient",
    "forward": "automatic differentiation, one sweep forwards for each variable",
    "numeric": "finite differences, or the complex step",
    "symbolic": "SymPy's derivative, and its value",
}
"""The ways to a derivative, for ``--mode``."""

METHODS = {
    "automatic": "extrapolated, with step and error bar from the tape",
    "forward": "a stencil of values at the point and on its right",
    "backward": "a stencil of values at the point and on its left",
    "central": "a stencil of values on both sides",
    "richardson": "as automatic, from a first step that is given",
    "ridders": "Ridders' tableau, with the error that it estimates itself",
    "complex": "Im f(x + ih)/h, which has no cancellation",
}
"""The difference quotients of numeric mode, for ``--method``."""

STENCIL_METHODS = ("forward", "backward", "central")

RULES = ("tape", "theory", "eps", "relative", "absolute", "curtis-reid", "dumontet-vignes", "shi")
"""How the step of a stencil is chosen, for ``--rule``; what each is stands in `diffcli.methods.differences.step_rules`."""


class Options:
    """Everything that can be asked of `compute`; see `diffcli.grad` for what each means."""

    def __init__(
        self,
        *,
        mode: str = "reverse",
        wrt: str | Sequence[str] | None = None,
        seed: str | Mapping[str, object] | None = None,
        kink: str = "min-norm",
        strict: bool = False,
        method: str | None = None,
        order: int | None = None,
        step: float | None = None,
        rule: str | None = None,
        share: bool = False,
        trace: bool = False,
        most_shown: int | None = None,
        cost: bool = False,
        notation: Notation = UNICODE,
        max_nodes: int = MOST_ROWS,
        simplify: bool = True,
        steps: bool = False,
        derivative_tape: bool = False,
    ) -> None:
        for name, given, known in (
            ("mode", mode, MODES), ("kink", kink, POLICIES),
            ("method", method or "central", METHODS), ("rule", rule or "tape", RULES),
        ):  # fmt: skip
            if given not in known:
                hints = did_you_mean(str(given), known)
                _refuse(f"there is no {name} `{given}`", *hints, f"one of: {', '.join(known)}")
        if kink not in ("min-norm", "error") and mode not in ("reverse", "forward"):
            _refuse(f"a rule for kinks is for automatic differentiation, not for {mode}", "add --mode reverse, or leave it out")
        if seed is not None and mode != "forward":
            _refuse(f"a seed is a direction for forward mode, not for {mode}", "add --mode forward, or leave --seed out")
        if any(given is not None for given in (method, order, step, rule)) and mode != "numeric":
            message = f"a method, an order, a step and a rule are for numeric mode, not for {mode}"
            _refuse(message, "add --mode numeric, or leave it out")
        if method is None:  # whoever asks for a step or an order has a stencil in mind
            method = "automatic" if order is None and step is None and rule is None else "central"
        if (order is not None or rule is not None) and method not in STENCIL_METHODS:
            _refuse(f"an order and a rule are for a stencil, not for {method}", "add --method forward, backward or central")
        if step is not None and method == "automatic":
            _refuse("the automatic method chooses its step", "leave the step out, or add --method richardson")
        if step is not None and rule is not None:
            _refuse("a step leaves nothing for a rule to choose", "give one of them")
        if steps and mode != "symbolic":
            _refuse(f"a derivation in steps is for symbolic mode, not for {mode}", "add --mode symbolic, or leave --steps out")
        if derivative_tape and mode != "reverse":
            message = f"a derivative tape is reverse mode written out, and not for {mode}"
            _refuse(message, "add --mode reverse, or leave --derivative-tape out")
        if derivative_tape and kink not in ("min-norm", "error"):
            _refuse("a derivative tape is made by the rules of the table, at kinks too", "leave --kink or --derivative-tape out")
        if seed is not None and wrt is not None:
            _refuse("a seed is a direction of its own; there is nothing to choose by wrt", "give one of them")
        if step is not None and not (step > 0 and math.isfinite(step)):
            _refuse(f"the step is {step}, not a positive number", code="bad-value")
        self.mode, self.wrt, self.seed = mode, wrt, seed
        self.kink, self.strict = kink, strict
        self.method, self.order, self.step, self.rule = method, order, step, rule
        self.share, self.max_nodes, self.simplify = share, max_nodes, simplify
        self.steps, self.derivative_tape = steps, derivative_tape
        self.trace, self.most_shown, self.cost, self.notation = trace, most_shown, cost, notation
        self.progress: Callable[[str], None] = lambda stage: None
        """Told of each stage as it begins."""


def _refuse(message: str, *help: str, code: str = "unknown-choice") -> None:
    raise UsageError([error(code, message, help=help)])
