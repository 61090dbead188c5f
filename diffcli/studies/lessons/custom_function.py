"""A backward of one's own: a Legendre polynomial, how a wrong one is found out, and what one needs it for."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, pi, sin
from typing import Any

import diffcli.autograd as ad
from diffcli.records.figures import Axis
from diffcli.studies.lessons.engine import descent, quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid, listing

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


def lesson(settings: Settings) -> Told:
    yield from _polynomial()
    yield from _suspicions()
    yield from _uses()
    yield Question(
        TRY,
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


def _polynomial() -> Told:
    values, own = zip(*[_slope(LegendrePolynomial.apply, x) for x in POINTS], strict=True)
    operations = [_slope(_composed, x)[1] for x in POINTS]
    quotients = [(_composed(x + STEP) - _composed(x - STEP)) / (2 * STEP) for x in POINTS]
    yield """A Function is an operation whose backward you write: it receives grad_output, the adjoint of the result, and returns
    those of the operands. For P3:"""
    yield listing(FUNCTION)
    yield [
        "Beside it the same formula by operations of the table, and central quotients, (f(x + h) - f(x - h))/(2h):",
        grid(
            "derivatives of P3", ("x", "P3(x)", "own backward", "operations", f"quotient, h = {STEP:.0e}"),
            zip(POINTS, values, own, operations, quotients, strict=True), digits=10,
        ),
    ]  # fmt: skip
    off = max(abs(a - b) for a, b in zip(own, operations, strict=True))
    yield Check("P3: own backward = operations", f"off by {off:.1g}", off < 1e-13)
    x = ad.tensor(AT, requires_grad=True)
    (slope,) = ad.grad(LegendrePolynomial.apply(x), [x], create_graph=True)
    second = ad.grad(slope, [x])[0].item()
    yield Check("it is differentiated again: P3'' = 15 x", f"{second:g} at {AT:g}", abs(second - 15 * AT) < 1e-13)


def _suspicions() -> Told:
    """Backwards of P3: what they give alone, and within something; and what gradcheck says."""
    suspects = {"the example's": LegendrePolynomial, "mistyped": Mistyped, "forgetful": Forgetful}
    alone = [_slope(of.apply, AT)[1] for of in suspects.values()]
    within = [_slope(lambda x, of=of: ad.exp(of.apply(x)), AT)[1] for of in suspects.values()]  # type: ignore[misc]
    none, mistyped, forgetful = errors = [_unlike(of) for of in suspects.values()]
    marks = [["" if own == those[0] else "wrong" for own in those] for those in (alone, within)]
    verdicts = ["wrong" if error else "right" for error in errors]
    yield f"""A backward is one more place for an error. `mistyped` returns grad_output * (1.5 * 5 * input**2 - 1), `forgetful`
    leaves grad_output out. At x = {AT:g}:"""
    yield grid(
        "", ("backward", "slope alone", "", "slope of exp(P3)", "", "gradcheck"),
        zip(suspects, alone, marks[0], within, marks[1], verdicts, strict=True), digits=6,
    )  # fmt: skip
    yield "`forgetful` is right alone, where grad_output is 1, and wrong within a program. gradcheck tries other adjoints, too."
    yield [quoted(forgetful)]
    yield Check("gradcheck finds the example's right", verdicts[0], none is None)
    yield refused("the mistyped one is refused", mistyped, "gradcheck")
    yield refused("the forgetful one is refused", forgetful, "gradcheck")
    yield Check("though alone it is right", f"{alone[2]:g}", (marks[0][2], marks[1][2]) == ("", "wrong"))


def _unlike(function: type[ad.Function], at: float = AT) -> ad.AutogradError | None:
    """What gradcheck has to say against a Function."""
    return refusal(lambda: ad.gradcheck(function.apply, ad.tensor(at, requires_grad=True)))


def _uses() -> Told:
    naive, stable = (_slope(of, SIZES[-1])[1] for of in (lambda x: ad.log(1 + ad.exp(x)), Softplus.apply))
    losses = [lambda w, of=of: (of(w) - GOAL) ** 2 for of in (ad.round, StraightThrough.apply)]
    plain, straight = (descent(loss, START, RATE, STEPS) for loss in losses)
    yield f"""A Function is useful where the derivative has a better formula. At x = {SIZES[-1]:g} the slope of log(1 + exp(x)) is
    {naive:g} as it is written, and {stable:g} by a Function that returns grad_output * sigmoid(x). It may also depart from the
    derivative: round(w) has slope 0, and a descent on (round(w) - {GOAL:g})^2 stays where it is. The straight-through estimator
    returns grad_output (and gradcheck refuses it, rightly):"""
    yield curves("", Axis("step"), Axis("w"), {"by round": enumerate(plain), "straight-through": enumerate(straight)}, rows=5)
    yield Check("softplus: nan as written, 1 by the Function", f"{naive}, {stable}", isnan(naive) and stable == 1)
    passing = [_unlike(Softplus, x) is None for x in SIZES]
    yield Check("the Function passes gradcheck at all x", f"{sum(passing)} of {len(passing)}", all(passing))
    found = f"{plain[-1]:g}, {straight[-1]:g}"
    yield Check("by round w stays, straight-through it arrives", found, plain[-1] == START and round(straight[-1]) == GOAL)
    yield refused("straight-through is no derivative", _unlike(StraightThrough, START), "gradcheck")
