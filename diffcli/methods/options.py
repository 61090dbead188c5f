"""The options of commands and of the library's functions: a record each, with defaults, known words, and what excludes what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, dataclass_transform

from diffcli.errors import did_you_mean, refusal
from diffcli.methods.nonsmooth.breaks import POLICIES
from diffcli.methods.points.ranges import MAX_NODES, POSITIVE, Range
from diffcli.methods.traces.trace import UNICODE, Notation
from diffcli.tape.lowering import MOST_ROWS

MODES = ("reverse", "forward", "numeric", "symbolic")
JACOBIAN_MODES = ("auto", "forward", "reverse", "numeric", "symbolic")
HESSIAN_MODES = ("auto", "numeric", "symbolic")
JVP_MODES = ("forward", "numeric")
"""The methods of differentiation, for ``--mode``; auto is automatic differentiation by whatever takes fewer operations."""

STENCIL_METHODS = ("forward", "backward", "central")
METHODS = ("automatic", *STENCIL_METHODS, "richardson", "ridders", "complex")
"""The difference quotients of numeric mode, for ``--method``; see `diffcli.methods.differences.finite_difference.difference`."""

RULES = ("tape", "theory", "eps", "relative", "absolute", "curtis-reid", "dumontet-vignes", "shi")
"""How the step of a stencil is chosen, for ``--rule``; what each is stands in `diffcli.methods.differences.step_rules`."""

EFFORTS = ("full", "fast", "none")
"""How much is done for a short formula: whatever SymPy can do, what it can do soon, or nothing."""

Known = Mapping[str, Collection[str]]
Conflict = tuple[Callable[[Any], object], str, str]
"""A test of the options, the message where it holds, with ``{o.mode}`` for the value of one, and the help."""

_SIMPLIFIES: Conflict = (
    lambda o: o.simplify != "fast" and o.mode != "symbolic",
    "formulas are simplified in symbolic mode, and not in {o.mode}", "add --mode symbolic, or leave --simplify out",
)  # fmt: skip


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """The options of a command as attributes with their defaults, frozen, and checked when they are made.

    (A dataclass would do the same, and take longer to import than a gradient to compute.) One that is none of the ``known``
    words, out of range, or meets a conflict is a `UsageError`.
    """

    known: ClassVar[Known] = {}
    numbers: ClassVar[Mapping[str, Range]] = {"max_nodes": MAX_NODES, "step": POSITIVE}
    conflicts: ClassVar[Sequence[Conflict]] = ()
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What each option is unless it is given."""

    def __init_subclass__(cls) -> None:
        own = [name for name in vars(cls).get("__annotations__", ()) if name not in ("known", "numbers", "conflicts")]
        cls.defaults = {**cls.defaults, **{name: getattr(cls, name) for name in own}}

    def __init__(self, **given: Any) -> None:
        changed = []
        for name, chosen in given.items():
            if name not in self.defaults:
                raise TypeError(f"{type(self).__name__} has no option {name!r}")
            default = self.defaults[name]
            if chosen is not default and (default is None or chosen != default):
                changed.append(name)
        self.__dict__.update(given)
        if changed:  # the defaults fit each other
            self._check(changed)

    def _check(self, changed: Sequence[str]) -> None:
        for name in changed:
            if name in self.numbers:
                self.numbers[name].require(name, getattr(self, name))
            words = self.known.get(name)
            if words is not None and (chosen := getattr(self, name)) not in [*words]:
                hints = did_you_mean(str(chosen), words)
                raise refusal("unknown-choice", f"there is no {name} `{chosen}`", *hints, f"one of: {', '.join(words)}")
        if changed == ["mode"]:
            return  # the defaults fit every mode
        for applies, message, help in self.conflicts:
            if applies(self):
                raise refusal("unknown-choice", message.format(o=self), help)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"options do not change: {name}")


class SharedOptions(Record):
    """The options of every computation."""

    wrt: str | Sequence[str] | None = None
    kink: str = "min-norm"
    strict: bool = False
    max_nodes: int = MOST_ROWS
    watch: bool = True
    """Whether digits that are lost are looked for."""
    verify: bool = True
    progress: Callable[[str], None] = staticmethod(lambda stage: None)
    """Called with each stage as it begins."""


