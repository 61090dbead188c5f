"""A backward of one's own: a Legendre polynomial, how a wrong one is found out, and what one needs it for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, pi, sin
from typing import Any

import diffcli.autograd as ad
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis
from diffcli.studies.lessons.engine import descent, quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, curves, grid, listing

POINTS = (-0.75, 0.25, 0.5, 2.0)
AT = 0.25
STEP = 1e-5
SIZES = (-50.0, 0.0, 40.0, 1000.0)

START, GOAL, RATE, STEPS = 0.2, 3.0, 0.1, 12

FUNCTION = """\
class LegendrePolynomial(ad.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)"""

TRY = """\
import diffcli.autograd as ad; x = ad.tensor([0.0, 2.0], requires_grad=True)
print(ad.gradcheck(lambda x: 0.5 * (5 * x**3 - 3 * x), x))"""


class LegendrePolynomial(ad.Function):
    """P3, as in PyTorch's tutorial."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


class Mistyped(LegendrePolynomial):
    """A pair of parentheses is lost."""

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad_output * (1.5 * 5 * input**2 - 1)


class Forgetful(LegendrePolynomial):
    """The adjoint that arrives is left out."""

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        (input,) = ctx.saved_tensors
        return 1.5 * (5 * input**2 - 1)


class Softplus(ad.Function):
    """log(1 + exp(x)), in a form that no x makes overflow."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return ad.relu(x) + ad.log1p(ad.exp(-abs(x)))

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad_output * ad.sigmoid(x)


class StraightThrough(ad.Function):
    """round, with the slope of the line that it is near to (Bengio, Léonard & Courville 2013)."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.round()

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        return grad_output


def lesson(settings: Settings) -> Lesson:
    values, slopes = _polynomial()
    suspects = [_Suspect(of) for of in (LegendrePolynomial, Mistyped, Forgetful)]
    naive, stable = ([_slope(of, x) for x in SIZES] for of in (lambda x: ad.log(1 + ad.exp(x)), Softplus.apply))
    losses = [lambda w, of=of: (of(w) - GOAL) ** 2 for of in (ad.round, StraightThrough.apply)]
    plain, straight = (descent(loss, START, RATE, STEPS) for loss in losses)
    parts: Parts = (
        """A Function is an operation whose backward you write: it receives grad_output, the adjoint of the result, and returns
        those of the operands. For P3:""",
        listing(FUNCTION),
        [
            "Beside it the same formula by operations of the table, and central quotients, (f(x + h) - f(x - h))/(2h):",
            grid(
                "derivatives of P3", ("x", "P3(x)", "own backward", "operations", f"quotient, h = {STEP:.0e}"),
                zip(POINTS, values, *slopes.values(), strict=True), digits=10,
            ),
        ],
        f"""A backward is one more place for an error. `mistyped` returns grad_output * (1.5 * 5 * input**2 - 1), `forgetful`
        leaves grad_output out. At x = {AT:g}:""",
        _suspects(suspects),
        "`forgetful` is right alone, where grad_output is 1, and wrong within a program. gradcheck tries other adjoints, too.",
        [quoted(suspects[2].error)],
        f"""A Function is useful where the derivative has a better formula. At x = {SIZES[-1]:g} the slope of log(1 + exp(x)) is
        {naive[-1][1]:g} as it is written, and {stable[-1][1]:g} by a Function that returns grad_output * sigmoid(x). It may
        also depart from the derivative: round(w) has slope 0, and a descent on (round(w) - {GOAL:g})^2 stays where it is. The
        straight-through estimator returns grad_output (and gradcheck refuses it, rightly):""",
        curves("", Axis("step"), Axis("w"), {"by round": enumerate(plain), "straight-through": enumerate(straight)}, rows=5),
    )
    return Lesson(
        parts, _checks(slopes, suspects, naive, stable, plain, straight), TRY,
        "A backward of sin(x) returns grad_output * sin(x). At which x between 0 and 1 would a test at one point miss the error?",
        f"""At x = {pi / 4:.4f}, a quarter of pi, where sin and cos are both {sin(pi / 4):.4f}. Test at several points, as
        gradcheck with a tensor of several does.""",
    )  # fmt: skip


