"""``diffcli export``: a program and its derivatives as code in another language."""

from __future__ import annotations

from typing import Any

from diffcli.cli.environment import write_file
from diffcli.cli.options import EXPRESSION, INPUT, METHOD, OUTPUT, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.errors import refusal
from diffcli.exports.languages import LANGUAGES, language_for
from diffcli.language import Program
from diffcli.methods.compiled.export import export
from diffcli.methods.points.ranges import Range
from diffcli.records.blocks import Document, Text

EXAMPLES = (
    'diffcli export "ln(x1) + x1*x2 - sin(x2)" --to c',
    'diffcli export "x^2*exp(-y)" --to python --order 2 --name energy',
    'diffcli export "max(x, 0)*y" --to c --test --at x=-1,y=2',
    'diffcli export "sum((W @ x - 1)^2)" --to c --at W=[[1,2],[3,4]],x=[1,1] --wrt x -o loss.c',
    'diffcli export "hypot(x, y)" --to cpp --qualifier "__host__ __device__"',
)

TO = Option("language", "--to", group=INPUT, metavar="LANGUAGE", words=LANGUAGES, kind="language", help=f"{', '.join(LANGUAGES)}.")
ORDER = shared("order", "the derivatives: 0 for the value alone, 2 for the Hessian too.", type=Number(Range(0, 2)), default=1)
DIRECTIONS = Option("--directions", group=METHOD, help="Products with a direction, dx for x, in place of the last matrix.")
NAME = Option("--name", group=OUTPUT, metavar="NAME", default="f", help="What the function is called.")
QUALIFIER = Option("--qualifier", group=OUTPUT, metavar="TEXT", default="", show_default=False, help="What stands before functions of C and C++.")
TEST = Option("--test", group=OUTPUT, help="Append a program that checks the function at the point: it ends with 0, or 1.")


@as_command(
    EXPRESSION, TO, shared("at", "Needed for arrays, whose shapes count, functions of Python, and --test."), "wrt", "of",
    ORDER, DIRECTIONS, NAME, QUALIFIER, TEST, examples=EXAMPLES, own_file=True,
)  # fmt: skip
def command(run: Run, language: str | None, path: str | None, **options: Any) -> int:
    """EXPR and its derivatives as one function in another language, which needs nothing but that language's own library.

    The comment in it says what it takes, what it returns, and how exact that is. The suffix of a file says the language too.
    """
    to = language or language_for(path or "")
    if to is None:
        raise refusal("usage", "the language is not known", f"add --to and one of: {', '.join(LANGUAGES)}")

    def made(program: Program, at: Any) -> Any:
        return export.__wrapped__(program, to, at=at or None, **options)  # type: ignore[attr-defined]  # errors in words of commands

    source = run.compute(made)
    if path not in (None, "-"):
        run.output.before_writing(())
        write_file(str(path), source)
        return 0
    document = Document((Text(source.rstrip("\n"), "code"),), {"schema": "diffcli/export@1", "language": to, "source": source})
    return run.report(document, [], [])
