"""Options as the library spells them: ``kink="left"`` for what diagnostics, and the command line, call ``--kink left``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from diffcli.errors import Diagnostic, DiffcliError

if TYPE_CHECKING:
    from re import Match

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_OPTION = (
    r"(?<![\w)\]])--(?:"
    r"(?P<name>mode|simplify|implicit|kink|method|rule|of|at|wrt|direction|weights|order|accuracy|step) (?!out\b)"
    r'(?P<value>"[^"]+"|[\w.-]+(?=$|[,)]| or )|\S*[=\[]\S*)'
    r"|(?P<alone>[a-z][a-z-]+)(?: (?=N\b))?)"
)
"""An option with its value, which ends a phrase, stands in quotes, or can be no word of English; or alone."""

_FLAGS = ("strict", "steps", "share", "derivative_tape", "hessian")


FORMER: dict[str, dict[str, str]] = {
    "grad": {"seed": "direction", "order": "accuracy"},
    "trace": {"seed": "direction"},
    "jvp": {"seed": "direction"},
    "vjp": {"seed": "weights"},
    "taylor": {"var": "wrt"},
    "swell": {"var": "wrt"},
    "step-size": {"var": "wrt"},
    "check": {"digits": "exact_digits"},
}
"""What the options of a command, and of the function of its name, were called before: they are read for one version more."""


def in_python(text: str) -> str:
    """A sentence with its options as arguments of a function.

    What stands after an operand is no option, but a sign:

    >>> in_python("--no-verify leaves it out")
    'verify=False leaves it out'
    >>> in_python("add --mode reverse, or leave --direction out"), in_python("--strict makes an error of `x--mode`")
    ('add mode="reverse", or leave direction= out', 'strict=True makes an error of `x--mode`')
    """
    if "--" not in text:
        return text
    import re  # only where an option is named

    text = re.sub(r'diffcli (diff) (".*") --(implicit) (\w+)$', r'diffcli.\1(\2, \3="\4")', text)
    return re.sub(_OPTION, _as_argument, text)


def for_library(function: Callable[Parameters, Result], short: Callable[..., Any] | None = None) -> Callable[Parameters, Result]:
    """A function of the library, whose errors and notes spell options as its arguments; former names of these are read too.

    Where no option is given, ``short`` is asked first, which has None if there is more to it.
    """
    former = FORMER.get(function.__name__, {})

    @wraps(function)
    def call(*values: Parameters.args, **named: Parameters.kwargs) -> Result:
        if not former.keys().isdisjoint(named):
            renamed: Any = {former[name]: named.pop(name) for name in former if name in named}
            import warnings

            told = ", ".join(f"{name}= is now {now}=" for name, now in former.items() if now in renamed)
            warnings.warn(told, DeprecationWarning, stacklevel=2)
            return call(*values, **named, **renamed)
        try:
            result: Any = short(*values) if short is not None and not named and len(values) == 2 else None
            if result is None:
                result = function(*values, **named)
        except DiffcliError as fault:
            DiffcliError.__init__(fault, map(_respelled, fault.diagnostics))
            raise
        notes = getattr(result, "notes", ())
        return result._replace(notes=tuple(map(_respelled, notes))) if notes else result  # type: ignore[no-any-return]

    return call


def _as_argument(found: Match[str]) -> str:
    name, value, alone = found.groups()
    if name:
        return f"{name}={value}" if value[0] == '"' or value.isdecimal() else f'{name}="{value}"'
    option = alone.replace("-", "_")
    if option.startswith("no_"):
        return f"{option[3:]}=False"
    return f"{option}=True" if option in _FLAGS else f"{option}="


def _respelled(found: Diagnostic) -> Diagnostic:
    source = found.source
    if source is not None and "--" in source.label:
        source = source._replace(label=in_python(source.label))
    notes, help = tuple(map(in_python, found.notes)), tuple(map(in_python, found.help))
    return found._replace(message=in_python(found.message), source=source, notes=notes, help=help)
