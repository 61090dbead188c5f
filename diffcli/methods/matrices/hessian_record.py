"""The records of a Hessian."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.methods.sweeps.colouring import Groups
from diffcli.methods.sweeps.sparsity import Pattern
from diffcli.records import Difference, Number, SymbolicDerivative, counted


class HessianCost(NamedTuple):
    """What a Hessian costs in counted operations: of f, of f and its gradient together, and of the sweeps over those."""

    inputs: int
    function: int
    gradient: int
    sweeps: int
    operations: int

    def text(self) -> str:
        """The count in words.

        >>> HessianCost(10, 30, 75, 3, 270).text()
        'n = 10 inputs: the tape of f and its gradient takes 2.5 × f, 3 forward sweeps over it (3 colours) 3 × f each'
        """
        inputs = f"n = {counted(self.inputs, 'input')}"
        if not self.function:
            return f"{inputs}: f takes no elementary operation"
        together = f"{inputs}: the tape of f and its gradient takes {self.gradient / self.function:.2g} × f"
        if not self.sweeps:
            return f"{together}, and no second derivative may differ from 0"
        sweeps = f"{counted(self.sweeps, 'forward sweep')} over it"
        colours = f" ({counted(self.sweeps, 'colour')})" if self.sweeps < self.inputs else ""
        return f"{together}, {sweeps}{colours} {self.operations / self.sweeps / self.function:.2g} × f each"


class SecondDifference(NamedTuple):
    """A second derivative by differences, along one variable or along two together."""

    first: str
    second: str
    estimate: float
    error: float | None
    """The error bar; None where there is nothing to make it from."""
    evaluations: int
    reason: str
    parts: tuple[Difference, ...] = ()
    """What it is made of: for a mixed derivative the second differences along two directions."""


class SymbolicSecond(NamedTuple):
    """SymPy's second derivative by two variables, and its value in floats."""

    first: str
    second: str
    derivative: SymbolicDerivative


class HessianResult(NamedTuple):
    """The value, gradient and second derivatives of a program at a point, and how they were found."""

    expression: str
    """The program as diffcli reads it, with the fewest parentheses."""
    mode: str
    at: dict[str, Number]
    value: float
    gradient: dict[str, Number]
    hessian: dict[str, dict[str, Number]]
    """``hessian[a][b]``; an array, where one of them is one, has the shape of the one and then the other."""
    columns: tuple[str, ...]
    """The names of rows and columns of the matrix: the variables, element by element."""
    matrix: tuple[tuple[float, ...], ...]
    """The same derivatives as rows of numbers; symmetric to the last bit."""
    notes: tuple[Diagnostic, ...] = ()
    of: tuple[str, ...] = ()
    """What was asked for beside the program, as text."""
    pattern: Pattern | None = None
    """Which entries may not be 0; None where that is not known."""
    groups: Groups = ()
    """The columns that shared a sweep, by number."""
    cost: HessianCost | None = None
    differences: tuple[SecondDifference, ...] = ()
    symbolic: tuple[SymbolicSecond, ...] = ()
