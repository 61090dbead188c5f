"""A loose text is mended to what was meant: right texts are loosened as people write, and come back with the same value."""

from __future__ import annotations

import random
import time

import pytest
from inside import ExpressionError, parse, tried

import diffcli

POINT = {"x": 1.3, "y": 0.7, "z": 2.1}
LOOSENED = {
    # what is loosened in a right text: pairs of what it is replaced by
    "products": [("2*x", "2x"), ("3*y", "3y"), ("x*y", "x y"), (")*(", ")(")],
    "powers": [("^2", "²"), ("^3", "³"), ("^-1", "⁻¹")],
    "brackets": [("sin(", "Sin("), ("exp(x)", "Exp[x]"), ("abs(x)", "|x|"), ("sqrt(z)", "√z")],
    "signs": [(" - ", " — "), ("*z", "·z"), ("x", "ｘ"), ("pi", "π")],
    "names": [("sin(", "np.sin("), ("cos(", "cosine("), ("exp(", "Math.exp("), ("tan(", "TAN(")],
}


def right_text(chance: random.Random, depth: int = 3) -> str:
    if depth == 0:
        return chance.choice(["2*x", "3*y", "x", "y", "z", "x*y", "abs(x)", "sqrt(z)", "exp(x)", "pi"])
    first, second = right_text(chance, depth - 1), right_text(chance, depth - 1)
    form = chance.choice(["({0})*({1})", "{0} + {1}", "{0} - ({1})", "sin({0})", "cos({0})", "({0})^2", "({0})^3 + {1}", "(({0})^2 + 9)^-1", "tan({0})*z"])
    return form.format(first, second)


@pytest.mark.parametrize("seed", range(150))
def test_a_loosened_text_is_mended_to_the_same_value(seed):
    chance = random.Random(seed)
    text = loose = right_text(chance)
    for before, after in chance.choice([*LOOSENED.values(), [pair for pairs in LOOSENED.values() for pair in pairs]]):
        loose = loose.replace(before, after) if chance.random() < 0.7 else loose
    wanted = diffcli.evaluate(text, {name: value for name, value in POINT.items() if name in parse(text).inputs})
    mended = parse(loose, fix=True)
    found = diffcli.evaluate(mended.source.text, {name: value for name, value in POINT.items() if name in mended.inputs})
    assert found == pytest.approx(wanted, rel=1e-12), (text, loose, mended.source.text)


PIECES = ["x", "2", "sin", "(", ")", "[", "]", "^", "*", "/", "|", "||", "²", "ᵀ", "√", "π", "°", "!", "%", ",", ".", ";", "\n", " ", "=", "<", "?", ":", "if", "not", "{", "}", "_", "log_2", "cosine", "1,000", "½", "\\frac", "->", "&&", "#"]


@pytest.mark.parametrize("seed", range(300))
def test_whatever_is_typed_is_mended_to_what_reads_or_not_at_all(seed):
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 14)))
    try:
        parse(text)
    except ExpressionError as fault:
        assert len(fault.mended) <= 2
        for mended in fault.mended:
            assert tried(mended) is None, (text, mended)


@pytest.mark.parametrize("piece", ["2x + ", "(", "|x| ", "sin ", "1/2x ", "x!", "[1 ", "a.b", "1,000 ", "x² ", "if ", "²", "√"])
def test_a_long_text_takes_no_longer_than_it_is_long(piece):
    def seconds(count: int) -> float:
        start = time.process_time()
        with pytest.raises(ExpressionError):
            parse(piece * count)
        return time.process_time() - start

    assert seconds(1900 // len(piece)) < 5  # the longest that is mended
    assert seconds(100_000 // len(piece)) < 20
