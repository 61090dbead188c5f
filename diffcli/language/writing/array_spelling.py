"""How arrays are printed: entries, indices, the transpose, the matrix product and calls with keywords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from diffcli.language.syntax import ATOM, CHOICE, NAME, NUMBER, PRODUCT, Program
from diffcli.operations import REDUCED

if TYPE_CHECKING:
    from diffcli.language.writing.printer import Dialect, Namer, Parts

SPELLINGS = {row: name for name, row in REDUCED.items()}
"""Rows that are called by another name: ``amax`` is ``max`` of one array."""


def array_parts(
    program: Program, node: int, dialect: Dialect, name: Namer, instead: Mapping[int, int | float]
) -> tuple[Parts, int]:
    """What a node of an operation on arrays is written with, and how tightly the whole binds."""
    operation, children = program.operations[node], program.children(node)
    keywords = program.keywords.get(node, ())
    if operation == "stack" and not keywords:
        return [dialect.square[0], *_listed(children), dialect.square[1]], ATOM
    if operation == "transpose" or node in program.keys:
        shown = instead.get(children[0], children[0])
        tight = isinstance(shown, int) and program.operations[shown] in dialect.templates
        array = children[0], ATOM + tight  # a power or a fraction of LaTeX, which binds as it stands, is put in parentheses
        if operation == "index":
            return _index_parts(program, node, array, dialect), ATOM
        return _transpose_parts(program, array, shown, dialect), ATOM
    if operation == "index" and keywords == ("key",):  # of a rule, whose key has a name
        key = name(str(program.arguments[children[1]]))
        if key.startswith("["):
            return [(children[0], ATOM), key], ATOM
    if operation == "matmul":
        return _product_parts(program, children, dialect, instead), PRODUCT
    called = SPELLINGS.get(operation, operation)
    positional = len(children) - len(keywords)
    parts = _listed(children[:positional])
    for keyword, child in zip(keywords, children[positional:], strict=True):
        parts += [", " * bool(parts) + dialect.name(keyword) + "=", (child, CHOICE)]
    return [dialect.functions.get(called, called) + dialect.brackets[0], *parts, dialect.brackets[1]], ATOM


def _listed(children: tuple[int, ...]) -> Parts:
    parts: Parts = []
    for child in children:
        parts += [", ", (child, CHOICE)]
    return parts[1:]


def _index_parts(program: Program, node: int, array: tuple[int, int], dialect: Dialect) -> Parts:
    pieces: list[Parts] = [[(child, CHOICE)] for child in reversed(program.children(node)[1:])]  # the next one is the last
    parts: Parts = [array, dialect.square[0]]
    for place, part in enumerate(program.keys[node]):
        parts += [", "] * (place > 0)
        if isinstance(part, str):
            parts += pieces.pop()
            continue
        start, stop, step = part
        parts += [*(pieces.pop() if start else ()), ":", *(pieces.pop() if stop else ())]
        parts += [":", *pieces.pop()] if step else []
    return [*parts, dialect.square[1]]


def _transpose_parts(program: Program, array: tuple[int, int], shown: int | float, dialect: Dialect) -> Parts:
    r"""``W.T``, in LaTeX ``W^{\top}``; ``shown`` is what stands in for the array."""
    if isinstance(shown, float) or program.operations[shown] == NUMBER:
        array = array[0], ATOM + 1  # 2.T would be 2. and T
    if dialect.transposed.startswith("^") and (isinstance(shown, float) or program.operations[shown] != NAME):
        return ["{", array, "}", dialect.transposed]
    return [array, dialect.transposed]


def _product_parts(program: Program, children: tuple[int, ...], dialect: Dialect, instead: Mapping[int, int | float]) -> Parts:
    """A matrix product; where its factors stand side by side, as in LaTeX, each must hold together."""
    from diffcli.language.writing.printer import reads_on

    sign, binds = dialect.matrix_product
    left, right = children
    first = instead.get(left, left)
    if isinstance(first, int) and program.operations[first] == "matmul":
        needed = PRODUCT
    else:
        needed = ATOM if reads_on(program, first, dialect) else binds
    return [(left, needed), sign, (right, max(binds, PRODUCT + 1))]
