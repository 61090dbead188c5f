"""JavaScript, as a module, with `Math` alone."""

from __future__ import annotations

from diffcli.exports.printers.c import ELEMENTARY
from diffcli.exports.spelling import Language, Program, indented, nested, words


class JavaScript(Language):
    nan, inf, declared = "NaN", "Infinity", ("const ", "const ", "let ")
    signs = Language.signs | {"eq": "===", "ne": "!=="}
    reserved = words("""\
arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally
for function if implements import in instanceof interface let new null package private protected public return static super
switch this throw true try typeof undefined var void while with yield NaN Infinity Math Number Object process console""")
    operations = {
        **{name: f"Math.{name}({{}})" for name in ELEMENTARY if name[:3] != "erf"}, "abs": "Math.abs({})",
        "atan2": "Math.atan2({}, {})",
        **{name: f"(Math.{name}({{}}) + 0.0)" for name in ("floor", "ceil", "trunc")},
        "power of size": "Math.pow({}, {})", "raw hypot": "Math.hypot({}, {})", "raw fmod": "({} % {})",
    }  # fmt: skip

    def exported(self, program: Program) -> list[str]:
        results = [nested(result.shape, result.texts, "[", "]") for result in program.results]
        last = f"return {results[0] if len(results) == 1 else '[' + ', '.join(results) + ']'};"
        head = f"export function {program.name}({', '.join(name for name, _ in program.arguments)})"
        return self.body(head, [*program.lines, last], program.names)

    def main(self, program: Program) -> list[str]:
        assert program.test is not None
        given = ", ".join(nested(shape, numbers, "[", "]") for _, shape, numbers in program.given(self.literal))
        expected, tolerances = self.columns(program.test)
        rows = [f"const found = [{program.name}({given})].flat(Infinity);", f"const expected = [{expected}];",
                f"const tolerance = [{tolerances}];", "const wrong = found.filter((a, k) => {", "    const b = expected[k];",
                "    return !(a === b || (a !== a && b !== b) || Math.abs(a - b) <= tolerance[k]);", "});",
                'console.log(wrong.length ? `wrong: ${wrong.join(", ")}` : "all results are right");',
                "process.exitCode = wrong.length ? 1 : 0;"]  # fmt: skip
        return ["{", *indented(rows), "}"]


LANGUAGE = JavaScript()
