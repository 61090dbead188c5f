"""Fortran 2008, in free form: one subroutine that contains what it calls. What Fortran lacks comes from the C library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from textwrap import TextWrapper

from diffcli.exports.spelling import Language, Program, Test, in_blocks, indented, separated, words
from diffcli.kernels.python import FUNCTIONS
from diffcli.tape.tape import Shape

OF_C = {"expm1": "a", "log2": "a", "log1p": "a", "cbrt": "a", "floor": "a", "ceil": "a", "trunc": "a", "rint": "a", "pow": "a, b",
        "fmod": "a, b", "atan2": "a, b", "hypot": "a, b"}  # fmt: skip
CONSTANTS = [
    "real(real64), parameter :: nan = transfer(9221120237041090560_int64, 1.0_real64)",
    "real(real64), parameter :: infinity = transfer(9218868437227405312_int64, 1.0_real64)",
]
USED = ["use, intrinsic :: iso_fortran_env, only: int64, real64", "implicit none"]
WIDTH = 110
"""How long a line may be; the standard's limit is 132."""


def interface(name: str, parameters: str) -> str:
    return f"""
interface
    pure function c_{name}({parameters}) bind(c, name="{name}")
        use, intrinsic :: iso_c_binding, only: c_double
        real(c_double), value :: {parameters}
        real(c_double) :: c_{name}
    end function
end interface
"""


def continued(lines: Iterable[str]) -> list[str]:
    """Lines that are not too long: a line goes on in the next one behind an ampersand."""
    found = []
    for line in lines:
        remark = line[:1] == "!"
        margin = "! " if remark else line[: len(line) - len(line.lstrip())] + "    "
        wrapper = TextWrapper(WIDTH, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False)
        parts = wrapper.wrap(line) if len(line) > WIDTH else [line]
        found += [part if remark else f"{part} &" for part in parts[:-1]] + parts[-1:]
    return found


def declared(kind: str, names: Sequence[str]) -> list[str]:
    return [f"{kind} :: {', '.join(names[place : place + 20])}" for place in range(0, len(names), 20)]


class Fortran(Language):
    comment, end, eager, ignores_case = "!", "", True, True
    nan, inf = "nan", "infinity"
    remarks = ("Compile it without -ffast-math, and with -ffp-contract=off: what cancels is to cancel.",)
    signs = Language.signs | {"ne": "/="}
    junction, alternative, opposite, choice = ".and.", ".or.", ".not. ({})", "merge({1}, {2}, {0})"
    places, first = ("(", ", ", ")"), 1
    arrays = "{}", "reshape([{0}], [{3}], order=[{2}])", "reshape([{0}], [{3}], order=[{2}])"
    flattened = "reshape(transpose({0}), [{1}])"
    opened, closed, returned = "if ({}) then", "end if", ("found = {}", "return")
    reserved = words("nan infinity real64 int64 merge sign transfer wrong k reshape") | {f"c_{name}" for name in OF_C}
    operations = {
        **{name: f"{name}({{}})" for name in (*FUNCTIONS, "abs")},
        **{name: f"c_{name}({{}})" for name in ("expm1", "log2", "log1p", "cbrt")},
        **{name: f"(c_{name}({{}}) + 0.0_real64)" for name in ("floor", "ceil", "trunc")}, "round": "(c_rint({}) + 0.0_real64)",
        "raw pow": "c_pow({}, {})", "raw fmod": "c_fmod({}, {})", "atan2": "c_atan2({}, {})", "raw hypot": "c_hypot({}, {})",
        "raw copysign": "sign({}, {})",
    }  # fmt: skip
    sources = {f"c_{name}": interface(name, parameters) for name, parameters in OF_C.items()}

    def number(self, value: float) -> str:
        return f"{value!r}_real64"

    def local(self, lines: Sequence[str], names: Sequence[str], brought: Sequence[str] = ()) -> list[str]:
        """The lines of a procedure with their names."""
        numbers = declared("real(real64)", [name for name in names if name[0] != "g"])
        truths = declared("logical", [name for name in names if name[0] == "g"])
        return [*numbers, *truths, *brought, "", *[f"{name} = nan" for name in in_blocks(lines, names)], *lines]

    def function(self, name: str, parameters: Iterable[str], lines: Sequence[str], names: Sequence[str]) -> list[str]:
        given = ", ".join(parameters)
        head = [f"real(real64), intent(in) :: {given}", "real(real64) :: found"]
        return [f"pure function {name}({given}) result(found)", *indented([*head, *self.local(lines, names)]), "end function"]

    def program(self, program: Program) -> list[str]:
        return continued(separated([self.commented(program), self.exported(program), self.tested(program)]))

    def exported(self, program: Program) -> list[str]:
        given = [name for name, _ in program.arguments] + [result.name for result in program.results]
        head = [*USED, *CONSTANTS, *[f"real(real64), intent(in) :: {self.shaped(*argument)}" for argument in program.arguments]]
        head += [f"real(real64), intent(out) :: {self.shaped(result.name, result.shape)}" for result in program.results]
        fills = []
        for each in program.results:
            fills += [f"{name} = {text}" for name, text in zip(self.elements(each.name, each.shape), each.texts, strict=True)]
        interfaces = [line for helper in program.helpers if helper[0] == "interface" for line in helper]
        contained = [helper for helper in program.helpers if helper[0] != "interface"]
        rows = [*head, *self.local([*program.lines, *fills], program.names, interfaces)]
        lines = [f"pure subroutine {program.name}({', '.join(given)})", *indented(rows), *["contains"] * bool(contained)]
        return [*lines, *indented(line for helper in contained for line in helper), "end subroutine"]

    def shaped(self, name: str, shape: Shape) -> str:
        return f"{name}({', '.join(map(str, shape))})" if shape else name

    def main(self, program: Program, test: Test) -> list[str]:
        total, fills, start = len(test.expected), list[str](), 1
        for result in program.results:
            start, first = start + prod(result.shape), start
            fills.append(f"found({first}:{start - 1}) = {self.flat(result)}")
        for label, column in (("expected", test.expected), ("tolerance", test.tolerances)):
            fills += [f"{label}({k}) = {number}" for k, number in enumerate(column, 1)]
        own = ", ".join(self.shaped(result.name, result.shape) for result in program.results)
        names = ", ".join([*test.point, *[result.name for result in program.results]])
        rows = [*USED, *CONSTANTS, f"real(real64) :: {own}", f"real(real64), dimension({total}) :: found, expected, tolerance",
                "integer :: k, wrong", "", f"call {program.name}({names})", *fills, "wrong = 0", f"do k = 1, {total}",
                "    if (found(k) == expected(k)) cycle", "    if (found(k) /= found(k) .and. expected(k) /= expected(k)) cycle",
                "    if (abs(found(k) - expected(k)) <= tolerance(k)) cycle", "    wrong = 1",
                '    print *, "result", k, "is", found(k), "and not", expected(k)', "end do",
                "if (wrong /= 0) stop 1", 'print *, "all results are right"']  # fmt: skip
        return [f"program test_{program.name}", *indented(rows), "end program"]


LANGUAGE = Fortran()
