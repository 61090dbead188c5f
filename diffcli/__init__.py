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
    from diffcli import autograd as autograd
    from diffcli import nn as nn
    from diffcli import testing as testing
    from diffcli import torch as torch
    from diffcli._functions import *  # noqa: F403
    from diffcli.errors import Diagnostic as Diagnostic
    from diffcli.errors import DiffcliError as DiffcliError
    from diffcli.errors import DomainError as DomainError
    from diffcli.errors import ExpressionError as ExpressionError
    from diffcli.errors import LimitError as LimitError
    from diffcli.errors import MissingExtraError as MissingExtraError
    from diffcli.errors import NotDifferentiableError as NotDifferentiableError
    from diffcli.errors import UsageError as UsageError
    from diffcli.errors.text import explain as explain
    from diffcli.language import Program as Program
    from diffcli.methods.compiled.compile import compile as compile
    from diffcli.methods.compiled.export import export as export
    from diffcli.methods.compiled.flags import Flag as Flag
    from diffcli.methods.compiled.kernel import Kernel as Kernel
    from diffcli.methods.custom_rule import custom_rule as custom_rule
    from diffcli.methods.library import difference as difference
    from diffcli.methods.library import grad as grad
    from diffcli.methods.library import trace as trace
    from diffcli.methods.library import value_and_grad as value_and_grad
    from diffcli.methods.library_formulas import diff as diff
    from diffcli.methods.library_matrices import hessian as hessian
    from diffcli.methods.library_matrices import hvp as hvp
    from diffcli.methods.library_matrices import jacobian as jacobian
    from diffcli.methods.library_matrices import jvp as jvp
    from diffcli.methods.library_matrices import vjp as vjp
    from diffcli.methods.taylor import taylor as taylor
    from diffcli.methods.value import evaluate as evaluate
    from diffcli.methods.value import parse as parse
    from diffcli.records import Difference as Difference
    from diffcli.records import GradientResult as GradientResult
    from diffcli.records import Trace as Trace
    from diffcli.records.formulas import Formula as Formula
    from diffcli.records.formulas import FormulaResult as FormulaResult
    from diffcli.records.matrices import HessianResult as HessianResult
    from diffcli.records.matrices import JacobianResult as JacobianResult
    from diffcli.records.matrices import ProductResult as ProductResult
    from diffcli.records.matrices import TaylorResult as TaylorResult
    from diffcli.studies.agreement.agreement import check as check
    from diffcli.tables.frames import batch as batch

_HOMES = {
    name: home
    for home, names in {
        "errors": "Diagnostic DiffcliError DomainError ExpressionError LimitError MissingExtraError NotDifferentiableError "
            "UsageError",
        "errors.text": "explain", "language": "Program", "records": "Difference GradientResult Trace",
        "records.formulas": "Formula FormulaResult",
        "records.matrices": "HessianResult JacobianResult ProductResult TaylorResult",
        "methods.compiled.compile": "compile", "methods.compiled.export": "export", "methods.compiled.flags": "Flag",
        "methods.compiled.kernel": "Kernel",
        "methods.custom_rule": "custom_rule", "methods.library": "difference grad trace value_and_grad",
        "methods.library_formulas": "diff", "methods.library_matrices": "hessian hvp jacobian jvp vjp",
        "methods.taylor": "taylor", "methods.value": "evaluate parse", "studies.agreement.agreement": "check",
        "tables.frames": "batch",
    }.items()
    for name in names.split()
}  # fmt: skip
"""Where each name lives. Nothing is imported before it is asked for."""

_PACKAGES = ("autograd", "nn", "testing", "torch")


if not TYPE_CHECKING:  # a checker of types knows every name that there is, and would take this for all others
    __all__ = sorted([*_HOMES, "__version__"])

    def __getattr__(name: str) -> object:
        if name in _PACKAGES:
            return import_module(f"diffcli.{name}")
        if name not in _HOMES:
            if name.startswith("_"):
                raise AttributeError(f"module 'diffcli' has no attribute {name!r}")
            try:
                found = import_module("diffcli.tape.recording.functions").function(name)
                globals()[name] = found  # a loop asks again and again
                return found
            except AttributeError as fault:
                raise AttributeError(f"module 'diffcli' has no attribute {name!r}; {fault}") from None
        found = globals()[name] = getattr(import_module(f"diffcli.{_HOMES[name]}"), name)
        return found


def __dir__() -> list[str]:
    functions: list[str] = import_module("diffcli.tape.recording.functions").NAMES
    return sorted({*_HOMES, "__version__", *_PACKAGES, *functions})
