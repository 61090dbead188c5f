"""C99, C++ and what is compiled as either, such as CUDA and HIP."""

from __future__ import annotations

from math import prod

from diffcli.exports.spelling import Language, Program, Test, indented, words
from diffcli.kernels.python import FUNCTIONS
from diffcli.tape.tape import Shape

BEGINS = """\
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(__ASSOCIATIVE_MATH__)
#error "NaN, infinities and the order of sums are wanted: compile without -ffast-math"
#endif
// no product is fused into a sum: what cancels is to cancel (nvcc: -fmad=false)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__) && !defined(__CUDACC__)
#pragma GCC optimize("fp-contract=off")
#endif"""


OF_LIBRARY = words("""\
acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 exp10 expm1 frexp ilogb ldexp log log10 log1p
log2 logb modf scalbn scalbln scalb cbrt fabs hypot pow pow10 sqrt erf erfc lgamma tgamma gamma ceil floor nearbyint rint
lrint llrint round lround llround roundeven trunc fmod remainder remquo drem copysign nan nextafter nexttoward nextup
nextdown fdim fmax fmin fma j0 j1 jn y0 y1 yn significand finite isinf isnan sincos canonicalize cabs carg cexp cimag clog
conj cpow cproj creal csin ccos ctan csqrt""")
"""Functions of the C library, which compilers take for what they know: a function of ours is not to be called so."""


class C(Language):
    qualifier = ""
    reserved = words("""\
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main NAN INFINITY
alignas alignof and and_eq asm bitand bitor bool catch class compl concept consteval constexpr
constinit const_cast co_await co_return co_yield decltype delete dynamic_cast explicit export false friend mutable
namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast requires
static_assert static_cast template this thread_local throw true try typeid typename using virtual wchar_t xor xor_eq
unix linux errno stdin stdout stderr EOF NULL HUGE_VAL MAXFLOAT FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL OVERFLOW
UNDERFLOW DOMAIN SING PLOSS TLOSS M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2
M_SQRT1_2 isfinite isnormal signbit fpclassify div abs signgam index time clock exit printf""")
    reserved |= {name + more for name in OF_LIBRARY for more in ("", "f", "l")}
    operations = {
        **{name: f"{name}({{}})" for name in FUNCTIONS}, "abs": "fabs({})", "atan2": "atan2({}, {})", "raw pow": "pow({}, {})",
        "raw hypot": "hypot({}, {})", "raw fmod": "fmod({}, {})", "raw copysign": "copysign({}, {})",
        # 0 has no sign after a rounding in Python, which makes a whole number of it
        "floor": "(floor({}) + 0.0)", "ceil": "(ceil({}) + 0.0)", "trunc": "(trunc({}) + 0.0)", "round": "(rint({}) + 0.0)",
    }  # fmt: skip
    begins, printing = f"{BEGINS}\n#include <math.h>", "stdio.h"
    arrays = "{}", "{{{}}}", "{{{}}}"
    header, typed = "static {qualifier}double {name}({given})", "double {}"
    declared = "const double ", "const int ", "double "

    def elements(self, name: str, shape: Shape) -> list[str]:
        return [f"{name}[{place}]" for place in range(prod(shape))] if shape else [name]

    def exported(self, program: Program) -> list[str]:
        value = program.results[0]
        single = not value.shape
        arrays = program.results[single:]
        parameters = [self.parameter(*argument) for argument in program.arguments]
        parameters += [f"double {result.name}[{max(prod(result.shape), 1)}]" for result in arrays]
        fills = [f"{result.name}[{place}] = {text};" for result in arrays for place, text in enumerate(result.texts)]
        ends = [f"return {value.texts[0]};"] if single else []
        head = f"{self.qualifier}{'double' if single else 'void'} {program.name}({', '.join(parameters) or 'void'})"
        return self.body(head, [*program.lines, *fills, *ends], program.names)

    def parameter(self, name: str, shape: Shape) -> str:
        return f"const double {name}[{prod(shape)}]" if shape else f"double {name}"

    def main(self, program: Program, test: Test) -> list[str]:
        single, total = not program.results[0].shape, len(test.expected)
        points = [*zip(program.arguments, test.point, strict=True)]
        given = [f"given_{name}" if shape else text for (name, shape), text in points]
        arrange = [f"const double given_{name}[{prod(shape)}] = {text};" for (name, shape), text in points if shape]
        sizes = [prod(result.shape) for result in program.results]
        starts = [f"found + {sum(sizes[:place])}" for place in range(single, len(sizes))]
        call = f"{program.name}({', '.join([*given, *starts])});"
        rows = [f"double found[{total}];", *arrange]
        for label, column in (("expected", test.expected), ("tolerance", test.tolerances)):
            rows.append(f"const double {label}[{total}] = {{{', '.join(column)}}};")
        rows += ["int wrong = 0;", f"{'found[0] = ' if single else ''}{call}", f"for (int k = 0; k < {total}; ++k) {{"]
        rows += ["    const int same = found[k] == expected[k] || (found[k] != found[k] && expected[k] != expected[k])",
                 "        || fabs(found[k] - expected[k]) <= tolerance[k];", "    if (!same) {", "        wrong = 1;",
                 '        printf("result %d is %.17g, and not %.17g\\n", k, found[k], expected[k]);', "    }", "}",
                 'if (!wrong) printf("all results are right\\n");', "return wrong;"]  # fmt: skip
        return [f"#include <{self.printing}>", "", "int main(void) {", *indented(rows), "}"]

    def exact(self, value: float) -> str:
        return self.literal(value) if value - value else value.hex()


class Cpp(C):
    begins, printing = f"{BEGINS}\n#include <cmath>\n#include <math.h>", "cstdio"
    exact = Language.literal  # hexadecimal floats are of C++17 on


LANGUAGE, CPP = C(), Cpp()
