"""JavaScript, as a module, with `Math` alone."""

from __future__ import annotations

from diffcli.exports.spelling import Language, Program, Test, indented, words
from diffcli.kernels.python import FUNCTIONS


class JavaScript(Language):
    nan, inf, declared = "NaN", "Infinity", ("const ", "const ", "let ")
    public, together = "export ", "[{}]"
    takes = "{name} = Number({name});", "{name} = check({name}, [{sizes}]);"
    sources = {
        "check": """
function check(a, sizes) {
    if (!sizes.length) return Number(a);
    if (a.length !== sizes[0]) throw new RangeError(`${sizes[0]} elements are wanted, and ${a.length} were given`);
    return Array.from(a, (one) => check(one, sizes.slice(1)));
}
"""
    }
    signs = Language.signs | {"eq": "===", "ne": "!=="}
    reserved = words("""\
arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally
for function if implements import in instanceof interface let new null package private protected public return static super
switch this throw true try typeof undefined var void while with yield NaN Infinity Math Number Object process console""")
    operations = {
        **{name: f"Math.{name}({{}})" for name in FUNCTIONS if name[:3] != "erf"}, "abs": "Math.abs({})",
        "atan2": "Math.atan2({}, {})",
        **{name: f"(Math.{name}({{}}) + 0.0)" for name in ("floor", "ceil", "trunc")},
        "power of size": "Math.pow({}, {})", "raw hypot": "Math.hypot({}, {})", "raw fmod": "({} % {})",
    }  # fmt: skip

    def main(self, program: Program, test: Test) -> list[str]:
        rows = [f"const found = [{program.name}({', '.join(test.point)})].flat(Infinity);",
                f"const expected = [{', '.join(test.expected)}];", f"const tolerance = [{', '.join(test.tolerances)}];",
                "const wrong = expected.filter((b, k) => {", "    const a = found[k];",
                "    return !(a === b || (a !== a && b !== b) || Math.abs(a - b) <= tolerance[k]);", "});",
                'console.log(wrong.length ? `wrong, and not ${wrong.join(", ")}` : "all results are right");',
                "process.exitCode = wrong.length ? 1 : 0;"]  # fmt: skip
        return ["{", *indented(rows), "}"]


LANGUAGE = JavaScript()
