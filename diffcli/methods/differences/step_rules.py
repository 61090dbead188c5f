"""The table of step rules: how to choose the step of a stencil, as the literature does and as the tape allows.

Each rule looks at a function through a sampler and returns a step with its reason. ``tape``, ``theory`` and ``shi`` take the
rounding of a value from the tape. Those that take it from the size of f alone (Curtis-Reid, Dumontet-Vignes) are blind to
rounding within f, as published.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from diffcli.methods.differences.sampling import TapeSampler
from diffcli.methods.differences.stencils import Stencil
from diffcli.methods.sweeps.rounding import UNIT

EPSILON = 2 * UNIT

MOST_TRIED = 12
"""How many steps a rule tries."""

Chosen = tuple[float, str]
"""A step, and the reason for it."""


def _root(stencil: Stencil) -> tuple[float, str]:
    """The root of the machine epsilon that balances truncation and rounding in a function of scale 1."""
    power = stencil.order + 1
    name = {2: "square", 3: "cube"}.get(power, f"{power}th")
    return EPSILON ** (1 / power), f"the {name} root of the machine epsilon"


def _rounding(sampler: TapeSampler) -> float:
    """A bound on the rounding of the value at the point; one rounding where the tape has none."""
    base = sampler.base
    return sampler.rounding(base, base) / 2 or UNIT * (abs(base.value) or 1.0)


def by_tape(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    """The step h* of least error, with the rounding by the tape's adjoints and a length scale by its tangents.

    f^(p+1) is taken as f' over the p-th power of the scale, which is right for functions such as exp(x/scale).
    """
    radius, where = sampler.radius()
    scale = radius if math.isfinite(radius) else abs(sampler.x) or 1.0
    base = sampler.base
    slope = abs(sampler.slope()) or abs(base.value) / scale or 1.0
    rounding = _rounding(sampler)
    if not (math.isfinite(slope * rounding) and 0 < slope * scale < math.inf):
        return scale * _root(stencil)[0], "from the scale of the function"
    # in units of the scale, so that its powers neither overflow nor vanish
    step = scale * stencil.best_step(rounding / (slope * scale), 1.0)
    why = f"from the scale of `{where}`" if where else f"from the size of {'the point' if sampler.x else '1'}"
    return min(step, scale / 2), f"{why}, and the rounding that the tape tells"


def by_theory(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    """The step h* of least error, with f^(p+1) exact."""
    from diffcli.tape.running.precise import higher_derivative  # no other rule waits for mpmath

    kind = stencil.order + 1
    higher = higher_derivative(sampler.tape, sampler.point, sampler.position, kind)
    rounding = sampler.rounding(sampler.base, sampler.base) / 2
    if not higher or not rounding:
        step, why = by_tape(sampler, stencil)
        unknown = "is not known" if higher is None else "is 0, so that no step is too long for it"
        return step, f"f^({kind}) {unknown}; {why}" if not higher else f"no rounding is known at the point; {why}"
    return stencil.best_step(rounding, higher), f"least error by theory, for f^({kind}) = {higher:.3g}"


def by_epsilon(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    root, name = _root(stencil)
    return root * max(1.0, abs(sampler.x)), f"{name}, times max(1, |x|)"


def by_relative(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    root, name = _root(stencil)
    return root * (abs(sampler.x) or 1.0), f"{name}, times |x|" if sampler.x else f"{name}, as x is 0"


def curtis_reid(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    """The truncation of the forward quotient, as the central one shows it, is to be 100 times its rounding (1974)."""
    step = by_epsilon(sampler, stencil)[0]
    value = sampler.base.value
    for _ in range(MOST_TRIED):
        right, left = (sample.value for sample in sampler.beside(step))
        truncation = abs(right - 2 * value + left) / (2 * step)
        rounding = EPSILON * max(abs(right), abs(value), abs(left)) / step
        ratio = truncation / rounding if rounding else math.nan
        if 10 <= ratio <= 1000:
            return step, f"truncation over rounding is {ratio:.2g}, aimed at 100 (Curtis & Reid 1974)"
        if not math.isfinite(ratio):
            break
        step *= min(max(math.sqrt(100 / ratio), 1e-3), 1e3) if ratio else 1e3
        if step > _longest(sampler):
            break
    return _gave_up(sampler, stencil, "truncation never came to 100 roundings")


def dumontet_vignes(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    """The best step of the central quotient, with f''' from a step at which its bounds are neither wide nor narrow (1977)."""
    x = sampler.x
    step = EPSILON ** (1 / 5) * max(1.0, abs(x))
    third = math.nan
    for _ in range(MOST_TRIED):
        values = [sampler.sample(x + k * step).value for k in (2, -1, 1, -2)]
        terms = [values[0], 2 * values[1], -2 * values[2], -values[3]]
        up, down = sum(term for term in terms if term > 0), sum(term for term in terms if term < 0)
        third = (up + down) / (2 * step**3)
        low, high = (up * (1 - s * EPSILON) + down * (1 + s * EPSILON) for s in (1, -1))
        spread = high / low if low else math.inf
        if not math.isfinite(third) or 1 / 15 < abs(spread) < 1 / 2 or 2 < abs(spread) < 15:
            break
        step *= 1 / 3 if 1 / 2 <= spread <= 2 else 3  # sharper than need be, or all but rounding
    if not math.isfinite(third) or not third or not sampler.base.value:
        return _gave_up(sampler, stencil, "f''' came to nothing")
    best = (1.67 * EPSILON * abs(sampler.base.value / third)) ** (1 / 3)
    return best, f"f''' is about {third:.3g} (Dumontet & Vignes 1977)"


