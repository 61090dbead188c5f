"""The form of a row of the table of operations."""

from __future__ import annotations

from functools import cache

from diffcli._named import NamedTuple


@cache
def bare_names(operands: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a row's operands, without defaults and dots."""
    return tuple(operand.partition("=")[0].removesuffix("...") for operand in operands)


class Operation(NamedTuple):
    """One elementary operation, whole: everything the rest of diffcli knows about it.

    Texts are in diffcli's own language. They speak of the operands as ``a``, ``b``, ``c`` and of the result as ``y``;
    a *variadic* row (``max``) speaks of the operand in question as ``a`` and of the number of operands that equal the
    result as ``ties``. ``absent`` is a partial that is not there: no dependence, which no infinity or NaN can meet.
    """

    name: str
    operands: tuple[str, ...]
    """Names of the operands. One that has a default is written ``"b=0.01"``; a variadic row has ``("a...",)``."""
    partials: tuple[str, ...]
    """The partial derivative by each operand (by any operand, in a variadic row)."""
    meaning: str
    """A few words for ``diffcli functions``."""
    points: tuple[tuple[float, ...], ...]
    """Points at which the tests hold the row against 50-digit arithmetic, away from kinks and poles."""
    definition: str = ""
    """The mathematical definition; empty for a primitive, which SymPy knows by the name in ``sympy``."""
    value: str = ""
    """How it is computed in floating point, where ``definition`` would lose digits or overflow."""
    domain: str = ""
    """Where the value is defined, if not everywhere."""
    breaks: tuple[tuple[str, str], ...] = ()
    """Where it is not differentiable: pairs of a kind (kink, tie, jump, pole) and a condition."""
    present: str = ""
    """Where each partial is there at all, separated by bars: an operand that is not taken is no dependence, not the slope 0."""
    radius: str = ""
    """How far each operand may move with the Taylor series at its place still describing the operation well, separated by
    bars; empty if any distance will do. It ends before a kink or jump, and well before a pole or branch point in the
    complex plane, where the series stops converging. A variadic row knows the distance to the nearest other operand as
    ``gap``."""
    flat: bool = False
    """The derivative is 0 almost everywhere, so the gradient cannot see this operation."""
    aliases: tuple[str, ...] = ()
    sympy: str = ""
    latex: str = ""
    """LaTeX with ``#1``, ``#2``, ``#3`` for the operands, or a control word put before parentheses."""
    symbol: str = ""
    """The infix or prefix spelling, for an operation that has one."""
    precedence: int = 0
    """How tightly ``symbol`` binds; see `diffcli.language.syntax`."""
    spelled: str = ""
    """The name in source text where it is not ``name``: a second arity of a function, such as ``log(x, base)``."""

    @property
    def variadic(self) -> bool:
        return self.operands[0].endswith("...")

    @property
    def arity(self) -> tuple[int, int | None]:
        """The smallest and the largest number of operands; None for any number."""
        if self.variadic:
            return 1, None
        return sum("=" not in operand for operand in self.operands), len(self.operands)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The bare names of the operands, without defaults."""
        return bare_names(self.operands)

    @property
    def defaults(self) -> tuple[float, ...]:
        """The values of trailing operands that may be left out."""
        return tuple(float(operand.partition("=")[2]) for operand in self.operands if "=" in operand)

    @property
    def finite_domain(self) -> str:
        """The domain without the poles at its edge, for people."""
        domain = self.domain
        for sign, place in [(sign, place) for kind, place in self.breaks if kind == "pole" for sign in "<>"]:
            domain = domain.replace(place.replace("==", f"{sign}="), place.replace("==", sign))
        return domain

    @property
    def spelling(self) -> str:
        """The function's name in source text."""
        return self.spelled or self.name


ARRAY_NAMES = (
    "sum", "mean", "average", "prod", "amax", "amin", "argmax", "argmin", "norm", "logsumexp", "softmax", "log_softmax",
    "cumsum", "cross_entropy", "one_hot", "matmul", "dot", "outer", "conv1d", "transpose", "trace", "diag", "det", "inv",
    "solve", "reshape", "concat", "concatenate", "cat", "stack", "broadcast", "broadcast_to", "len", "shape",
)  # fmt: skip
"""Every name of a function of arrays. What they are stands in the rows of `diffcli.operations.arrays`, which a program of
numbers never loads; that these are all the names is checked there."""

VIEWS = frozenset(("index", "reshape", "transpose", "broadcast"))
"""Operations whose result may show the memory of their operand."""

MOVES = VIEWS | {"stack", "concat", "diag"}
"""Operations that only move elements: they round nothing, and keep what kind of numbers there is."""

KEYWORDS = ("axis", "keepdims")
"""What a function of arrays takes by keyword."""
