"""What the tape cannot follow, reported at the user's line with what to write instead."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dis import opmap, opname
from types import FrameType
from typing import NoReturn

from diffcli.errors import ExpressionError, error
from diffcli.operations import FUNCTION_NAMES
from diffcli.tape.recording.call_sites import CallSites
from diffcli.tape.recording.recorder import Recorder

_CALL = re.compile(r"(?:[\w.]*\.)?(\w+)\s*\(")
_REMAINDER = 6
"""The argument of BINARY_OP for ``%``."""

_DERIVATIVES = frozenset((
    "grad", "value_and_grad", "trace", "check", "difference", "jacobian", "hessian", "jvp", "vjp", "hvp", "taylor",
))  # fmt: skip
_NESTED = "a derivative inside a function that is differentiated is not recorded; second derivatives: diffcli.hessian"

_SORTED = "np.stack([x[i] for i in sorted(range(len(x)), key=lambda i: x[i])]) sorts, and branches on the values"
_TERMS = "its argument is a whole number, and has no derivative: keep it out of what is differentiated"
INSTEAD = {
    "float": "a traced number is a number as it stands: leave float(...) out",
    "int": "to round: diffcli.trunc(x) or math.floor(x), whose derivative is 0; to see the value: print(x)",
    "complex": "the tape holds real numbers only",
    "round": "diffcli.round(x) rounds to a whole number",
    "isnan": "x != x holds for NaN alone",
    "isclose": "compare abs(x - y) with a tolerance",
    "pow": "x**y",
    "fabs": "abs(x)",
    "fsum": "sum(...) of the terms",
    **dict.fromkeys(("sort", "median", "percentile", "quantile", "partition", "argsort"), _SORTED),
    **dict.fromkeys(("gcd", "lcm", "comb", "perm"), _TERMS), "factorial": "diffcli.gamma(x + 1)",
    "any": "np.amax(condition)", "all": "np.amin(condition)", "cross": "write its three elements out, and np.stack them",
    "pad": "np.concatenate([np.zeros(n), x, np.zeros(n)])", "cumprod": "a loop; np.exp(np.cumsum(np.log(x))) where x > 0",
    **dict.fromkeys(("fft", "rfft", "dct"), "products with the matrices of its cosines and sines: C @ x, S @ x"),
    **dict.fromkeys(("trapezoid", "trapz"), "np.sum((y[1:] + y[:-1])/2*np.diff(x))"), "polyval": "Horner's rule: y = y*x + c",
    **dict.fromkeys(("einsum", "tensordot"), "np.matmul, np.outer and np.sum, with np.transpose"),
    "range": "loop while a condition holds, or keep the number of turns out of what is differentiated",
}
"""What to write for a function that is not recorded, or takes a number out of the recording."""


class Refusal(ExpressionError, TypeError, ValueError, IndexError):
    """What cannot be traced: a handler for what plain Python raises there, as for the end of a loop by index, has it too."""


def refuse(
    recorder: Recorder, message: str, *help: str, code: str = "untraceable", label: str = "", kind: type[Refusal] = Refusal
) -> NoReturn:
    """Report at the user's line what cannot be traced."""
    calls = recorder.sites.calls(sys._getframe(1))
    sites, place, notes = recorder.sites.culprit(calls)
    fault = kind([error(code, message, sites.source, *sites.marks(place, label), notes=notes, help=help)])
    raise recorder.refusal(fault, calls)


def refuse_conversion(recorder: Recorder, kind: str) -> NoReturn:
    """A C function wants a plain number: name it, as the user's text does, and what to write for it."""
    sites, place, _ = recorder.sites.culprit(recorder.sites.calls(sys._getframe(1)))
    text = sites.text(place)
    found = _CALL.match(text)
    name = found[1] if found else ""
    if name in FUNCTION_NAMES and not text.startswith(("diffcli.", "round(")):
        help: Sequence[str] = [f"write diffcli.{name}(...), or NumPy's function"]
    elif name in _DERIVATIVES:
        help = [_NESTED]
    elif name in INSTEAD:
        help = [INSTEAD[name]]
    elif not found and kind == "index":
        help = ["an index decides by the value, and has no derivative; branch on the value instead"]
    elif not found and text.endswith("]"):
        help = ["collect the values in a list, and make an array of it at the end: np.stack([...])"]
    else:
        help = ["use Python's operators, diffcli's functions (`diffcli functions` lists them), or NumPy's"]
    what = f"`{found[0]}...)`" if found else "this"
    refuse(recorder, f"{what} needs a plain number, and would take this one out of the recording", *help)


def formats_text(frame: FrameType) -> bool:
    """Whether a conversion serves ``"%f" % x``."""
    code = frame.f_code.co_code
    at = frame.f_lasti
    return code[at] == opmap["BINARY_OP"] and code[at + 1] == _REMAINDER


def asks_for_attribute(frame: FrameType) -> bool:
    """Whether a user's text asks for an attribute, as ``x.exp`` or ``hasattr(x, "exp")``; NumPy asks without any."""
    if opname[frame.f_code.co_code[frame.f_lasti]] in ("LOAD_ATTR", "LOAD_METHOD"):
        return True
    sites = CallSites(frame.f_code)
    return sites.text(sites.base(frame.f_code) + frame.f_lasti).startswith(("getattr(", "hasattr("))
