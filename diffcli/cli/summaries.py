"""The table of commands."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "grad": ("grad", "Value and gradient at a point, with the traces."),
    "diff": ("diff", "Derivatives as formulas, by SymPy, with their steps; needs no point."),
    "jacobian": ("jacobian", "Every result by every variable, as a matrix."),
    "hessian": ("hessian", "Second derivatives by every pair of variables."),
    "jvp": ("jvp", "The Jacobian times a direction, by one sweep."),
    "vjp": ("vjp", "Weights of the results times the Jacobian, by one sweep."),
    "hvp": ("hvp", "The Hessian times a direction, by one sweep."),
    "plot": ("plot", "A function and its derivative over a range, drawn."),
    "step-size": ("step_size", "Error of difference quotients against the step, drawn."),
    "check": ("check", "All ways to a derivative side by side, with a verdict; or a claim."),
    "graph": ("graph", "The computational graph: values, adjoints and partials, drawn."),
    "ast": ("ast", "The syntax tree of an expression."),
    "swell": ("swell", "How derivatives swell when they are written out."),
    "taylor": ("taylor", "Taylor coefficients and derivatives of any order along a variable."),
    "lesson": ("lesson", "The lecture, computed as it is told, and checked."),
    "functions": ("functions", "The operations: rules, domains, kinks."),
    "help": ("help", "A page about a command or a topic, or what an error code means."),
}
"""The commands: the module of each in this package, and its summary. Adding a command is adding both."""

ALIASES: dict[str, str] = {
    **dict.fromkeys(("derivative", "derive", "differentiate", "deriv", "d"), "diff"), "gradient": "grad", "steps": "diff --steps",
}  # fmt: skip
"""What else commands are called: no commands, but the message names the one that is meant."""
