"""Values that stand in files, in the text of a point: ``W=@weights.npy``, and ``@point.json`` for a whole point.

Files are ``.npy`` and ``.npz`` of NumPy, ``.csv`` and ``.tsv``, ``.json``: data, which never run. CSV holds numbers, after a
line of names if there is one: one column is a vector, several are a matrix; ``x=@data.csv:speed`` is the column of that name,
and ``W=@"data.csv:a,b"`` are two. JSON holds a number, nested lists of numbers, or, as a whole point, an object from names to
such values.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Mark, Source, Span, UsageError, error, refusal
from diffcli.language.parsing.tokens import is_name, plain_name
from diffcli.methods.points.csv_table import read_csv
from diffcli.methods.points.data_texts import finite_array, json_value, kind_of, parse_json, point_of, read_json
from diffcli.methods.points.file_text import open_file, read_text

_REFERENCE = re.compile(r'\s*(?:(?P<name>[^\W\d]\w*)\s*=\s*)?@\s*(?P<path>"[^"\n]*"|[^,;\n]*)')
"""A reference to a file, where an assignment may begin. A path with a comma in it stands in quotation marks."""


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


def read_references(
    references: Sequence[tuple[Reference, Source]], places: dict[str, tuple[Source, Mark]], named: set[str]
) -> dict[str, Any]:
    """The values of names, from all the files that texts refer to: those of whole points, then those that are given by name.

    ``places`` receives where the file of each name stands, and ``named`` the names that are given by themselves. All files that
    cannot be used are one `UsageError`.
    """
    single: dict[str, Any] = {}
    points: dict[str, Any] = {}
    faults: list[Diagnostic] = []
    for reference, source in references:
        name, path, mark = reference.name, reference.path, Mark(reference.span)
        if name in single:
            faults.append(bound_twice(name, source, reference.name_span))
            continue
        try:
            if not path:
                raise refusal("unreadable-file", "there is no name of a file after @", "write @FILE, as in W=@weights.npy")
            values = {name: read_value(path, name)} if name else _names(read_mapping(path), path)
            places |= dict.fromkeys([known for known in values if known not in single], (source, mark))
            (single if name else points).update(values)
        except UsageError as bad:
            faults += [fault._replace(source=source, marks=(mark,)) for fault in bad.diagnostics]
    if faults:
        raise UsageError(faults)
    named.update(single)
    return points | single


def bound_twice(name: str, source: Source, span: Span) -> Diagnostic:
    """A complaint about a name that gets a second value."""
    return error("duplicate-name", f"the name `{name}` is bound twice", source, Mark(span), help=["give one value for each name"])


def _names(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values by their names as the language knows them."""
    known = {plain_name(name): value for name, value in values.items()}
    for name in known:
        if not is_name(name):
            raise refusal("bad-data", f"{path} gives a value to `{name}`, which is no name of a variable")
    return known


# -- what a file holds, by its suffix ----------------------------------------------------------------------------------


def read_value(path: str, name: str) -> Any:
    """The value of one name from a file: a float, or an array of float64; a `UsageError` if it holds something else."""
    path, inner, suffix = _parts(path)
    reader = _READERS.get(suffix)
    if reader is None:
        what = f"the suffix {suffix} is none of those" if suffix else "it has no suffix"
        help = f"name a file with one of: {', '.join(_READERS)}"
        raise refusal("unreadable-file", f"cannot tell what {path} holds: {what}", help)
    if inner and suffix == ".npy":
        message = f"{path} has no names for what it holds, and `{inner}` is asked of it"
        raise refusal("unreadable-file", message, f"write @{path}")
    return reader(path, name, inner)


def read_mapping(path: str) -> dict[str, Any]:
    """A whole point from a JSON file: an object from names to values as JSON gives them.

    A result of diffcli itself is one too: the point it was made at.
    """
    given, (path, inner, suffix) = path, _parts(path)
    if suffix != ".json":
        message = f"a point from a file is JSON, which {path} is not by its name"
        help = 'JSON such as {"x": 2, "w": [1, 2]} is a point'
        raise refusal("unreadable-file", message, f"write {inner or 'name'}=@{given} for one value", help)
    data = point_of(parse_json(read_text(path), path))
    if not isinstance(data, dict):
        message = f"{path} holds {kind_of(data)}, not an object from names to values"
        raise refusal("bad-data", message, f"write name=@{path} for one value")
    return {name: json_value(value, name, path) for name, value in data.items()}


def _parts(path: str) -> tuple[str, str, str]:
    """The path, the name of what is meant inside of a file that has names, and the suffix."""
    head, colon, inner = path.partition(":")
    while colon and not head.lower().endswith(tuple(_READERS)):
        more, colon, inner = inner.partition(":")
        head = f"{head}:{more}"
    return head, inner, os.path.splitext(head)[1].lower()


def read_binary(path: str, name: str, inner: str, keep: bool = False) -> Any:
    """The array of a file of NumPy, in float64, or to ``keep`` in the floats that an .npy file has."""
    from diffcli.operations.arithmetic.array_files import UnusableArray, read_npy, read_npz

    with open_file(path) as file:
        try:
            array = read_npz(file, inner, name) if path.lower().endswith(".npz") else read_npy(file, keep)
        except UnusableArray as found:
            raise refusal("bad-data", f"{path} {found.reason}", *filter(None, [found.help])) from None
    return finite_array(array, path)


_READERS: dict[str, Callable[[str, str, str], Any]] = {
    ".npy": read_binary,
    ".npz": read_binary,
    ".csv": lambda path, name, inner: read_csv(read_text(path), path, inner),
    ".tsv": lambda path, name, inner: read_csv(read_text(path), path, inner),
    ".json": lambda path, name, inner: read_json(read_text(path), path, inner or name),
}
"""The value of a name by the suffix of its file: from the path, the name, and the name that is asked for inside of the file."""
