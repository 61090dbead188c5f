"""Values from files: ``.npy`` and ``.npz`` of NumPy, ``.csv`` and ``.tsv``, ``.json``. Files are data, and never run.

CSV holds numbers, after a line of names if there is one: one column is a vector, several are a matrix. JSON holds a
number, nested lists of numbers, or, as a whole point, an object from names to such values.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from diffcli.errors import nearest
from diffcli.methods.points.bad_file import BadFile, require_finite

LARGEST = 2_000_000_000
"""The longest text file that is read, in bytes."""


def read_value(path: str, name: str) -> Any:
    """The value of one name from a file: a float, or an array of float64.

    Raises
    ------
    BadFile
        It cannot be read, or holds something else.
    """
    path, inner, suffix = _parts(path)
    reader = _READERS.get(suffix)
    if reader is None:
        what = f"the suffix {suffix} is none of those" if suffix else "it has no suffix"
        help = f"name a file with one of: {', '.join(_READERS)}"
        raise BadFile("unreadable-file", f"cannot tell what {path} holds: {what}", help)
    if inner and suffix not in (".npz", ".json"):
        raise BadFile("unreadable-file", f"{path} has no names for what it holds, and `{inner}` is asked of it", f"write @{path}")
    return _npz(path, name, inner) if suffix == ".npz" else reader(path, inner or name)


def read_mapping(path: str) -> dict[str, Any]:
    """A whole point from a JSON file: an object from names to values as JSON gives them.

    A result of diffcli itself is one too: the point it was made at.
    """
    path, _, suffix = _parts(path)
    if suffix != ".json":
        message = f"a point from a file is JSON, which {path} is not by its name"
        help = 'JSON such as {"x": 2, "w": [1, 2]} is a point'
        raise BadFile("unreadable-file", message, f"write name=@{path} for one value", help)
    from diffcli.methods.points.json_values import json_value, kind_of, parse_json, point_of

    data = point_of(parse_json(_text(path), path))
    if not isinstance(data, dict):
        message = f"{path} holds {kind_of(data)}, not an object from names to values"
        raise BadFile("bad-data", message, f"write name=@{path} for one value")
    return {name: json_value(value, name, path) for name, value in data.items()}


def _parts(path: str) -> tuple[str, str, str]:
    """The path, the name of what is meant inside of an ``.npz`` or JSON file, and the suffix."""
    inner = ""
    head, colon, tail = path.rpartition(":")
    if colon and head.lower().endswith(tuple(_READERS)):
        path, inner = head, tail
    return path, inner, os.path.splitext(path)[1].lower()


def _open(path: str) -> Any:
    try:
        if os.path.isdir(path):
            raise BadFile("unreadable-file", f"cannot read {path}: it is a directory")
        file = open(path, "rb")  # noqa: SIM115 (closed by who reads it)
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        raise BadFile("unreadable-file", f"cannot read {path}: {reason}", *_similar(path)) from None
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST and not path.lower().endswith(".npz"):
        file.close()
        raise BadFile("bad-data", f"{path} is too large: {size} bytes, and at most {LARGEST} are read")
    return file


def _similar(path: str) -> list[str]:
    """Another file of the folder that may have been meant, with the same suffix."""
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    try:
        present = sorted(os.listdir(folder or "."))
    except OSError:
        return [f"there is no folder {folder}"] if folder and not os.path.exists(folder) else []
    close = nearest(stem, [file.removesuffix(suffix) for file in present if file.endswith(suffix)])
    return [f"did you mean {os.path.join(folder, close[0] + suffix)}?"] if close else []


def _text(path: str) -> str:
    with _open(path) as file:
        content: bytes = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        message = f"{path} is not UTF-8 text: byte {failure.start} is {content[failure.start]:#04x}"
        raise BadFile("unreadable-file", message, "save it as UTF-8") from None
    if not text.strip():
        raise BadFile("bad-data", f"{path} is empty")
    return text


# -- NumPy's files -----------------------------------------------------------------------------------------------------


def _npy(path: str, name: str) -> Any:
    from diffcli.operations.arithmetic.array_files import read_npy

    return _binary(path, lambda file: read_npy(file))


def _npz(path: str, name: str, inner: str = "") -> Any:
    from diffcli.operations.arithmetic.array_files import read_npz

    return _binary(path, lambda file: read_npz(file, inner, name))


def _binary(path: str, read: Callable[[Any], Any]) -> Any:
    from diffcli.operations.arithmetic.array_files import UnusableArray

    with _open(path) as file:
        try:
            array = read(file)
        except UnusableArray as found:
            raise BadFile("bad-data", f"{path} {found.reason}", *filter(None, [found.help])) from None
    return require_finite(array, path)


# -- texts -------------------------------------------------------------------------------------------------------------


def _csv(path: str, name: str) -> Any:
    from diffcli.methods.points.csv_values import read_csv

    return read_csv(_text(path), path)


def _json(path: str, name: str) -> Any:
    from diffcli.methods.points.json_values import read_json

    return read_json(_text(path), path, name)


_READERS: dict[str, Callable[[str, str], Any]] = {
    ".npy": _npy, ".npz": _npz, ".csv": _csv, ".tsv": _csv, ".json": _json,
}  # fmt: skip