class Options(SharedOptions):
    """What can be asked of a gradient; see `diffcli.grad` for what each means."""

    mode: str = "reverse"
    direction: str | Mapping[str, object] | None = None
    method: str | None = None
    accuracy: int | None = None
    step: float | None = None
    rule: str | None = None
    share: bool = False
    trace: bool = False
    most_shown: int | None = None
    cost: bool = False
    notation: Notation = UNICODE
    simplify: str = "fast"
    steps: bool = False
    derivative_tape: bool = False

    known: ClassVar[Known] = {"mode": MODES, "kink": POLICIES, "method": METHODS, "rule": RULES, "simplify": EFFORTS}
    conflicts: ClassVar[Sequence[Conflict]] = (
        (lambda o: o.kink not in ("min-norm", "error") and o.mode not in ("reverse", "forward"),
         "a rule for kinks is for automatic differentiation, not for {o.mode}", "add --mode reverse, or leave it out"),
        (lambda o: o.direction is not None and o.mode != "forward",
         "a direction is for forward mode, not for {o.mode}", "add --mode forward, or leave --direction out"),
        (lambda o: o.mode != "numeric" and (o.method, o.accuracy, o.step, o.rule) != (None,) * 4,
         "{o.mode} mode takes no {o.asked}",
         "add --mode numeric, or leave it out"),
        (lambda o: (o.accuracy is not None or o.rule is not None) and o.quotient not in STENCIL_METHODS,
         "{o.quotient} takes no {o.asked}: it is no stencil", "add --method forward, backward or central"),
        (lambda o: o.step is not None and o.quotient == "automatic",
         "the automatic method chooses its step", "leave the step out, or add --method richardson"),
        (lambda o: o.step is not None and o.rule is not None,
         "a step leaves nothing for a rule to choose", "give one of them"),
        (lambda o: o.steps and o.mode != "symbolic",
         "a derivation in steps is for symbolic mode, not for {o.mode}", "add --mode symbolic, or leave --steps out"),
        (lambda o: o.derivative_tape and o.mode != "reverse",
         "a derivative tape is reverse mode written out, and not for {o.mode}",
         "add --mode reverse, or leave --derivative-tape out"),
        (lambda o: o.derivative_tape and o.kink not in ("min-norm", "error"),
         "a derivative tape is made by the rules of the table, at kinks too", "leave --kink or --derivative-tape out"),
        (lambda o: o.direction is not None and o.wrt is not None,
         "a direction says what moves; there is nothing to choose by --wrt", "give one of them"),
        _SIMPLIFIES,
    )  # fmt: skip

    @property
    def asked(self) -> str:
        """The options of difference quotients that are given, the method aside where it is what does not go with them."""
        names = ("method", "accuracy", "step", "rule") if self.mode != "numeric" else ("accuracy", "rule")
        return " or ".join(f"--{name}" for name in names if getattr(self, name) is not None)

    @property
    def quotient(self) -> str:
        """The difference quotient: whoever asks for a step, an accuracy or a rule has a stencil in mind."""
        return self.method or ("automatic" if (self.accuracy, self.step, self.rule) == (None, None, None) else "central")


class MatrixOptions(SharedOptions):
    """What can be asked of a Jacobian; see `diffcli.jacobian` for what each means."""

    mode: str = "auto"
    of: str | Sequence[str] | None = None
    simplify: str = "fast"
    eigenvalues: bool = False
    trace: bool = False
    most_shown: int | None = None
    notation: Notation = UNICODE

    known: ClassVar[Known] = {"mode": JACOBIAN_MODES, "kink": POLICIES, "simplify": EFFORTS}
    conflicts: ClassVar[Sequence[Conflict]] = (
        (lambda o: o.kink not in ("min-norm", "error") and not o.by_rules,
         "a rule for kinks is for automatic differentiation, not for {o.mode}", "leave --kink or --mode out"),
        (lambda o: o.trace and not o.by_rules,
         "a trace is of sweeps, and there are none in {o.mode} mode", "add --mode forward, or leave --trace out"),
        _SIMPLIFIES,
    )  # fmt: skip

    @property
    def by_rules(self) -> bool:
        """Whether derivatives come from the rules of the table."""
        return self.mode not in ("numeric", "symbolic")


class HessianOptions(MatrixOptions):
    """What can be asked of a Hessian; see `diffcli.hessian`."""

    known: ClassVar[Known] = {"mode": HESSIAN_MODES, "kink": POLICIES, "simplify": EFFORTS}


class JvpOptions(MatrixOptions):
    """What can be asked of a Jacobian times a direction; see `diffcli.jvp`."""

    mode: str = "forward"

    known: ClassVar[Known] = {"mode": JVP_MODES, "kink": POLICIES}


class FormulaOptions(SharedOptions):
    """What can be asked of a derivative as a formula; see `diffcli.diff` for what each means."""

    of: str | Sequence[str] | None = None
    order: int | None = None
    hessian: bool = False
    implicit: str = ""
    steps: bool = False
    simplify: str = "fast"
    notation: Notation = UNICODE
    most_shown: int | None = None

    known: ClassVar[Known] = {"simplify": EFFORTS}
    numbers: ClassVar[Mapping[str, Range]] = {**SharedOptions.numbers, "order": Range(1, 20)}
    conflicts: ClassVar[Sequence[Conflict]] = (
        (lambda o: o.hessian and o.order not in (None, 2),
         "a Hessian is of order 2, not of order {o.order}", "leave --order or --hessian out"),
        (lambda o: o.implicit and o.of is not None,
         "an equation has no results to ask for", "leave --of or --implicit out"),
    )  # fmt: skip


class GraphOptions(SharedOptions):
    """What can be asked of a graph; see `diffcli graph`."""

    share: bool = False