def shi(sampler: TapeSampler, stencil: Stencil) -> Chosen:
    """Bisection for the forward quotient: |f(x+4h) - 4f(x+h) + 3f(x)| is to be 1.5 to 6 times 8 noises (Shi et al. 2022)."""
    x, value = sampler.x, sampler.base.value
    rounding = _rounding(sampler)
    step = by_epsilon(sampler, stencil)[0]
    low, high = 0.0, math.inf
    for _ in range(4 * MOST_TRIED):
        one, four = sampler.sample(x + step), sampler.sample(x + 4 * step)
        # by the distances as they came out: f is not to blame for the rounding of x
        second = (four.value - value) - (four.x - x) / (one.x - x) * (one.value - value) if one.x != x else math.nan
        ratio = abs(second) / (8 * rounding)
        if 1.5 <= ratio <= 6:
            return step, f"its test ratio is {ratio:.2g}, between 1.5 and 6 (Shi et al. 2022)"
        if ratio < 1.5:
            low = step
        else:
            high = step
        step = (low + high) / 2 if low and math.isfinite(high) else high / 4 if math.isfinite(high) else 4 * step
        if step > _longest(sampler) or step < 4 * math.ulp(x):
            break
    return _gave_up(sampler, stencil, "its test ratio came to no value between 1.5 and 6")


def _longest(sampler: TapeSampler) -> float:
    """A longer step has nothing to do with the function at x."""
    return 1e3 * max(1.0, abs(sampler.x))


def _gave_up(sampler: TapeSampler, stencil: Stencil, why: str) -> Chosen:
    step, name = by_epsilon(sampler, stencil)
    return step, f"{why}, so {name}"


STEP_RULES: dict[str, Callable[[TapeSampler, Stencil], Chosen]] = {
    "tape": by_tape,
    "theory": by_theory,
    "eps": by_epsilon,
    "relative": by_relative,
    "absolute": lambda _, stencil: _root(stencil),
    "curtis-reid": curtis_reid,
    "dumontet-vignes": dumontet_vignes,
    "shi": shi,
}
"""The rules, by the names of ``--rule``."""
