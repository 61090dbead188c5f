"""The table of languages that a program and its derivatives are exported to. Adding a language is a row and its file."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import did_you_mean, refusal


class Row(NamedTuple):
    name: str
    where: str
    """The module, in this folder, and the name in it."""
    suffixes: tuple[str, ...]
    summary: str

    @property
    def language(self) -> Any:
        module, _, name = self.where.rpartition(".")
        return getattr(import_module(f"diffcli.exports.{module}"), name)


LANGUAGES = {
    row.name: row
    for row in (
        Row("python", "printers.python.LANGUAGE", (".py",), "Python and its standard library"),
        Row("numpy", "arrays.NUMPY", (), "NumPy, of numbers at many points and of arrays as they are"),
        Row("jax", "array_libraries.JAX", (), "JAX, the same, for jax.jit"),
        Row("torch", "array_libraries.TORCH", (), "PyTorch, the same"),
        Row("c", "printers.c.LANGUAGE", (".c", ".h"), "C99"),
        Row("cpp", "printers.c.CPP", (".cpp", ".cc", ".cxx", ".hpp", ".cu", ".hip"), "C++11; CUDA and HIP with --qualifier"),
        Row("fortran", "printers.fortran.LANGUAGE", (".f90", ".f95", ".f03", ".f08"), "Fortran 2008, and C's library"),
        Row("julia", "printers.julia.LANGUAGE", (".jl",), "Julia and its Base"),
        Row("rust", "printers.rust.LANGUAGE", (".rs",), "Rust and its standard library"),
        Row("javascript", "printers.javascript.LANGUAGE", (".js", ".mjs"), "JavaScript, as a module"),
        Row("matlab", "printers.matlab.LANGUAGE", (".m",), "MATLAB and Octave"),
        Row("latex", "printers.latex.LANGUAGE", (".tex",), "the rows as equations"),
    )
}


def language_of(name: str) -> Any:
    """A language by its name."""
    row = LANGUAGES.get(name.lower())
    if row is None:
        help = did_you_mean(name, LANGUAGES) or (f"one of: {', '.join(LANGUAGES)}",)
        raise refusal("unknown-choice", f"there is no language `{name}` to export to", *help)
    return row.language


def language_for(path: str) -> str | None:
    """The name of the language of a file, by its suffix.

    >>> language_for("model.cu"), language_for("model.txt")
    ('cpp', None)
    """
    suffix = os.path.splitext(path)[1].lower()
    return next((row.name for row in LANGUAGES.values() if suffix in row.suffixes), None)
