"""A Python function as a program: its parameters are the variables, and each point records it anew."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import Any

from diffcli.errors import ExpressionError, error
from diffcli.language import Program
from diffcli.records import is_array
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.recording.call_sites import CallSites
from diffcli.tape.recording.footsteps import unheard
from diffcli.tape.recording.recorder import Judge
from diffcli.tape.recording.recording import Recording, record, run_function

PlainResults = tuple[list[tuple[int, ...]], list[float]]
"""What plain Python returns: the shape of each result, and the numbers of all of them."""


class PythonFunction(Program):
    """In place of a parsed program where the user gives a function.

    Parameters
    ----------
    function
        Takes numbers, and returns a number or several.
    name
        What it is called in results; its qualified name, if not given.
    label
        What diagnostics call its file.
    surroundings
        A context in which it is run.

    Raises
    ------
    ExpressionError
        Its parameters cannot be read, or are not a fixed list of names.

    >>> program = PythonFunction(lambda x, y=2.0: x*y)
    >>> program.inputs, program.constants
    (['x'], ['y'])
    """

    __slots__ = ("function", "name", "label", "surroundings", "signature", "optional", "held", "verify", "verified")

    def __init__(
        self,
        function: Callable[..., Any],
        name: str = "",
        label: str = "",
        surroundings: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self.function = function
        self.name = name or getattr(function, "__qualname__", type(function).__qualname__).rpartition("<locals>.")[2]
        self.label = label
        self.surroundings = surroundings
        super().__init__(CallSites(function, label).source)
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):
            message = f"the parameters of `{self.name}` cannot be read"
            help = ["wrap it in a function of Python's own: def f(x): ..."]
            raise ExpressionError([error("untraceable", message, help=help)]) from None
        self.optional: list[str] = []
        self.held: dict[str, Any] = {}
        """Arguments that are passed on as they are."""
        self.verify = True
        """Whether it is run by plain Python beside each recording, and the values compared."""
        self.verified: set[object] | None = None
        """Which ways through it have been compared, where each is compared once."""
        for parameter in self.signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                star = "*" if parameter.kind == parameter.VAR_POSITIONAL else "**"
                message = f"`{self.name}` takes any number of arguments ({star}{parameter.name}), so its variables have no names"
                help = ["give it a fixed list of parameters, or differentiate a function that calls it"]
                raise ExpressionError([error("untraceable", message, help=help)])
            (self.free if parameter.default is parameter.empty else self.optional).append(parameter.name)

    def __repr__(self) -> str:
        return f"<PythonFunction {self.name}>"

    @property
    def inputs(self) -> list[str]:
        """The parameters that need a value."""
        return self.free

    @property
    def constants(self) -> list[str]:
        """The parameters that have one, and are constants unless the point gives another."""
        return self.optional

    def holding(self, at: Mapping[str, Any], wanted: Sequence[str]) -> tuple[PythonFunction, dict[str, Any]]:
        """The function with every argument held that the derivative is not wanted for, and the others."""
        result = copy(self)
        result.held = {name: value for name, value in at.items() if name in self.signature.parameters and name not in wanted}
        result.free = [name for name in self.free if name not in result.held]
        result.optional = [name for name in self.optional if name not in result.held]
        return result, {name: value for name, value in at.items() if name not in result.held}

    def record(self, given: Mapping[str, Any], most_rows: int = MOST_ROWS, judge: Judge | None = None) -> Recording:
        """The recording at a point, which has a value for each parameter without a default.

        See `diffcli.tape.recording.recording.record`, and what it raises.
        """
        at = {name: given[name] for name in self.signature.parameters if name in given}
        with self.surroundings():
            return record(
                self.function, at, call=self._call, label=self.label, name=self.name, most_rows=most_rows, judge=judge
            )  # fmt: skip

    def plain(self, given: Mapping[str, Any]) -> PlainResults:
        """The results of the function itself at a point; it is handed copies of arrays, and what it prints is not heard.

        Raises
        ------
        ExpressionError
            It raises an exception, or returns what is no number.
        """
        sites, given = CallSites(self.function, self.label), {**self.held, **given}
        handed = {name: one.copy() if is_array(one) and hasattr(one, "copy") else one for name, one in given.items()}
        with self.surroundings(), unheard():
            results: PlainResults = run_function(lambda handed: numbers_of(self._call(handed)), handed, sites)
        return results

    def _call(self, given: Mapping[str, Any]) -> Any:
        """Call it, with every argument where its parameter takes it."""
        given = {**self.held, **given}
        places: list[Any] = []
        words: dict[str, Any] = {}
        for name, parameter in self.signature.parameters.items():
            if parameter.kind == parameter.POSITIONAL_ONLY:
                places.append(given.get(name, parameter.default))
            elif name in given:
                words[name] = given[name]
        return self.function(*places, **words)


def numbers_of(result: Any) -> PlainResults:
    """What a function returns, as shapes and floats; a complex number is none."""
    several = result if isinstance(result, list | tuple) else [result]
    shapes = [tuple(getattr(one, "shape", ())) for one in several]
    if not any(shapes):
        return shapes, [math.nan if isinstance(one, complex) else float(one) for one in several]
    from diffcli.operations.arithmetic.array_files import flat  # numbers do not wait for NumPy

    return shapes, [number for one in several for number in flat(one)]
