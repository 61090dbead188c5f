"""Python, with its standard library alone."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from math import prod

from diffcli.exports.spelling import Language, Program, indented, nested, words
from diffcli.tape.tape import Shape

PLAIN = ("atan", "tanh", "asinh", "erf", "erfc", "cbrt")
RAISING = ("sin", "cos", "tan", "asin", "acos", "acosh")



class Python(Language):
    comment, closed = "#", ""
    nan, inf = "math.nan", "math.inf"
    junction, alternative = "and", "or"
    prepared: tuple[str, ...] = ()
    """What a main program begins with."""
    collected = "numbers.append(one)"
    """How a main program takes a result."""
    reserved = frozenset([*keyword.kwlist, *keyword.softkwlist]) | words("math float abs round inf nan range print zip")
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

    def choose(self, condition: str, a: str, b: str) -> str:
        return f"({a} if {condition} else {b})"

    def negated(self, condition: str) -> str:
        return f"not ({condition})"

    def element(self, name: str, shape: Shape, index: int) -> str:
        places = []
        for size in reversed(shape):
            index, place = divmod(index, size)
            places.append(f"[{place}]")
        return name + "".join(reversed(places))

    def assigned(self, name: str, text: str, inside: bool) -> str:
        return f"{name} = {text}"

    def opened(self, condition: str) -> str:
        return f"if {condition}:"

    def returned(self, name: str, text: str) -> list[str]:
        return [f"return {text}"]

    def waiting(self, lines: Sequence[str]) -> list[str]:
        """The names that only lines in blocks give a value to; comparisons of what is not computed ask for them."""
        names = dict.fromkeys(line.split()[0] for line in lines if line[:4] == "    " and line.split()[1:2] == ["="])
        return [f"{' = '.join(names)} = math.nan"] if names else []

    def function(
        self, name: str, parameters: Sequence[str], lines: Sequence[str], names: Sequence[str], qualifier: str
    ) -> list[str]:
        return [f"def {name}({', '.join(parameters)}):", *indented([*self.waiting(lines), *lines])]

    def program(self, program: Program) -> list[str]:
        results = [nested(result.shape, result.texts, "(", ")") for result in program.results]
        head = f"def {program.name}({', '.join(name for name, _ in program.arguments)}):"
        lines = [f"# {remark}".rstrip() for remark in program.remarks] + ["", "import math", ""]
        for helper in program.helpers:
            lines += ["", *helper, ""]
        lines += ["", head, *indented([*self.waiting(program.lines), *program.lines, f"return {', '.join(results)}"])]
        return lines + (self.main(program) if program.test else [])

    def main(self, program: Program) -> list[str]:
        """What calls the function at a point, and compares."""
        test, point, given = program.test, 0, list[str]()
        assert test is not None
        for _, shape in program.arguments:
            size = prod(shape)
            given.append(nested(shape, [*map(self.literal, test.point[point : point + size])], "[", "]"))
            point += size
        expected, tolerances = [f"[{', '.join(map(self.literal, column))}]" for column in (test.expected, test.tolerances)]
        rows = [f"found = {program.name}({', '.join(given)})", "numbers, waiting = [], [found]", "while waiting:",
                "    one = waiting.pop()", "    if isinstance(one, tuple):", "        waiting += reversed(one)", "    else:",
                f"        {self.collected}", "wrong = 0", f"expected = {expected}", f"tolerances = {tolerances}",
                "for a, b, tolerance in zip(numbers, expected, tolerances):",
                "    if not (a == b or (a != a and b != b) or abs(a - b) <= tolerance):", "        wrong = 1",
                '        print(f"a result is {a!r}, and not {b!r}")', 'print("all results are right" if not wrong else "wrong")',
                "raise SystemExit(wrong)"]  # fmt: skip
        return ["", "", 'if __name__ == "__main__":', *indented([*self.prepared, *rows])]


LANGUAGE = Python()
