"""MATLAB and Octave. Where their functions turn complex, these are NaN."""

from __future__ import annotations

from diffcli.exports.spelling import Language, Program, Test, indented, separated, words
from diffcli.kernels.python import FUNCTIONS

COMPLEX = ("log", "log2", "log10", "log1p", "sqrt", "asin", "acos", "acosh", "atanh")


class Matlab(Language):
    comment, eager = "%", True
    nan, inf = "NaN", "Inf"
    opposite, choice = "~({})", "chosen({}, {}, {})"
    places, first = ("(", ", ", ")"), 1
    arrays, flattened = ("{}", "[{}]", "permute(reshape([{}], {}), [{}])"), "reshape({0}.', 1, [])"
    opened, closed, returned = "if {}", "end", ("found = {}", "return")
    header = "function found = {name}({given})"
    signs = Language.signs | {"ne": "~="}
    reserved = words("""\
break case catch classdef continue else elseif end for function global if otherwise parfor persistent return spmd switch try
while do until unwind_protect endif endfunction NaN Inf nan inf pi eps i j e ans nargin nargout isreal isinf fix hypot atan2
zeros double assert numel size isscalar isequal max reshape nthroot exit printf fprintf disp""")
    operations = {
        **{name: f"{name}({{}})" for name in (*FUNCTIONS, "abs")}, **{name: f"real_of({name}({{}}))" for name in COMPLEX},
        "cbrt": "nthroot({}, 3)", "atan2": "atan2({}, {})", "power of size": "({} ^ {})", "raw hypot": "hypot({}, {})",
        **{name: f"({own}({{}}) + 0.0)" for name, own in (("floor", "floor"), ("ceil", "ceil"), ("trunc", "fix"))},
        "raw fmod": "remainder_by_c({}, {})",
    }  # fmt: skip
    sources = {
        "chosen": """
function y = chosen(condition, a, b)
    if condition
        y = a;
    else
        y = b;
    end
end
""",
        "real_of": """
function y = real_of(a)
    if isreal(a)
        y = a;
    else
        y = NaN;
    end
end
""",
        "remainder_by_c": """
function y = remainder_by_c(a, b)
    y = abs(a);
    b = abs(b);
    if isinf(y) || a ~= a || ~(b > 0)
        y = NaN;
    end
    t = b;
    while t <= y / 2
        t = 2 * t;
    end
    while t >= b && y >= b
        if y >= t
            y = y - t;
        end
        t = t / 2;
    end
    if a < 0 || (a == 0 && 1 / a < 0)
        y = -y;
    end
end
""",
    }

    takes = (
        "{name} = double({name}); assert(isreal({name}) && isscalar({name}), '{name} is to be one number');",
        "{name} = double({name}); assert(isreal({name}) && numel({name}) == {size} && max(size({name})) == {size}, "
        "'{name} is to be a list of {size}');",
        "{name} = double({name}); assert(isreal({name}) && isequal(size({name}), size(zeros({sizes}))), "
        "'{name} is to be an array of {sizes}');",
    )  # fmt: skip

    def exported(self, program: Program) -> list[str]:
        fills = []
        for result in program.results:
            fills += [f"{result.name} = zeros({', '.join(map(str, (1, *result.shape)[-2:]))});"] * bool(result.shape)
            elements = self.elements(result.name, result.shape)
            fills += [f"{element} = {text};" for element, text in zip(elements, result.texts, strict=True)]
        names = ", ".join(result.name for result in program.results)
        head = f"function [{names}] = {program.name}({', '.join(name for name, _ in program.arguments)})"
        return self.body(head, [*program.lines, *fills], program.names)

    def program(self, program: Program) -> list[str]:
        """What is called stands first in a file."""
        parts = [self.tested(program), self.exported(program), *program.helpers]
        text = "\n".join(line for part in parts for line in part)
        chosen = self.sources["chosen"].strip("\n").split("\n") if "chosen(" in text else []
        return separated([self.commented(program), *parts, chosen])

    def main(self, program: Program, test: Test) -> list[str]:
        """A function that is called from the shell, in a file of its name: matlab -batch test_f, octave --eval test_f."""
        rows = [f"% in a file test_{program.name}.m: matlab -batch test_{program.name}, octave --eval test_{program.name}",
                f"[{', '.join(each.name for each in program.results)}] = {program.name}({', '.join(test.point)});",
                f"found = [{', '.join(map(self.flat, program.results))}];",
                f"expected = [{', '.join(test.expected)}];", f"tolerance = [{', '.join(test.tolerances)}];",
                "same = found == expected | (isnan(found) & isnan(expected)) | abs(found - expected) <= tolerance;",
                "if ~all(same)",
                "    fprintf('result %d is %.17g, and not %.17g\\n', [find(~same); found(~same); expected(~same)]);",
                "    error('not all results are right');", "end", "disp('all results are right');"]  # fmt: skip
        return [f"function test_{program.name}()", *indented(rows), "end"]


LANGUAGE = Matlab()
