"""The table of commands."""

from __future__ import annotations

from importlib import import_module
from typing import Any

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Start here": {
        "grad": ("grad", "Value and gradient at a point, with the traces."),
        "diff": ("diff", "Derivatives as formulas, with their steps; needs no point."),
    },
    "Differentiate": {
        "jacobian": ("jacobian", "Every result by every variable, as a matrix."),
        "hessian": ("hessian", "Second derivatives by every pair of variables."),
        "jvp": ("jvp", "The Jacobian times a direction, by one sweep."),
        "vjp": ("vjp", "Weights of the results times the Jacobian, by one sweep."),
        "hvp": ("hvp", "The Hessian times a direction, by one sweep."),
        "taylor": ("taylor", "Taylor coefficients and derivatives of any order."),
    },
    "Many points": {
        "batch": ("batch", "Derivatives at every row of a table, of any size."),
    },
    "Check": {
        "check": ("check", "All ways to a derivative side by side; or a claim of yours."),
        "step-size": ("step_size", "Error of difference quotients against the step, drawn."),
    },
    "See": {
        "plot": ("plot", "A function and its derivative over a range, drawn."),
        "graph": ("graph", "The computational graph: values, adjoints and partials."),
        "ast": ("ast", "The syntax tree of an expression."),
        "swell": ("swell", "How derivatives swell when they are written out."),
    },
    "Learn": {
        "lesson": ("lesson", "A course on derivatives that computes every number it shows."),
        "functions": ("functions", "The operations: rules, domains, kinks."),
        "help": ("help", "A page about a command or a topic, or what an error code means."),
    },
    "For scripts and shells": {
        "export": ("export", "The value and its derivatives as code in another language."),
        "schema": ("schema", "The JSON Schema of what a command prints under --json."),
        "completion": ("completion", "The script that completes command lines in your shell."),
    },
}
"""The commands by groups, as the first page has them: the module of each in this package, and its summary. Adding a command is
adding both."""

COMMANDS = {name: row for group in GROUPS.values() for name, row in group.items()}


def command_of(name: str) -> Any:
    """A command, which is imported when it is asked for, and not before."""
    return import_module(f"diffcli.cli.{COMMANDS[name][0]}").command


def options_of(command: Any) -> dict[str, Any]:
    """The options of a command, by each of their spellings."""
    options = [each for each in command.params if each.param_type_name == "option"]
    return {name: each for each in options for name in (*each.opts, *each.secondary_opts)}


ALIASES: dict[str, str] = {
    **dict.fromkeys(("derivative", "derive", "differentiate", "deriv", "d"), "diff"), "gradient": "grad", "complete": "completion", "eval": "grad", "evaluate": "grad", "version": "--version", "steps": "diff --steps", "map": "batch", "table": "batch",
    **dict.fromkeys(("codegen", "compile", "generate", "code", "ccode"), "export"),
}  # fmt: skip
"""What else commands are called: no commands, but the message names the one that is meant."""

OTHER_NAMES: dict[str, str] = {
    "at": "point x0 values where around about center centre", "wrt": "variable variables var vars by respect-to", "direction": "seed tangent vector along",
    "order": "degree n", "claim": "answer solution expected", "weights": "seed cotangent cotangents vector", "of": "results outputs", "accuracy": "order acc", "step": "h eps epsilon dx",
    "mode": "backend engine", "digits": "precision prec significant sigfigs", "exact-digits": "precision dps",
    "decimals": "dp places decimal round fixed", "rtol": "tol tolerance atol eps", "random": "samples trials count",
    "output": "out save file", "format": "fmt type as", "trace": "verbose v work", "steps": "explain verbose v",
    "quiet": "silent brief short", "color": "colour", "timeout": "time-limit max-time", "max-nodes": "max-rows limit",
    "from": "min xmin start range xlim domain", "to": "max xmax stop end",
}  # fmt: skip
"""What options are called elsewhere."""
