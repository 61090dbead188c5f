"""Julia, with Base alone. Where its functions throw, these are NaN."""

from __future__ import annotations

from math import prod

from diffcli.exports.spelling import Language, Program, Result, Test, indented, words
from diffcli.kernels.python import FUNCTIONS

DOMAINS = {
    "log": "{0} >= 0.0", "log2": "{0} >= 0.0", "log10": "{0} >= 0.0", "log1p": "{0} >= -1.0", "sqrt": "{0} >= 0.0",
    "sin": "isfinite({0})", "cos": "isfinite({0})", "tan": "isfinite({0})",
    "asin": "abs({0}) <= 1.0", "acos": "abs({0}) <= 1.0", "acosh": "{0} >= 1.0",
    "atanh": "abs({0}) <= 1.0",
}  # fmt: skip


class Julia(Language):
    comment, opened, closed, end = "#", "if {}", "end", ""
    nan, inf = "NaN", "Inf"
    places, first = ("[", ", ", "]"), 1
    arrays, flattened = ("{}", "Float64[{}]", "permutedims(reshape(Float64[{}], {}), ({}))"), "vec(permutedims({0}))"
    reserved = words("""\
baremodule begin break catch const continue do else elseif end export false finally for function global if import let local
macro module quote return struct true try using while where in isa outer mutable abstract primitive type NaN Inf pi im
isfinite isinf size Float64 throw DimensionMismatch rem hypot copysign vec permutedims exit println""")
    operations = {
        **{name: f"{name}({{}})" for name in (*FUNCTIONS, "abs") if name[:3] != "erf"},
        **{name: f"({condition} ? {name}({{0}}) : NaN)" for name, condition in DOMAINS.items()},
        "atan2": "atan({}, {})", "power of size": "({}^{})",
        **{name: f"({name}({{}}) + 0.0)" for name in ("floor", "ceil", "trunc", "round")}, "raw hypot": "hypot({}, {})",
        "raw fmod": "rem({}, {})", "raw copysign": "copysign({}, {})",
    }  # fmt: skip

    takes = (
        "{name} = Float64({name})",
        "{name} = size({name}) == {shape} ? Float64.({name}) : throw(DimensionMismatch(\"{name} is to have the size {shape}\"))",
    )

    def result(self, result: Result) -> str:
        texts, shape = result.texts, result.shape
        if len(shape) < 2:
            return f"[{', '.join(texts)}]" if texts and shape else "Float64[]" if shape else texts[0]
        if not prod(shape):
            return f"zeros({shape[0]}, {shape[1]})"
        if shape[1] == 1:
            return f"reshape([{', '.join(texts)}], {shape[0]}, 1)"
        texts = [f"({text})" if " " in text else text for text in texts]
        return f"[{'; '.join(' '.join(texts[row : row + shape[1]]) for row in range(0, len(texts), shape[1]))}]"

    def main(self, program: Program, test: Test) -> list[str]:
        rows = [f"{', '.join(each.name for each in program.results)} = {program.name}({', '.join(test.point)})",
                f"found = [{'; '.join(map(self.flat, program.results))};]",
                f"expected = [{', '.join(test.expected)}]", f"tolerance = [{', '.join(test.tolerances)}]",
                "same(a, b, limit) = a == b || (isnan(a) && isnan(b)) || abs(a - b) <= limit",
                "wrong = findall(.!same.(found, expected, tolerance))",
                'println(isempty(wrong) ? "all results are right" : "wrong: $(found[wrong])")',
                "exit(isempty(wrong) ? 0 : 1)"]  # fmt: skip
        return ["let", *indented(rows), "end"]


LANGUAGE = Julia()
