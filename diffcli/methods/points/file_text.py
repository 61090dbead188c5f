"""Files as they are opened everywhere: their text in UTF-8, and the error where one cannot be used."""

from __future__ import annotations

import os
from typing import IO

from diffcli.errors import nearest, refusal

LARGEST = 2_000_000_000
"""The longest text file that is read, in bytes."""


def open_file(path: str, *help: str, large: bool = False) -> IO[bytes]:
    """A file to read from; a `UsageError` where it cannot be read, or is too large, unless it may be ``large``.

    ``help`` says what to do where it cannot be read, and no other file may be meant.
    """
    if not path:
        raise refusal("unreadable-file", "there is no name of a file", *help)
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed by who reads it)
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        near = _similar(path) if isinstance(failure, FileNotFoundError) else []
        raise refusal("unreadable-file", f"cannot read {path}: {reason}", *(near or help)) from None
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST and not large and not path.lower().endswith(".npz"):
        file.close()
        raise refusal("bad-data", f"{path} is too large: {size} bytes, and at most {LARGEST} are read")
    return file


def read_text(path: str, *help: str) -> str:
    """The text of a file, under the conditions of `open_file`, and if it is UTF-8."""
    with open_file(path, *help) as file:
        return decode(file.read(), path)


def decode(content: bytes, name: str) -> str:
    """The text of what a file of that name holds."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        message = f"{name} is not UTF-8 text: byte {failure.start} is {content[failure.start]:#04x}"
        raise refusal("unreadable-file", message, "save it as UTF-8") from None


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
