"""A claim as it is given: a function, a text, a file, or numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import wraps
from typing import Any

from diffcli.language import Program, parse
from diffcli.methods.points.data_texts import parse_json
from diffcli.methods.points.file_text import read_text
from diffcli.methods.points.files import find_reference, read_value
from diffcli.methods.points.points import read_point
from diffcli.methods.problem.problem import Problem
from diffcli.studies.claims.text import read_claims
from diffcli.studies.gradients.claimed import Claim
from diffcli.tape.recording.python_function import PythonFunction

_NUMBERS = (".npy", ".npz", ".csv", ".tsv")
"""Files of numbers beside JSON."""


def as_claim(given: Any, at: Mapping[str, Any], *, with_value: bool = False, hessian: bool = False) -> Claim:
    """A claim about a function at a point, which has a value for each of its parameters.

    Parameters
    ----------
    given
        A function, of the same parameters; a text: a program ``"[2*x*y, x^2]"``, derivatives ``"x: 2*x*y, y: x^2"``, ``"@FILE"``
        with either, numbers by name ``"x=12, w=@w.npy"``, a file of numbers (JSON, ``.npy``, CSV); or the numbers themselves.
    with_value, hessian
        As of `Claim`.

    >>> as_claim("x: 2*x*y, y: x^2", {"x": 1.0, "y": 2.0}).source
    {'x': <Program 2*x*y>, 'y': <Program x^2>}
    """
    if callable(given) and not isinstance(given, Program):
        given = PythonFunction(given)
    if isinstance(given, PythonFunction):
        return Claim(given, given.name, with_value, hessian)
    if isinstance(given, Program):
        return Claim(given, "the program", with_value, hessian)
    if not isinstance(given, str):
        return Claim(given, "the numbers given", with_value, hessian)
    text = given.strip()
    reference = find_reference(text, 0)
    path = text[1:].strip().strip('"') if text.startswith("@") else text
    suffix = os.path.splitext(path.partition(":")[0])[1].lower()
    if reference and reference[0].name:
        return Claim(dict(read_point(text, "--against")), text, with_value, hessian)
    if suffix in _NUMBERS:
        return Claim(read_value(path, "gradient"), path, with_value, hessian)
    if suffix == ".json":
        data = parse_json(read_text(path), path)
        known = "hessian" if hessian else "gradient"
        if isinstance(data, dict) and "schema" in data and known in data:  # a result of diffcli itself
            data = data[known]
        return Claim(data, path, with_value, hessian)
    if text.startswith("@"):
        text = read_text(path, "write @FILE for a file of formulas, and FILE.py:NAME for a function")
    return Claim(_formulas(text, at), given, with_value, hessian)


def _formulas(text: str, at: Mapping[str, Any]) -> Program | Mapping[str, Program]:
    """Derivatives by the names of variables, if there are any; else one program."""
    if ":" in text and not text.startswith("["):
        variables = Problem(" + ".join(f"sum({name})" for name in at), at)
        return read_claims(text, variables)
    return parse(text, "--against")


def without_gradient(function: PythonFunction) -> PythonFunction:
    """The first of two things that a function gives: the value, without the gradient."""

    @wraps(function.function)
    def value(*arguments: Any, **named: Any) -> Any:
        return function.function(*arguments, **named)[0]

    alone = PythonFunction(value, function.name, function.label, function.surroundings)
    alone.verify = function.verify
    return alone
