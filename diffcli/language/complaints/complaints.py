"""Every complaint about a text, in words: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NoReturn

from diffcli.errors import Diagnostic, ExpressionError, Mark, Span, did_you_mean, error
from diffcli.language.complaints import corrections
from diffcli.language.complaints.corrections import CHOOSE, INSTEAD, LONGEST
from diffcli.language.complaints.mending import IMAGINARY, Trial, mend, words
from diffcli.language.complaints.other_names import is_missing, readings
from diffcli.language.parsing.tokens import TOKEN, Keyword
from diffcli.language.syntax import Program
from diffcli.language.writing.printer import shorten
from diffcli.records import beyond_range

MOST = 20
"""How many errors are shown at once, and how many places of one."""

ALWAYS: dict[str, tuple[str, ...]] = {
    "empty": ("empty-expression", "there is no expression here", 'write one, such as "x^2 + sin(x)"'),
    "not an operand": (
        "missing-operand", "`not` stands where a number, a name or a parenthesis is needed",
        "put parentheses around `not` and its condition, as in 2*(not x)",
    ),
    "not an operator": (
        "missing-operand", "`not` stands where an operator is needed", "write `and not`, `or not`, or != for unequal",
    ),
    "index": ("empty-brackets", "an index is missing", "write x[0] for the first entry of x; all of it is x"),
    "array": ("empty-brackets", "an array has at least one entry", "write [0] for one that is 0"),
    "third colon": (
        "misplaced-colon", "a slice has a start, a stop and a step, and no more", "separate the axes by commas, as in W[1:3, :]",
    ),
    "if": ("missing-else", "this `if` has no `else`", CHOOSE),
    "else": ("misplaced-else", "this `else` has no `if`", CHOOSE),
    "=": (
        "misplaced-equals", "`=` binds a name at the start of a statement", "write == to compare, and `;` between statements",
    ),
    ",": (
        "stray-comma", "a comma stands only between the arguments of a function or the entries of an array",
        "a decimal point is `.`; statements are separated by `;`; an array is [x, y]",
    ),
    "chain": ("chained-comparison", "comparisons are not chained", "write a < b and b < c"),
    "]": ("unmatched-parenthesis", "this bracket closes nothing", ""),
    ")": ("unmatched-parenthesis", "this parenthesis closes nothing", ""),
    "closed by": ("mismatched-bracket", "`{opening}` is closed by `{closing}`", "", "expected `{expected}`", "opened here"),
    "exponent": ("superscript", "an exponent is written with ^", "write x^2"),
    "transpose": ("superscript", "a transpose is written with .T", "write W.T"),
    "indexed": (
        "unknown-function", "`{name}` looks like a function: what it is applied to stands in parentheses", "write {written}(x)",
    ),
    "used before": (
        "used-before-bound", "`{name}` is used here and bound only further on",
        "move its statement up, or give one of the two another name", "used here", "bound here",
    ),
    "by itself": (
        "used-before-bound", "`{name}` is bound by a statement that uses it",
        "a name stands for one thing: give the new value another name, such as {name}2",
    ),
    "twice": (
        "duplicate-name", "`{name}` is bound twice", "give one of the two another name, such as {name}2",
        "again here", "bound here",
    ),
    "parameters": ("duplicate-name", "two parameters are called `{name}`", "give one of the two another name, such as {name}2"),
    "not applied": ("no-result", "`{name}` is a function: it has a value where it is applied", "write {call}"),
    "only defined": (
        "no-result", "the program ends with a definition and computes nothing",
        "add a last statement that uses it, such as {call}",
    ),
}  # fmt: skip
"""Complaints by what is wrong: the code, the words, what to write instead, and what stands beside the carets."""


class Complaints:
    """What is wrong with one program, added to its ``faults`` one by one.

    ``trial`` says what is wrong with another text; a correction is advised only if nothing is. Without it none is advised.
    """

    def __init__(self, program: Program, faults: list[Diagnostic], trial: Trial | None) -> None:
        self.program = program
        self.source = program.source
        self.text = program.source.text
        self.faults = faults
        self.trial = trial

    def note(
        self, code: str, message: str, *marks: Mark | Span, help: str | Iterable[str] = (), notes: Iterable[str] = ()
    ) -> None:
        """Add an error at some places of the text."""
        places = [mark if isinstance(mark, Mark) else Mark(mark) for mark in marks]
        help = [help] if help and isinstance(help, str) else help
        self.faults.append(error(code, message, self.source, *places, notes=notes, help=help))

    def raise_in_order(self) -> NoReturn:
        """Raise them from left to right, one at a place; the first few, if there are many."""
        ordered = sorted(self.faults, key=lambda fault: fault.span or Span(0, 0))
        once = [fault for fault, before in zip(ordered, [None, *ordered]) if before is None or fault.span != before.span]  # noqa: B905
        rest = len(once) - MOST
        if rest > 0:
            more = "1 more error is not shown" if rest == 1 else f"{rest} more errors are not shown"
            last = once[MOST - 1]
            once[MOST - 1 :] = [last._replace(notes=(*last.notes, more))]
        mended = mend(self.text, self.trial) if self.trial else ()
        if mended:
            # said once, whole, in place of what each mistake alone would take
            once = [fault._replace(help=tuple([help for help in fault.help if "--implicit" in help])) for fault in once]
            once[-1] = once[-1]._replace(help=(*once[-1].help, *told(self.text, mended)))
        fault = ExpressionError(once)
        fault.mended = mended
        raise fault

    # -- the form of the text -------------------------------------------------------------------------------------------

    def of(self, what: str, *places: Span, **words: str) -> None:
        """One of the complaints whose sentence is always the same but for some ``words``."""
        code, message, help, *labels = [text.format(**words) for text in ALWAYS[what]]
        more = self._as_equation(*places) if what == "=" else []
        marks = map(Mark, places[:MOST], labels) if labels else places[:MOST]
        self.note(code, message, *marks, help=[*[help] * bool(help), *more])

    def _as_equation(self, sign: Span) -> list[str]:
        """The command for the derivative of what may be an equation, if it reads as one."""
        text, name = self.text, corrections.implicit(self.text, sign)
        if not name or self.trial is None or self.trial(f"{text[: sign.start]}={text[sign.start :]}"):
            return []
        return [f'of an equation, the derivative of {name}: diffcli diff "{" ".join(text.split())}" --implicit {name}']

    def of_strays(self, strays: Mapping[str, Sequence[Span]]) -> None:
        """One complaint for a character, however often it stands there."""
        for character, spans in strays.items():
            if character == ":":
                help = "a name is bound by `=` alone; statements are separated by `;` or a new line"
                self.note("misplaced-colon", "`:` stands only in an index, as in x[1:3]", *spans[:MOST], help=help)
                continue
            help = INSTEAD.get(character, "")
            if character == "." and "..." in self.text[spans[0].start : spans[0].start + 3]:
                help = "write the axes that `...` stands for, as in x[0, :, :]"
            message = f"{_shown(character)} is not part of the language"
            self.note("unexpected-character", message, *spans[:MOST], help=help)

    def malformed_number(self, span: Span, value: float) -> None:
        """What is no number (``value`` is NaN), too large a one, or one so small that it would be 0."""
        text = shorten(self.text[span.start : span.stop], 40)
        if value == value:
            self.note("malformed-number", f"`{text}` is {beyond_range(value)}", span)
        else:
            self.note("malformed-number", f"`{text}` is not a number", span, help="write numbers as 1, .5, 1e-3 or 1_000")

    def missing_operand(self, span: Span, before: int, depth: int) -> None:
        """An operand is missing before what stands at ``span``.

        ``before`` is the place of a token before that, ``depth`` the number of open parentheses.
        """
        text = self.text
        found = text[span.start : span.stop].strip()
        at_end = re.fullmatch(r"(?:\s|#[^\n]*+)*+", text[span.start :]) is not None
        help = {"@": "a file is given alone, as @file", "if": CHOOSE}.get(found, "")
        if at_end or not found:
            found = "the text ends" if at_end else "the line ends"
            stops = [match.end() for match in TOKEN.finditer(text, before, span.start) if match.lastindex]
            place = stops[-1] if stops else span.start
            span = Span(place, place)
            help = "" if at_end or depth else "an expression in parentheses may go on in the next line"
        else:
            found = f"`{found}` stands"
        self.note("missing-operand", f"{found} where a number, a name or a parenthesis is needed", span, help=help)

    def unclosed(self, opened: int, stop: int, call: bool) -> None:
        """A parenthesis or bracket that is still open where its statement ends, or what is around it is closed."""
        what, expected = ("bracket", "]") if self.text[opened] == "[" else ("parenthesis", ")")
        found = self.text[stop : stop + 1]
        place = {"": "at the end", "\n": "at the end of the line", ")": "before `)`", "]": "before `]`"}
        mark = Mark(Span(opened, opened + 1), f"expected `{expected}` {place.get(found, 'at the end of the statement')}")
        help = ""
        if found == ";" and call:
            help = "the arguments of a function are separated by `,`"
        elif found == ";" and what == "bracket" and not re.match(r"[\w)\]]", self.text[max(opened - 1, 0)]):
            help = "rows are lists of their own: [[1, 2], [3, 4]]"
        self.note("unclosed-parenthesis", f"this {what} is never closed", mark, help=help)

    def cannot_assign(self, root: int, function: str) -> None:
        """The left side of ``=`` is no name; ``function`` is what it calls, if that is in the table."""
        if function:
            message = f"`{function}` is a function of the language and cannot be defined again"
            help = f"give it another name, such as my_{function}"
        else:
            message = "only a name, or a function with names for its parameters, can stand before `=`"
            help = "write name = expression, or f(x, y) = expression; == compares"
            if self.program.operations[root] == "index":
                help = "an array does not change: give the new one a name, as in y = [a, b]; == compares"
            elif root in self.program.keywords:
                help = "a parameter has no default: f(x, y) = expression"
        stop = self.program.span(root).stop
        sign = self.text.find("=", stop)
        self.note("cannot-assign", message, self.program.span(root), help=[help, *self._as_equation(Span(sign, sign + 1))])

    # -- gaps: missing signs and parentheses ----------------------------------------------------------------------------

    def of_gaps(self, products: Iterable[Span], applications: Iterable[tuple[Span, int]]) -> None:
        """Gaps, as in `diffcli.language.parsing.mistakes.Mistakes`: those between factors together, for each statement."""
        products, imaginary = sorted(set(products)), IMAGINARY.search(self.text)
        for statement in self.program.statements:
            low, high = (bisect_left(products, (place, -1)) for place in statement.span)
            marks = [Span(product.stop, product.stop + 1) for product in products[low : min(high, low + MOST)]]
            if marks:
                help = "write `*` between the factors"
                if imaginary:
                    help = "numbers are real: there is no imaginary unit"
                elif len(self.faults) <= MOST and (prose := words(self.program, products[low:high])):
                    help = f"words such as `{prose[0]}` are not read: write the formula in signs, as in 2*x + 1"
                self.note("implicit-multiplication", "a product needs its multiplication sign", *marks, help=help)
        for name_span, _ in sorted(set(applications))[:MOST]:
            name = self.text[name_span.start : name_span.stop]
            message = f"`{name}` is a function: what it is applied to needs parentheses"
            self.note("implicit-multiplication", message, name_span, help=f"write {name}(x)")

    # -- calls ----------------------------------------------------------------------------------------------------------

    def of_keywords(self, function: str, keywords: Sequence[Keyword], arguments: Sequence[int], known: Collection[str]) -> None:
        """Keywords that stand before an argument, are given twice, or that the function does not take."""
        places = {keyword.place for keyword in keywords}
        late = next((place for place in range(keywords[0].place, len(arguments)) if place not in places), None)
        if late is not None:
            message = f"an argument stands after the keyword `{keywords[0].name}`"
            place = self.program.span(arguments[late])
            self.note("misplaced-keyword", message, place, help="keywords come last, as in sum(x, axis=0)")
        first = {keyword.name: keyword.span for keyword in reversed(keywords)}
        if again := next((keyword for keyword in keywords if keyword.span != first[keyword.name]), None):
            marks = Mark(again.span, "again here"), Mark(first[again.name], "given here")
            self.note("repeated-keyword", f"`{again.name}` is given twice", *marks)
        if not known:
            letters = ", ".join("xyz"[: max(len(arguments) - len(keywords), 1)])
            help = f"write the arguments alone, as in {function}({letters}); == compares"
            self.note("unknown-keyword", f"`{function}` takes no keywords", keywords[0].span, help=help)
            return
        for keyword in [keyword for keyword in keywords if keyword.name not in known][:MOST]:
            hints = [*did_you_mean(keyword.name, known), f"it takes {' and '.join(known)}; == compares"]
            self.note("unknown-keyword", f"`{function}` has no keyword `{keyword.name}`", keyword.span, help=hints)

    def arguments(self, node: int, parameters: Sequence[str] | None, doubtful: bool) -> None:
        """A call with other arguments than the ``parameters``, or than a function of the language (None) takes.

        Nothing is said of their number where the call's text is ``doubtful``.
        """
        program = self.program
        name, keywords = program.callees[node], program.keywords.get(node, ())
        span = Span(program.called[node].start, program.stops[node])
        forms = [f"{name}({', '.join(parameters)})"] if parameters is not None else corrections.call_forms(name, bool(keywords))
        if parameters is not None and keywords:
            self.note("unknown-keyword", f"`{name}` takes no keywords", span, help=f"write {forms[0]}, in this order")
        elif not doubtful:
            count = len(program.children(node)) - len(keywords)
            message = f"`{name}` does not take {count} argument{'' if count == 1 else 's'}"
            self.note("wrong-number-of-arguments", message, span, help=f"write {' or '.join(forms)}")

    def unknown_function(self, node: int, help: Iterable[str]) -> None:
        name = self.program.callees[node]
        help = [] if is_missing(name) else help
        if name in ("derivative", "diff", "gradient"):
            help = [INSTEAD["∂"]]
        here = [f"for {name}, write {each}" for each in readings(name, len(self.program.children(node)))]
        help = [*(here or help), "`diffcli functions` lists them all"]
        self.note("unknown-function", f"there is no function `{name}`", self.program.called[node], help=help)

    def recursive(self, node: int) -> None:
        self.note(
            "recursive-function", f"`{self.program.callees[node]}` is defined by itself", self.program.called[node],
            notes=["a function of the program is written out where it is called, so it cannot call itself"],
            help="write the steps as statements: x1 = ...; x2 = ...",
        )  # fmt: skip


def told(text: str, mended: tuple[str, ...]) -> list[str]:
    """To write a text in place of another, or the one of its lines that differs; or a second text."""
    lines = {" ".join(line.partition("#")[0].split()) for line in text.splitlines()}
    changed = [[line for line in each.splitlines() if line.strip() not in lines] if "\n" in each else [each] for each in mended]
    return [f"{'or ' * bool(place)}write {shorten('; '.join(each), LONGEST)}" for place, each in enumerate(changed)]


def _shown(character: str) -> str:
    """A character in backquotes; by its number and name if it cannot be seen there."""
    import unicodedata

    if character.isprintable() and not unicodedata.combining(character):
        return f"`{character}`"
    name = unicodedata.name(character, "")
    return f"the character U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")
