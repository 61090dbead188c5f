"""Rust, with its standard library alone."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.exports.spelling import Language, Program, Test, indented, words
from diffcli.tape.tape import Shape

SAME = ("exp", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs")


def type_of(shape: Shape) -> str:
    """
    >>> type_of((2, 3))
    '[[f64; 3]; 2]'
    """
    found = "f64"
    for size in reversed(shape):
        found = f"[{found}; {size}]"
    return found


ALLOWED = "#[allow(non_snake_case, unused)]"


class Rust(Language):
    """The inverse hyperbolic functions of std lose digits beside 0 and 1: others are brought along."""

    nan, inf = "f64::NAN", "f64::INFINITY"
    declared, choice, opened = ("let ", "let ", "let mut "), "(if {} {{ {} }} else {{ {} }})", "if {} {{"
    header, typed = f"{ALLOWED}\nfn {{name}}({{given}}) -> f64", "{}: f64"
    reserved = words("""\
as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref
return self Self static struct super trait true type unsafe use where while abstract become box do final gen macro override
priv try typeof unsized virtual yield f64 std main vec Vec None Some Ok Err println""")
    operations = {
        **{name: f"f64::{name}({{}})" for name in SAME}, "expm1": "f64::exp_m1({})", "log": "f64::ln({})",
        "log1p": "f64::ln_1p({})",
        "atan2": "f64::atan2({}, {})",
        **{name: f"(f64::{name}({{}}) + 0.0)" for name in ("floor", "ceil", "trunc")},
        "round": "(f64::round_ties_even({}) + 0.0)", "raw pow": "f64::powf({}, {})",
        "raw hypot": "f64::hypot({}, {})", "raw fmod": "({} % {})", "raw copysign": "f64::copysign({}, {})",
    }  # fmt: skip

    def exported(self, program: Program) -> list[str]:
        several = len(program.results) > 1
        kinds = ", ".join(type_of(result.shape) for result in program.results)
        results = ", ".join(map(self.result, program.results))
        given = ", ".join(f"{name}: {'&' * bool(shape)}{type_of(shape)}" for name, shape in program.arguments)
        head = f"{ALLOWED}\npub fn {program.name}({given}) -> {f'({kinds})' if several else kinds}"
        return self.body(head, [*program.lines, f"({results})" if several else results], program.names)

    def array(self, shape: Shape, numbers: Sequence[str]) -> str:
        return "&" * bool(shape) + super().array(shape, numbers)

    def main(self, program: Program, test: Test) -> list[str]:
        names = ", ".join(result.name for result in program.results)
        rows = [f"let {f'({names})' if len(program.results) > 1 else names} = {program.name}({', '.join(test.point)});",
                "let mut found: Vec<f64> = Vec::new();"]  # fmt: skip
        for result in program.results:
            rows.append(f"found.{('push({})', 'extend({})', 'extend({}.concat())')[len(result.shape)].format(result.name)};")
        for label, column in (("expected", test.expected), ("tolerance", test.tolerances)):
            rows.append(f"let {label}: [f64; {len(column)}] = [{', '.join(column)}];")
        rows += ["let mut wrong = 0;", "for (k, (&a, &b)) in found.iter().zip(expected.iter()).enumerate() {",
                 "    if !(a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance[k]) {",
                 "        wrong = 1;",
                 '        println!("result {k} is {a:?}, and not {b:?}");', "    }", "}",
                 "if wrong == 0 {", '    println!("all results are right");', "}", "std::process::exit(wrong);"]  # fmt: skip
        return ["fn main() {", *indented(rows), "}"]


LANGUAGE = Rust()
