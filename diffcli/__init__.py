"""diffcli: derivatives that are computed, checked and explained.

    >>> import diffcli
    >>> result = diffcli.grad("ln(x1) + x1*x2 - sin(x2)", {"x1": 2, "x2": 5})
    >>> result.value, result.gradient
    (11.652071455223084, {'x1': 5.5, 'x2': 1.7163378145367738})

Every function of the language is here too (``diffcli.sin``, ``diffcli.softplus``, ...), for use in Python functions that are
differentiated: ``diffcli.grad(f, {"x": 2})``, `value_and_grad`.

`evaluate` gives a value, `grad` a value and gradient, `diff` a derivative as a formula, `trace` the whole evaluation trace,
`check` every way to a derivative side by side, `jacobian` and `hessian` matrices of derivatives, `jvp`, `vjp` and `hvp`
products with them, `taylor` derivatives of any order along a variable, `difference` those of a function that cannot be
recorded, `parse` a program to use many times. `diffcli.autograd` is a define-by-run engine on the same operations, `diffcli.nn`
modules on it, `diffcli.torch` both by PyTorch's names. Errors are `DiffcliError` and its family, each with the diagnostics that
the command line prints.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli import _functions
    from diffcli import autograd as autograd
    from diffcli import nn as nn
    from diffcli import testing as testing
    from diffcli import torch as torch
    from diffcli._functions import *  # noqa: F403
    from diffcli.errors import (
        Diagnostic,
        DiffcliError,
        DomainError,
        ExpressionError,
        LimitError,
        MissingExtraError,
        NotDifferentiableError,
        UsageError,
    )
    from diffcli.errors.text import explain
    from diffcli.language import Program
    from diffcli.methods.custom_rule import custom_rule
    from diffcli.methods.library import difference, grad, trace, value_and_grad
    from diffcli.methods.library_formulas import diff
    from diffcli.methods.library_matrices import hessian, hvp, jacobian, jvp, vjp
    from diffcli.methods.taylor import taylor
    from diffcli.methods.value import evaluate, parse
    from diffcli.records import Difference, GradientResult, Trace
    from diffcli.records.formulas import Formula, FormulaResult
    from diffcli.records.matrices import HessianResult, JacobianResult, ProductResult, TaylorResult
    from diffcli.studies.agreement.agreement import check

__all__ = [
    "Diagnostic",
    "DiffcliError",
    "Difference",
    "DomainError",
    "ExpressionError",
    "Formula",
    "FormulaResult",
    "GradientResult",
    "HessianResult",
    "JacobianResult",
    "LimitError",
    "MissingExtraError",
    "NotDifferentiableError",
    "ProductResult",
    "Program",
    "TaylorResult",
    "Trace",
    "UsageError",
    "__version__",
    "check",
    "custom_rule",
    "diff",
    "difference",
    "evaluate",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "parse",
    "taylor",
    "trace",
    "value_and_grad",
    "vjp",
]
if TYPE_CHECKING:
    __all__ += _functions.__all__

_HOMES = {
    "Difference": "records", "GradientResult": "records", "Program": "language", "Trace": "records",
    "HessianResult": "records.matrices", "JacobianResult": "records.matrices", "ProductResult": "records.matrices",
    "TaylorResult": "records.matrices",
    "check": "studies.agreement.agreement", "custom_rule": "methods.custom_rule", "difference": "methods.library",
    "diff": "methods.library_formulas", "Formula": "records.formulas", "FormulaResult": "records.formulas",
    "hessian": "methods.library_matrices", "hvp": "methods.library_matrices", "jacobian": "methods.library_matrices",
    "jvp": "methods.library_matrices", "vjp": "methods.library_matrices",
    "evaluate": "methods.value", "explain": "errors.text", "grad": "methods.library", "parse": "methods.value",
    "taylor": "methods.taylor", "trace": "methods.library", "value_and_grad": "methods.library",
}  # fmt: skip
"""Where each name lives, if not in `diffcli.errors`. Nothing is imported before it is asked for."""

_PACKAGES = ("autograd", "nn", "testing", "torch")


if not TYPE_CHECKING:  # a checker of types knows every name that there is, and would take this for all others

    def __getattr__(name: str) -> object:
        if name in _PACKAGES:
            return import_module(f"diffcli.{name}")
        if name not in __all__:
            if name.startswith("_"):
                raise AttributeError(f"module 'diffcli' has no attribute {name!r}")
            try:
                found = import_module("diffcli.tape.recording.functions").function(name)
                globals()[name] = found  # a loop asks again and again
                return found
            except AttributeError as fault:
                raise AttributeError(f"module 'diffcli' has no attribute {name!r}; {fault}") from None
        return getattr(import_module(f"diffcli.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    functions: list[str] = import_module("diffcli.tape.recording.functions").NAMES
    return sorted({*__all__, *_PACKAGES, *functions})
