"""A Python function as a program: its parameters are the variables, and each point records it anew."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from functools import partial
from typing import Any

from diffcli.errors import ExpressionError, error
from diffcli.language import Program
from diffcli.records import Number, is_array
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.recording.call_sites import CallSites, code_of
from diffcli.tape.recording.footsteps import unheard
from diffcli.tape.recording.recorder import Judge
from diffcli.tape.recording.recording import Recording, bad_result, record, run_function
from diffcli.tape.recording.traced import Traced


class PythonFunction(Program):
    """In place of a parsed program where the user gives a function, whose parameters are a fixed list of names.

    ``name`` is what results call it, and ``label`` what diagnostics call its file; it is run in the context ``surroundings``.

    >>> program = PythonFunction(lambda x, y=2.0: x*y)
    >>> program.inputs, program.constants
    (['x'], ['y'])
    """

    __slots__ = ("function", "name", "label", "surroundings", "signature", "optional", "held", "verify", "raising",
                 "verified", "by_place")  # fmt: skip

    def __init__(
        self,
        function: Callable[..., Any],
        name: str = "",
        label: str = "",
        surroundings: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        if hasattr(function, "cache_info") and not hasattr(function, "__self__"):  # a cache has no place for a traced number
            function = function.__wrapped__  # type: ignore[attr-defined]
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
        wraps = inspect.isfunction(function) and hasattr(function, "__wrapped__")
        own = inspect.signature(function, follow_wrapped=False) if wraps else self.signature
        hands_on = any(one.kind == one.VAR_POSITIONAL for one in own.parameters.values())
        self.by_place = (inspect.Parameter.POSITIONAL_ONLY, *[inspect.Parameter.POSITIONAL_OR_KEYWORD] * hands_on)
        """The kinds of parameters that are given by place: also those of a decorator that takes them so."""
        self.optional: list[str] = []
        self.held: dict[str, Any] = {}
        """Arguments that are passed on as they are."""
        self.verify = True
        """Whether it is run by plain Python beside its recording."""
        self.raising = False
        """Whether its rows raise what plain Python raises, because it catches that."""
        self.verified: set[object] | None = None
        """The ways through it that have been run so, where once is enough for each."""
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

    @property
    def line(self) -> int:
        """The line of its file, from 1, on which its definition begins, behind decorators; 0 if it stands in another file."""
        code = code_of(self.function)
        if code is None or os.path.basename(code.co_filename) != os.path.basename(self.label):
            return 0
        first, lines = code.co_firstlineno, [line.lstrip() for line in self.source.text.split("\n")]
        decorated = first <= len(lines) and lines[first - 1].startswith("@")
        return next((n for n, line in enumerate(lines, 1) if n > first and line.startswith("def ")), 0) if decorated else first

    def holding(self, at: Mapping[str, Any], wanted: Sequence[str]) -> tuple[PythonFunction, dict[str, Any]]:
        """The function with every argument held that the derivative is not wanted for, and the others."""
        result = copy(self)
        parameters = self.signature.parameters
        result.held = self.held | {name: one for name, one in at.items() if name in parameters and name not in wanted}
        result.free = [name for name in self.free if name not in result.held]
        result.optional = [name for name in self.optional if name not in result.held]
        return result, {name: value for name, value in at.items() if name not in result.held}

    def record(
        self, given: Mapping[str, Any], most_rows: int = MOST_ROWS, judge: Judge | None = None, heard: bool = True
    ) -> Recording:
        """The recording at a point, which has a value for each parameter without a default.

        What it prints is ``heard`` the first time; a run that looks at something else is not.
        See `diffcli.tape.recording.recording.record`, and what it raises.
        """
        at = {name: given[name] for name in self.signature.parameters if name in given}
        with self.surroundings(), nullcontext() if heard else unheard():
            return record(
                self.function, at, call=self._call, label=self.label, name=self.name, most_rows=most_rows, judge=judge,
                raising=self.raising,
            )  # fmt: skip

    def plain(self, given: Mapping[str, Any]) -> list[Number]:
        """The results of the function itself at a point; it is handed copies of arrays, and what it prints is not heard."""
        return self.returned(given)[0]

    def returned(self, given: Mapping[str, Any]) -> tuple[list[Number], bool]:
        """The same, and whether they are the entries of a list."""
        sites = CallSites(self.function, self.label)
        with self.surroundings(), unheard():
            returned = self._answer(given, sites)
            several = isinstance(returned, list | tuple)
            number = partial(self._number, sites=sites, several=several)
            return [run_function(number, one, sites) for one in (returned if several else [returned])], several

    def answer(self, given: Mapping[str, Any]) -> Any:
        """What it returns, as it is."""
        with self.surroundings(), unheard():
            return self._answer(given, CallSites(self.function, self.label))

    def _answer(self, given: Mapping[str, Any], sites: CallSites) -> Any:
        given = {**self.held, **given}
        handed = {name: one.copy() if is_array(one) and hasattr(one, "copy") else one for name, one in given.items()}
        return run_function(self._call, handed, sites)

    def _number(self, result: Any, sites: CallSites, several: bool) -> Number:
        """What it returns as a float or an array of float64, NaN for what no float is; what another run records is no number."""
        try:
            if isinstance(result, Traced | str | bytes):
                raise TypeError
            if is_array(result):
                from diffcli.operations.arithmetic.array_files import as_floats

                return as_floats(result, copy=False)
            return math.nan if isinstance(result, complex) else float(result)
        except OverflowError:
            return math.nan
        except (TypeError, ValueError):
            raise bad_result(sites, self.function, self.name, result, several) from None

    def way(self, recording: Recording) -> object:
        """What tells one way through it from another: shapes, what is held, the branches on values, and texts of them."""
        shapes = recording.tape.shapes and tuple(recording.tape.shapes[: recording.tape.first_row])
        if not (self.held or recording.branches or recording.texts):
            return shapes
        held = [one if isinstance(one, (int, str)) else getattr(one, "shape", None) for one in self.held.values()]
        held.append(frozenset(recording.texts))
        return shapes, *held, *[(one.line, one.text, one.true > 0, one.false > 0) for one in recording.branches]

    def _call(self, given: Mapping[str, Any]) -> Any:
        """Call it, with every argument where its parameter takes it."""
        given = {**self.held, **given}
        places: list[Any] = []
        words: dict[str, Any] = {}
        for name, parameter in self.signature.parameters.items():
            if parameter.kind in self.by_place:
                places.append(given.get(name, parameter.default))
            elif name in given:
                words[name] = given[name]
        return self.function(*places, **words)


def flattened(results: Iterable[Number]) -> list[float]:
    """All numbers in some results, one after another."""
    return [number for one in results for number in (one.ravel().tolist() if is_array(one) else [one])]  # type: ignore[union-attr]
