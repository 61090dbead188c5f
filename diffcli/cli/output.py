"""From a report to a stream or a file, and to an exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from diffcli.cli.environment import Environment, write, write_file
from diffcli.cli.exit_codes import ExitCode
from diffcli.errors import Diagnostic, refusal
from diffcli.records import Number, is_finite
from diffcli.records.blocks import Document
from diffcli.reports.formats import FORMATS, JSON, PLAIN, TABLE, format_of
from diffcli.reports.formats import render as render_document


class Output:
    """Where and how a command prints, as its options say."""

    def __init__(
        self,
        environment: Environment,
        *,
        format: str | None = None,
        as_json: bool = False,
        output: str | None = None,
        digits: int | str | None = None,
        decimals: int | None = None,
        width: int | None = None,
        color: str = "auto",
        quiet: bool = False,
        full: bool = False,
        substituted: bool = False,
        table: str | None = None,
    ) -> None:
        """From the values of `diffcli.cli.options.OF_REPORTS`."""
        path = None if output in (None, "-") else output
        chosen = JSON if as_json else FORMATS.get(format or "")
        for flag, given, only, asked in (("--json", as_json, JSON, FORMATS.get(format or "")), ("--quiet", quiet, PLAIN, chosen)):
            if given and asked not in (None, only):
                raise refusal("usage", f"{flag} and --format {asked.name} contradict each other", "give one of them")
        if path is not None and "\0" in path:
            raise refusal("unwritable-file", f"cannot write {path}: it has a character that no name has")
        if path == "" or (path is not None and os.path.isdir(path)):
            what = "it is a directory" if path else "it has no name"
            raise refusal("unwritable-file", f"cannot write to {path or 'the file'}: {what}", "name a file after -o")
        if path is not None and not os.path.isdir(folder := os.path.dirname(os.path.realpath(path))):
            raise refusal("unwritable-file", f"cannot write {path}: there is no folder {os.path.dirname(path) or folder}")
        if chosen is None and path is not None and (chosen := format_of(path)) is None:
            suffixes = ", ".join(suffix for known in FORMATS.values() for suffix in known.suffixes)
            help = f"name it with a suffix ({suffixes}), or add --format"
            raise refusal("unknown-choice", f"the name {path} does not say in which format", help)
        if None not in (digits, decimals):
            raise refusal("usage", "--digits and --decimals contradict each other", "give one of them")
        shown = None if digits == "full" else int(digits or 6)
        style = environment.style(environment.stdout, width, color, shown)
        style = style._replace(decimals=decimals, asked=digits is not None or decimals is not None)
        if path is not None:
            style = style._replace(width=width or 100, color=color == "always", unicode=True)
        if path is None and chosen is not None and chosen.binary and environment.stdout.isatty():
            help = f"add -o FILE.{chosen.name}, or send it into a pipe"
            raise refusal("usage", f"{chosen.name.upper()} is not for a terminal", help)
        self.environment, self.path, self.quiet = environment, path, quiet
        self.before_writing: Callable[[Sequence[Diagnostic]], None] = lambda notes: None
        """Called with the notes of the result when it is in its format."""
        self.style = style._replace(format=PLAIN if quiet else chosen or TABLE, full=full, substituted=substituted, table=table)

    def print(self, document: Document, notes: Sequence[Diagnostic] = ()) -> None:
        """The document where it belongs, and the notes on stderr unless the document carries them."""
        rendered: str | bytes
        if self.quiet and self.style.table is None:
            from diffcli.reports.formats.plain import quiet

            rendered = quiet(document, self.style)
        else:
            rendered = render_document(document, self.style)
        self.before_writing(notes)
        if self.path is not None:
            write_file(self.path, rendered)
        else:
            write(self.environment.stdout, rendered)
        if notes and (not self.style.format.whole or self.quiet or self.path is not None):
            tell(self.environment, notes)


def exit_code(notes: Iterable[Diagnostic], numbers: Iterable[Number | None]) -> ExitCode:
    """The exit code of a result that was printed; every element of an array counts."""
    codes = {note.code for note in notes}
    if "interrupted" in codes:
        return ExitCode.INTERRUPTED
    if codes & {"timeout", "too-many-nodes", "undecided-derivative"}:
        return ExitCode.LIMIT
    if not all(number is None or is_finite(number) for number in numbers):
        return ExitCode.DOMAIN
    return ExitCode.OK


def tell(environment: Environment, found: Iterable[Diagnostic], as_json: bool = False) -> None:
    """Diagnostics on stderr: for people, or one line of JSON for each."""
    if as_json:
        import json

        from diffcli.reports.document import machine

        lines = [json.dumps({"schema": "diffcli/error@1", **machine(one)}) for one in found]
        write(environment.stderr, "\n".join(lines) + "\n")
    else:
        from diffcli.errors.text import Look, render

        style = environment.style(environment.stderr)
        write(environment.stderr, render(found, Look(style.width, style.unicode, style.color, environment.stderr.isatty())))


def wants_json(args: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, as far as can be told before it is understood."""
    return any(
        token in ("--json", f"--format={JSON.name}", f"-f{JSON.name}") or (token in ("-f", "--format") and following == JSON.name)
        for token, following in pairwise([*args, ""])
    )
