"""One run of a command: what was given, where the result goes, how long it may take, and what is shown meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from diffcli.cli.environment import Environment, write
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.output import Output, exit_code, tell
from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, LimitError, error, refusal
from diffcli.language import Program, parse
from diffcli.records import Number
from diffcli.records.blocks import Document

if TYPE_CHECKING:
    from threading import Event

Result = TypeVar("Result")

SHOWN = 200
"""How many rows of a trace, steps of a derivation, or nodes of a tree or graph people are shown, unless they ask for all."""

PATIENCE = 0.5
"""Seconds after which the stage is shown."""


class Stage:
    """The present stage of the work; call it with the next one, and with how much of it is done of how much, if that is known."""

    name, done, total, unit = "", 0, 0, ""

    def __call__(self, name: str, done: int = 0, total: int = 0, unit: str = "") -> None:
        self.name, self.done, self.total, self.unit = name, done, total, unit

    def text(self, seconds: float) -> str:
        """What is shown after so many seconds."""
        if not self.done:
            return f"{self.name} ... {seconds:.1f} s"
        pace = f" {self.done:,} {self.unit}, {self.done / seconds:,.0f} a second," if self.unit else ""
        if not self.total:
            return f"{self.name}{pace} {seconds:.1f} s"
        share = min(self.done / self.total, 1.0)
        bar = f"{self.name} [{'#' * int(20 * share):-<20}]"
        left = f"{seconds / share - seconds:.0f} s left"
        return f"{bar}{pace} {left}" if self.unit else f"{bar} {seconds:.1f} s of about {seconds / share:.0f} s"


class Run:
    """A command at work. It takes the options that every command has out of ``given``; the others are the command's own."""

    def __init__(self, environment: Environment, given: dict[str, Any]) -> None:
        self.environment = environment
        names = ("format", "as_json", "quiet", "output", "digits", "decimals", "width", "color", "full", "substituted", "table")
        self.output = Output(environment, **{name: given.pop(name) for name in names if name in given})
        self.full = self.output.style.full
        if self.output.style.substituted:
            if (mode := given.get("mode")) in ("numeric", "symbolic"):
                help = "add --mode forward, or leave --substituted out"
                raise refusal("unknown-choice", f"--substituted is of traces, and there are none in {mode} mode", help)
            given["trace"] = True
        self.expression: str | None = given.pop("expression", None)
        self.point: str | tuple[str, ...] = tuple(text for text in given.pop("at", ()) if text.strip())
        if self.output.quiet and self.point and given.get("mode") == "symbolic":
            given["simplify"] = "none"  # only numbers are printed
        self.timeout: float = given.pop("timeout", 0.0)
        self.fix: bool = given.pop("fix", False)
        self.verify: bool = given.pop("verify", True)
        self.stage = Stage()
        self.syntax: str = given.pop("syntax", "plain")
        self.parse: Callable[..., Program] = parse
        self.place = ("", 0)
        """The file and the line where the program stands; empty, and 0, if it is no file's."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Inside, the time limit holds, until something is written: that may wait for whoever reads."""
        with time_limit(self.timeout) as lift:
            self.output.before_writing = lift
            yield

    @contextmanager
    def at_work(self) -> Iterator[Stage]:
        """Inside, the stage is shown on a terminal."""
        with shown_progress(self.environment, self.stage):
            yield self.stage

    def read(self, functions: bool = True) -> Program:
        """The program that was given: a text, ``@FILE``, ``-`` for standard input, or a function, ``FILE.py:NAME``.

        Without ``functions`` a Python function will not do.
        """
        self.stage("reading")
        given = self.expression or ""
        if given == "-":
            return self.parsed(self.typed(), "standard input")
        if given.startswith("@"):
            from diffcli.methods.points.file_text import read_text

            program = self.parsed(read_text(given[1:], "write @FILE for a file, and - for standard input"), given[1:])
            self.place = given[1:], program.line
            return program
        if ".py" in given or (":" in given and "[" not in given):
            from diffcli.cli.python_file import as_python_target, read_function

            if target := as_python_target(given):
                if not functions:
                    help = "every other command that takes an expression takes FILE.py:NAME too"
                    raise refusal("usage", "a Python function has no text, which this command is about", help)
                function = read_function(*target, self.environment)
                function.verify = self.verify
                self.place = target[0], function.line
                return function
        return self.parsed(given)

    def parsed(self, text: str, label: str = "expression") -> Program:
        """The program of a text, in LaTeX or under ``--fix`` with a word about what was read."""
        try:
            program = self.parse(text, label, syntax=self.syntax)
        except ExpressionError as fault:
            if not self.fix or len(fault.mended) != 1:
                raise
            mended = fault.mended[0]
            tell(self.environment, [Diagnostic("mended", "note", f"read as {mended}")])
            self.expression = mended if text == self.expression else self.expression
            return self.parse(mended, label)
        if program.source.original is not None:
            from diffcli.language.writing.printer import program_text, shorten

            notes = [f"`{name}` is the constant; --at {name}=... gives it another value" for name in program.constants if name != "pi"]
            tell(self.environment, [Diagnostic("read-as", "note", f"read as {shorten(program_text(program))}", notes=tuple(notes))])
        return program

    def typed(self) -> str:
        """The text of standard input."""
        from diffcli.methods.points.file_text import decode

        if self.environment.stdin.isatty():
            self.stage("")  # no clock runs over what is typed
            self.environment.stderr.write("reading from the terminal; end it with Ctrl-D\n")
        stream: Any = self.environment.stdin
        text = decode(stream.buffer.read() if hasattr(stream, "buffer") else stream.read().encode(), "standard input")
        self.stage("reading")
        return text

    def compute(self, function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
        """What a function makes of the program and the point, and of more arguments."""
        with self.at_work():
            start = perf_counter()
            program = self.read()
            self.seconds["parse"] = perf_counter() - start
            try:
                result = function(program, self.point, *arguments, **options)
            except ExpressionError as fault:
                fault.program = program
                raise
            self.seconds["compute"] = perf_counter() - start - self.seconds["parse"]
        return result

    def rows(self) -> dict[str, Any]:
        """How rows and steps are written, and the most of them."""
        from diffcli.methods.traces.trace import NOTATIONS  # few commands have any
        from diffcli.reports.formats import PERSON

        style = self.output.style
        windowed = style.format.audience == PERSON and not self.full
        return {"most_shown": SHOWN if windowed else None, "notation": NOTATIONS[style.notation]}

    def report(self, document: Document, notes: Sequence[Diagnostic], numbers: Iterable[Number | None]) -> ExitCode:
        """Print a result; the exit code for its notes and numbers."""
        self.output.print(document, notes)
        return exit_code(notes, numbers)


def was_given(option: str) -> bool:
    """Whether the user gave an option, be it with its default."""
    return click.get_current_context().get_parameter_source(option) is not click.core.ParameterSource.DEFAULT


AGAIN = 0.5
"""Seconds, or a tenth of the limit if that is more, after which a time limit strikes again."""

PATIENT = 4
"""So often it strikes as an error of ours, which may be swallowed, or end a part of the work and leave the rest."""


class TimeIsOver(BaseException):
    """A time limit that nothing swallows which is content with ``Exception``."""


@contextmanager
def time_limit(seconds: float) -> Iterator[Callable[[Sequence[Diagnostic]], None]]:
    """Raise `LimitError` in what runs inside once ``seconds`` are over; 0 is no limit.

    What it gives lifts the limit, given the notes of the result; where it has struck, and they do not say so, it is an error.

    By the interval timer of POSIX, which reaches into any Python code; it strikes again soon, should something have swallowed
    it. Where there is no such timer, and outside of the main thread, there is no limit.
    """

    def reached() -> LimitError:
        help = ["raise it with --timeout SECONDS; 0 is no limit"]
        return LimitError([error("timeout", f"stopped after {seconds:g} s", help=help)])

    strikes, spared = 0, 10

    def strike(number: int, frame: FrameType | None) -> None:
        nonlocal strikes, spared
        if spared and _in_import(frame):
            spared -= 1
            return
        strikes += 1
        raise reached() if strikes <= PATIENT else TimeIsOver

    def lift(told: Iterable[Diagnostic] = ()) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if strikes and not any(note.code == "timeout" for note in told):
            raise reached()  # whatever took it, what came of that is not to be believed

    try:
        previous = signal.signal(signal.SIGALRM, strike) if seconds else None
    except (AttributeError, ValueError):
        previous = None
    if previous is None:
        yield lambda told: None
        return
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, max(seconds / 10, AGAIN))
            yield lift
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)  # it may strike before this line, and then not again before the one below
    except TimeIsOver:
        raise reached() from None
    except Exception as failure:
        if strikes and not isinstance(failure, DiffcliError | click.ClickException | click.exceptions.Exit | OSError):
            raise reached() from None  # it was struck where something made another error of it
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _in_import(frame: FrameType | None) -> bool:
    """Whether a module is being imported, half of which would stay behind."""
    while frame is not None and frame.f_code.co_name != "_find_and_load":
        frame = frame.f_back
    return frame is not None


@contextmanager
def shown_progress(environment: Environment, stage: Stage) -> Iterator[None]:
    """Show the stage and the time taken so far on stderr, if that is a terminal, until the work inside is done."""
    stream = environment.stderr
    if not stream.isatty() or environment.variables.get("TERM") == "dumb":
        yield
        return
    from threading import Event, Thread

    done = Event()
    thread = Thread(target=_show, args=(environment, stage, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show(environment: Environment, stage: Stage, done: Event) -> None:
    start = monotonic()
    drawn = False
    while not done.wait(PATIENCE if not drawn else 0.2):
        if not stage.name:
            start = monotonic()
            continue
        drawn = True
        line = stage.text(monotonic() - start)[: environment.style(environment.stderr).width - 1]  # on one line, or half of it stays
        write(environment.stderr, f"\r\x1b[K{line}")
    if drawn:
        write(environment.stderr, "\r\x1b[K")
