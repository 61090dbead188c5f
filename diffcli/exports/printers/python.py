"""Python, with its standard library alone."""

from __future__ import annotations

import keyword

from diffcli.exports.spelling import Language, Program, Test, indented, words

PLAIN = ("atan", "tanh", "asinh", "erf", "erfc", "cbrt")
RAISING = ("sin", "cos", "tan", "asin", "acos", "acosh")


class Python(Language):
    comment, opened, closed, end = "#", "if {}:", "", ""
    nan, inf = "math.nan", "math.inf"
    takes = "{name} = float({name})", "{name} = check({name}, {shape})"
    header, nests, begins, apart = "def {name}({given}):", "()", "\nimport math", 2
    junction, alternative, opposite, choice = "and", "or", "not ({})", "({1} if {0} else {2})"
    prepared: tuple[str, ...] = ()
    """What a main program begins with."""
    collected = "numbers.append(one)"
    """How a main program takes a result."""
    reserved = frozenset([*keyword.kwlist, *keyword.softkwlist]) | words("""\
math float abs round inf nan range print zip isinstance reversed tuple int len ValueError SystemExit""")
    operations = {
        **{name: f"math.{name}({{}})" for name in PLAIN}, **{name: f"total(math.{name}, {{}})" for name in RAISING},
        "exp": "total(math.exp, {})", "expm1": "total(math.expm1, {})", "cosh": "total(math.cosh, {})", "sinh": "sinh({})",
        "log": "logarithm(math.log, {}, 0.0)", "log2": "logarithm(math.log2, {}, 0.0)", "log10": "logarithm(math.log10, {}, 0.0)",
        "log1p": "logarithm(math.log1p, {}, -1.0)", "sqrt": "(math.sqrt({0}) if {0} >= 0.0 else math.nan)", "atanh": "atanh({})",
        "atan2": "math.atan2({}, {})", "abs": "abs({})", "raw div": "divided({}, {})", "raw pow": "raised({}, {})",
        "raw hypot": "math.hypot({}, {})", "raw fmod": "remainder_by_c({}, {})", "raw copysign": "math.copysign({}, {})",
        **{name: f"whole(math.{name}, {{}})" for name in ("floor", "ceil", "trunc")}, "round": "whole(round, {})",
    }  # fmt: skip
    sources = {
        "check": """
def check(a, shape):
    if not shape:
        return float(a)
    if len(a) != shape[0]:
        raise ValueError(f"{shape[0]} elements are wanted, and {len(a)} were given")
    return [check(one, shape[1:]) for one in a]
""",
        "total": """
def total(function, a):
    try:
        return function(a)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf
""",
        "logarithm": """
def logarithm(function, a, pole):
    return function(a) if a > pole else -math.inf if a == pole else math.nan
""",
        "sinh": """
def sinh(a):
    try:
        return math.sinh(a)
    except OverflowError:
        return math.copysign(math.inf, a)
""",
        "atanh": """
def atanh(a):
    return math.atanh(a) if -1.0 < a < 1.0 else math.copysign(math.inf, a) if abs(a) == 1.0 else math.nan
""",
        "divided": """
def divided(a, b):
    if b != 0.0:
        return a / b
    return math.nan if a != a or a == 0.0 or b != b else math.copysign(math.inf, a) * math.copysign(1.0, b)
""",
        "raised": """
def raised(a, b):
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and b % 2.0 else math.inf
    except ValueError:
        return math.nan if a else math.inf
""",
        "remainder_by_c": """
def remainder_by_c(a, b):
    return math.fmod(a, b) if b != 0.0 and math.isfinite(a) else math.nan
""",
        "whole": """
def whole(function, a):
    return float(function(a)) if math.isfinite(a) else a
""",
    }  # fmt: skip

    def main(self, program: Program, test: Test) -> list[str]:
        rows = [f"found = {program.name}({', '.join(test.point)})", "numbers, waiting = [], [found]", "while waiting:",
                "    one = waiting.pop()", "    if isinstance(one, tuple):", "        waiting += reversed(one)", "    else:",
                f"        {self.collected}", f"expected = [{', '.join(test.expected)}]",
                "wrong = int(len(numbers) != len(expected))", f"tolerances = [{', '.join(test.tolerances)}]",
                "for a, b, tolerance in zip(numbers, expected, tolerances):",
                "    if not (a == b or (a != a and b != b) or abs(a - b) <= tolerance):", "        wrong = 1",
                '        print(f"a result is {a!r}, and not {b!r}")', 'print("all results are right" if not wrong else "wrong")',
                "raise SystemExit(wrong)"]  # fmt: skip
        return ['if __name__ == "__main__":', *indented([*self.prepared, *rows])]


LANGUAGE = Python()