def _slope(function: Callable[[Any], Any], x: float) -> tuple[float, float]:
    """A function at a number: its value, and its derivative by the graph."""
    leaf = ad.tensor(x, requires_grad=True)
    y = function(leaf)
    y.backward()
    assert leaf.grad is not None
    return y.item(), leaf.grad.item()


def _composed(x: Any) -> Any:
    """P3 by operations of the table."""
    return 0.5 * (5 * x**3 - 3 * x)


def _polynomial() -> tuple[list[float], dict[str, list[float]]]:
    by = {
        "backward": [_slope(LegendrePolynomial.apply, x) for x in POINTS],
        "operations": [_slope(_composed, x) for x in POINTS],
    }
    slopes = {name: [slope for _, slope in found] for name, found in by.items()}
    slopes["quotient"] = [(_composed(x + STEP) - _composed(x - STEP)) / (2 * STEP) for x in POINTS]
    return [value for value, _ in by["backward"]], slopes


class _Suspect:
    """A backward of P3: what it gives alone, and within something; and what gradcheck says."""

    def __init__(self, function: type[ad.Function]) -> None:
        self.name = {"LegendrePolynomial": "the example's"}.get(function.__name__, function.__name__.lower())
        self.alone = _slope(function.apply, AT)[1]
        self.within = _slope(lambda x: ad.exp(function.apply(x)), AT)[1]
        leaf = ad.tensor(AT, requires_grad=True)
        self.error = refusal(lambda: ad.gradcheck(function.apply, leaf))


def _suspects(suspects: Sequence[_Suspect]) -> Table:
    right = suspects[0]
    rows: list[tuple[Any, ...]] = []
    for of in suspects:
        marks = ["" if mine == rights else "wrong" for mine, rights in ((of.alone, right.alone), (of.within, right.within))]
        rows.append((of.name, of.alone, marks[0], of.within, marks[1], "wrong" if of.error else "right"))
    return grid("", ("backward", "slope alone", "", "slope of exp(P3)", "", "gradcheck"), tuple(rows), digits=6)


def _checks(
    slopes: dict[str, list[float]],
    suspects: Sequence[_Suspect],
    naive: Sequence[tuple[float, float]],
    stable: Sequence[tuple[float, float]],
    plain: Sequence[float],
    straight: Sequence[float],
) -> tuple[Check, ...]:
    right, mistyped, forgetful = suspects
    off = max(abs(a - b) for a, b in zip(slopes["backward"], slopes["operations"], strict=True))
    x = ad.tensor(AT, requires_grad=True)
    (slope,) = ad.grad(LegendrePolynomial.apply(x), [x], create_graph=True)
    (second,) = ad.grad(slope, [x])
    leaves = [ad.tensor(at, requires_grad=True) for at in SIZES]
    told = [ad.gradcheck(Softplus.apply, leaf, raise_exception=False).passed for leaf in leaves]
    through = refusal(lambda: ad.gradcheck(StraightThrough.apply, ad.tensor(START, requires_grad=True)))
    overflowed, repaired = naive[-1][1], stable[-1][1]
    forgets = forgetful.alone == right.alone and forgetful.within != right.within
    stays, arrives = plain[-1] == START, round(straight[-1]) == GOAL
    return (
        Check("P3: own backward = operations", f"off by {off:.1g}", off < 1e-13),
        Check("it is differentiated again: P3'' = 15 x", f"{second.item():g} at {AT:g}", abs(second.item() - 15 * AT) < 1e-13),
        Check("gradcheck finds the example's right", "right" if right.error is None else "wrong", right.error is None),
        refused("the mistyped one is refused", mistyped.error, "gradcheck"),
        refused("the forgetful one is refused", forgetful.error, "gradcheck"),
        Check("though alone it is right", f"{forgetful.alone:g}", forgets),
        Check("softplus: nan as written, 1 by the Function", f"{overflowed}, {repaired}", isnan(overflowed) and repaired == 1),
        Check("the Function passes gradcheck at all x", f"{sum(told)} of {len(told)}", all(told)),
        Check("by round w stays, straight-through it arrives", f"{plain[-1]:g}, {straight[-1]:g}", stays and arrives),
        refused("straight-through is no derivative", through, "gradcheck"),
    )
