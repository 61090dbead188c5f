"""What can be wrong, as values: sources, spans, diagnostics, and the family of errors that carry them.

A `Diagnostic` is made where the fact is known and rendered in one place (`diffcli.errors.text`). The list of
codes, with an explanation and an example of each, is the table in `diffcli.errors.codes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from diffcli._named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Source(NamedTuple):
    """A text that spans point into: the expression, or the text of an option such as ``--at``."""

    text: str
    label: str = "expression"
    original: tuple[str, Sequence[tuple[int, int]]] | None = None
    """What the text was translated from, and the range there of each character; None if it stands as it was written."""


class Span(NamedTuple):
    """A half-open range of code points, ``[start, stop)``, of a `Source`."""

    start: int
    stop: int


class Mark(NamedTuple):
    """A span with the words that stand beside its carets."""

    span: Span
    label: str = ""


class Slopes(NamedTuple):
    """One-sided slopes of the result along one variable; None where they are not known."""

    variable: str
    left: float | None
    right: float | None


class Diagnostic(NamedTuple):
    """One fact worth telling: an error, a warning of the result, or a note.

    ``span`` is the first mark's span (None when the fact has no place in a text); ``slopes`` is filled for kinks.
    """

    code: str
    severity: str
    message: str
    source: Source | None = None
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    slopes: tuple[Slopes, ...] = ()

    @property
    def span(self) -> Span | None:
        return self.marks[0].span if self.marks else None


class DiffcliError(Exception):
    """The base of the family. ``diagnostics`` holds at least one diagnostic; ``str(error)`` tells them whole, a message first."""

    exit_code: ClassVar[int] = 70

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(visible("; ".join(diagnostic.message for diagnostic in self.diagnostics)))

    def __str__(self) -> str:
        from diffcli.errors.text import told  # whoever handles an error need not wait for that

        return told(self.diagnostics)

    def __reduce__(self) -> tuple[type[DiffcliError], tuple[Any, ...], dict[str, Any]]:
        return type(self), (self.diagnostics,), self.__dict__  # so that a worker process can hand it on


class UsageError(DiffcliError):
    """An option, an argument or a file that cannot be used as given."""

    exit_code = 2


class ExpressionError(DiffcliError):
    """The text is not a program of the language, or a name in it, or in the point, is amiss."""

    exit_code = 3
    mended: tuple[str, ...] = ()
    """The whole text as it should be; two texts where its meaning is open, none where it is not known."""
    program: Any = None
    """What was asked about, if it could be read."""


class DomainError(DiffcliError):
    """The value of the function is undefined at the point."""

    exit_code = 4


class NotDifferentiableError(DiffcliError):
    """A kink, tie, jump, pole or branch touches the result and was asked to be an error."""

    exit_code = 5


class LimitError(DiffcliError):
    """A limit (``--timeout``, ``--max-nodes``) was reached before the work was done."""

    exit_code = 6


class MissingExtraError(DiffcliError):
    """The request needs an optional package that is not installed."""

    exit_code = 7


class SecondDerivativeWarning(RuntimeWarning):
    """A derivative of a gradient that was computed with ``create_graph=True`` passes a kink, tie or pole, and is NaN."""


class AutogradError(DiffcliError, RuntimeError):
    """A tensor, its graph or a grad mode cannot be used in this way; the text says what would do."""

    exit_code = 2


def visible(text: str) -> str:
    """A text whose control characters, and others that cannot be seen, are escaped; tabs and the ends of lines are not.

    Whatever comes from outside may hold them: a terminal would obey them.

    >>> print(visible("a\\x1b[31m, \\u202eb"))
    a\\x1b[31m, \\u202eb
    """
    if text.isprintable():
        return text
    return "".join(
        character if character in "\n\t" or character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


_ASCII = str.maketrans({"∂": "d", "·": "*", "…": "...", "±": "+-", "—": "-", "–": "-", "─": "-", "×": "x", "−": "-", "│": "|"})


def to_ascii(text: str, otherwise: str = "backslashreplace") -> str:
    """A text that is ASCII but for the user's own names, which are escaped."""
    return text.translate(_ASCII).encode("ascii", otherwise).decode("ascii")


def as_written(found: Diagnostic) -> Diagnostic:
    """A diagnostic in the text that the user wrote, where its own was translated from that."""
    if found.source is None or found.source.original is None:
        return found
    text, places = found.source.original
    marks = []
    for (start, stop), label in found.marks:
        meant = places[start : max(stop, start + 1)] or [(len(text), len(text))]
        marks.append(Mark(Span(min(meant)[0], max(place[1] for place in meant)), label))
    return found._replace(source=Source(text, found.source.label), marks=tuple(marks))


def error(
    code: str,
    message: str,
    source: Source | None = None,
    *marks: Mark,
    notes: Iterable[str] = (),
    help: Iterable[str] = (),
) -> Diagnostic:
    """A diagnostic of severity ``error``."""
    return Diagnostic(code, "error", message, source, marks, tuple(notes), tuple(help))


def refusal(code: str, message: str, *help: str) -> UsageError:
    """What is raised where something cannot be used as given."""
    return UsageError([error(code, message, help=help)])


def missing_extra(message: str, extra: str, *help: str) -> MissingExtraError:
    """What is raised where a package is not installed that an extra brings."""
    return MissingExtraError([error("missing-extra", message, help=[f'pip install "diffcli[{extra}]"', *help])])


def fault(code: str, message: str, help: Iterable[str] = (), notes: Iterable[str] = ()) -> AutogradError:
    """What is raised where tensors cannot be used so."""
    return AutogradError([error(code, message, notes=notes, help=help)])


def counted(number: int, noun: str) -> str:
    """``1 gradient``, ``2 gradients``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def as_stop(stopped: DiffcliError | KeyboardInterrupt) -> Diagnostic:
    """What ended work whose beginning is kept: the limit that struck, or Ctrl-C, as a warning."""
    if isinstance(stopped, DiffcliError):
        return stopped.diagnostics[0]._replace(severity="warning")
    return Diagnostic("interrupted", "warning", "interrupted")


def nearest(name: str, known: Iterable[str], most: int = 2) -> list[str]:
    """At most three known names that are a slip of the pen away from ``name``, the likeliest first.

    A slip is a letter too many, too few, another one, or two that have changed places; a short name has one, a longer one
    ``most``. What differs in its digits is another thing: ``log3`` is no slip of ``log2``. A beginning of three letters may be
    meant too, where two slips may. The same letters come before others.
    """
    word, found = str(name).lower(), []
    digits = [letter for letter in word if letter.isdigit()]
    each, allowed = most if len(word) < 5 else 1, (len(word) > 2) * most
    for place, candidate in enumerate(known):
        other = candidate.lower()
        begins = len(word) > 2 and other.startswith(word)
        if not begins and abs(len(word) - len(other)) * each > allowed:
            continue  # at least so many letters are too many or too few
        slips = 2 if begins else _slips(word, other) * each
        if slips <= allowed and [letter for letter in other if letter.isdigit()] == digits:
            found.append((slips, sorted(word) != sorted(other), candidate.islower() != str(name).islower(), place, candidate))
    return [candidate for *_, candidate in sorted(found)[:3]]


def _slips(one: str, other: str) -> int:
    """How many slips lie between two words: the distance of Damerau and Levenshtein, of changes next to each other."""
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for place, letter in enumerate(one):
        last, before, row = before, row, [place + 1]
        for index, each in enumerate(other):
            row.append(min(before[index] + (letter != each), before[index + 1] + 1, row[index] + 1))
            if index and place and letter == other[index - 1] and each == one[place - 1]:
                row[-1] = min(row[-1], last[index - 1] + 1)
    return row[-1]


def did_you_mean(name: str, known: Iterable[str], most: int = 2) -> tuple[str, ...]:
    """The help for a name that is not known: the nearest of those that are; empty if none is near.

    >>> did_you_mean("sine", ["sin", "cos"]), did_you_mean("zzz", ["sin"])
    (('did you mean `sin`?',), ())
    """
    close = nearest(name, known, most)
    if not close:
        return ()
    others = f" (close: {', '.join(close[1:])})" if close[1:] else ""
    return (f"did you mean `{close[0]}`?{others}",)
