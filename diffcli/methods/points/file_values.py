"""Values that stand in files, in the text of a point: ``W=@weights.npy``, and ``@point.json`` for a whole point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from diffcli.errors import Diagnostic, Mark, Source, Span, UsageError, error
from diffcli.language.parsing.tokens import is_name, plain_name
from diffcli.methods.points.bad_file import BadFile
from diffcli.methods.points.data_files import read_mapping, read_value

_REFERENCE = re.compile(r'\s*(?:(?P<name>[^\W\d]\w*)\s*=\s*)?@\s*(?P<path>"[^"\n]*"|[^,;\n]*)')
"""A reference to a file, where an assignment may begin. A path with a comma in it stands in quotation marks."""


class FileValue(NamedTuple):
    """A value from a file, and where the file is named."""

    value: Any
    mark: Mark


class Reference(NamedTuple):
    """A reference to a file: the name that it gives a value, if it is not a whole point, the path, and its place."""

    name: str
    name_span: Span
    path: str
    span: Span


def find_reference(text: str, start: int) -> tuple[Reference, int] | None:
    """The reference to a file that begins at ``start``, and where it ends.

    >>> find_reference("x=2,W=@w.npy", 4)[0].path, find_reference("x=2", 0)
    ('w.npy', None)
    """
    found = _REFERENCE.match(text, start)
    if found is None:
        return None
    path = found["path"].strip()
    begin = text.rindex("@", start, found.start("path")) if found.start("path") > start else start
    name_span = Span(*found.span("name")) if found["name"] else Span(begin, begin + 1)
    span = Span(begin, max(found.start("path") + len(found["path"].rstrip()), begin + 1))
    return Reference(plain_name(found["name"] or ""), name_span, path.strip('"'), span), found.end()


def read_references(references: list[Reference], source: Source) -> tuple[dict[str, FileValue], dict[str, FileValue]]:
    """The values of names, and those of whole points, from all the files that a text refers to.

    Raises
    ------
    UsageError
        A file cannot be used; all that cannot are told.
    """
    named: dict[str, FileValue] = {}
    points: dict[str, FileValue] = {}
    faults: list[Diagnostic] = []
    for reference in references:
        mark = Mark(reference.span)
        if reference.name in named:
            faults.append(bound_twice(reference.name, source, reference.name_span))
            continue
        try:
            if not reference.path:
                raise BadFile("unreadable-file", "there is no name of a file after @", "write @FILE, as in W=@weights.npy")
            if reference.name:
                named[reference.name] = FileValue(read_value(reference.path, reference.name), mark)
            else:
                points |= {name: FileValue(value, mark) for name, value in _names(read_mapping(reference.path), reference.path)}
        except BadFile as found:
            faults.append(error(found.code, found.message, source, mark, help=found.help))
    if faults:
        raise UsageError(faults)
    return named, points


def bound_twice(name: str, source: Source, span: Span) -> Diagnostic:
    """A complaint about a name that gets a second value."""
    return error("duplicate-name", f"the name `{name}` is bound twice", source, Mark(span), help=["give one value for each name"])


def _names(values: Mapping[str, Any], path: str) -> list[tuple[str, Any]]:
    """The names as the language knows them."""
    known = [(plain_name(name), value) for name, value in values.items()]
    for name, _ in known:
        if not is_name(name):
            raise BadFile("bad-data", f"{path} gives a value to `{name}`, which is no name of a variable")
    return known
