"""Options as the library spells them: ``kink="left"`` for what diagnostics, and the command line, call ``--kink left``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from diffcli.errors import Diagnostic, DiffcliError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_VALUED = r'(?<![\w)\]])--(mode|kink|method|rule|of|var|at)(?: (?!out\b)("[^"]+"|[\w.-]+(?=$|[,)]| or )|\S*[=\[]\S*))'
"""An option with its value: what ends a phrase, stands in quotes, or can be no word of English."""

_FLAGS = ("strict", "steps", "share", "derivative_tape")


def in_python(text: str) -> str:
    """A sentence with its options as arguments of a function.

    What stands after an operand is no option, but a sign:

    >>> in_python("add --mode reverse, or leave --seed out"), in_python("--strict makes an error of `x--mode`")
    ('add mode="reverse", or leave seed= out', 'strict=True makes an error of `x--mode`')
    """
    if "--" not in text:
        return text
    import re  # only where an option is named

    text = re.sub(_VALUED, lambda found: f"{found[1]}={found[2]}" if found[2][0] == '"' else f'{found[1]}="{found[2]}"', text)
    return re.sub(r"(?<![\w)\]])--([a-z][a-z-]+)(?: (?=N\b))?", lambda found: _alone(found[1].replace("-", "_")), text)


def for_library(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A function of the library, whose errors and notes spell options as its arguments."""

    @wraps(function)
    def call(*values: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            result: Any = function(*values, **named)
        except DiffcliError as fault:
            fault.diagnostics = tuple(map(_respelled, fault.diagnostics))
            fault.args = ("; ".join(found.message for found in fault.diagnostics),)
            raise
        notes = getattr(result, "notes", ())
        return result._replace(notes=tuple(map(_respelled, notes))) if notes else result  # type: ignore[no-any-return]

    return call


def _alone(name: str) -> str:
    return f"{name}=True" if name in _FLAGS else f"{name}="


def _respelled(found: Diagnostic) -> Diagnostic:
    source = found.source and found.source._replace(label=in_python(found.source.label))
    notes, help = (tuple(map(in_python, texts)) for texts in (found.notes, found.help))
    return found._replace(message=in_python(found.message), source=source, notes=notes, help=help)
