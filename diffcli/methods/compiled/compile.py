"""`diffcli.compile`: a program and its derivatives as a kernel, which is made once and called often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from diffcli.errors import refusal
from diffcli.errors.library_words import for_library
from diffcli.language import parse
from diffcli.methods.compiled.choice import AUTO, module_of
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.compiled.making import Asked, made
from diffcli.methods.points.points import as_point
from diffcli.methods.problem.problem import ANYWHERE, At, Target, as_program, names_in
from diffcli.methods.problem.system import System
from diffcli.tape.lowering import MOST_ROWS

MOST_KEPT = 64
"""How many kernels are kept to be used again."""


@for_library
def compile(
    target: Target,
    *,
    at: At | None = None,
    wrt: str | Sequence[str] | None = None,
    of: str | Sequence[str] | None = None,
    order: int = 1,
    directions: bool | str = False,
    batch: str | Sequence[str] = (),
    backend: str = AUTO,
    max_nodes: int = MOST_ROWS,
) -> Kernel:
    """A program and its derivatives as a kernel: a function of numbers and arrays.

    >>> k = compile("ln(x1) + x1*x2 - sin(x2)")
    >>> k(2.0, 5.0)
    (11.652071455223084, (5.5, 1.7163378145367738))
    """
    if order not in (0, 1, 2) or (directions and not order):
        products = "jvp, with directions=, takes order 1, hvp order 2" if directions else "one of: 0, 1, 2"
        raise refusal("bad-value", f"there is no kernel of order {order!r}", products)
    if backend != AUTO:
        module_of(backend)
    program = as_program(target)
    shapes = None
    if at is not None:
        shapes = tuple((name, getattr(value, "shape", ())) for name, value in as_point(at, copy=False).items())
    names, many = names_in(wrt, "wrt"), names_in(batch, "batch") or ()
    results = of if of is None or isinstance(of, str) else "; ".join(names_in(of, "of") or ())
    along = directions if isinstance(directions, str) else "d" if directions else ""
    variables = None if names is None else tuple(names)
    text = program.source.text
    return kernel_of(Asked(text, shapes, variables, results, int(order), along, tuple(many), backend, max_nodes))


@lru_cache(MOST_KEPT)
def kernel_of(asked: Asked) -> Kernel:
    """The kernel of a text; the same one as long as it is kept."""
    program, at = parse(asked.text), ANYWHERE
    if asked.shapes is not None:
        from diffcli.operations.arithmetic.array_files import basis  # numbers do not wait for it

        at = dict.fromkeys(program.inputs, 0.0) | {name: basis(shape, []) if shape else 0.0 for name, shape in asked.shapes}
    system = System(program, at, of=asked.of, wrt=asked.wrt, most_rows=asked.most_rows)
    return made(system, asked, (kernel_of, asked))
