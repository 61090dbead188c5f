"""Docstrings in NumPy's style, as reStructuredText: each section gets its title, and what it lists becomes a list of terms."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import diffcli

LISTS = ("Parameters", "Attributes", "Raises")
SECTIONS = (*LISTS, "Returns", "Notes", "Examples", "Yields")


def restructure(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """What Sphinx calls for each docstring, to change its lines."""
    starts = [number for number, (title, rule) in enumerate(pairwise(lines)) if title in SECTIONS and re.fullmatch("-{4,}", rule)]
    parts = [lines[: starts[0]] if starts else lines[:]]
    for start, end in pairwise([*starts, len(lines)]):
        title, body = lines[start], lines[start + 2 : end]
        parts.append(["", f".. rubric:: {title}", "", *(_terms(body) if title in LISTS else body), ""])
    lines[:] = [line for part in parts for line in part]


def _terms(body: list[str]) -> list[str]:
    """A line of names and what is indented below it make an entry; what follows the entries stays as it is."""
    lines = []
    for number, line in enumerate(body):
        if line.startswith(">>>"):
            return [*lines, "", *body[number:]]
        lines.append(line if not line or line.startswith(" ") else ", ".join(map(_term, line.split(", "))))
    return lines


def _term(name: str) -> str:
    known = name in diffcli.__all__
    return f":py:exc:`~diffcli.{name}`" if known else f"``{name}``"
