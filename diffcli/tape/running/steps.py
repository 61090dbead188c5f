"""A text of the table as a line of steps, by which a `Builder` puts it on a tape.

The nodes of a program are in evaluation order already. What is added are marks at the parts of a choice: what follows
`IF` is taken if the condition holds, what follows `ELSE` if not, and `END` joins them.
"""

from __future__ import annotations

from typing import Any

from diffcli._named import NamedTuple
from diffcli.language.syntax import Program

BIND, IF, ELSE, END = "bind", "if", "else", "end"
"""The operations of steps that are no node: a name for a value, and the parts of a choice."""


class Step(NamedTuple):
    """What to do at a node: apply ``operation`` to the values of the nodes in ``arguments``, or one of the marks."""

    operation: str
    node: int
    arguments: Any
    """As in `diffcli.language.syntax.Program`; of a choice, its three parts; of `BIND`, the name."""
    leap: int = 0
    """At `IF`, the place of its `ELSE`, and there that of its `END`."""


def steps_of(program: Program) -> tuple[Step, ...]:
    """The steps of a program without functions of its own."""
    steps: list[Step] = []
    for statement in program.statements:
        _expression(program, statement.first, statement.root, steps)
        if statement.name:
            steps.append(Step(BIND, statement.root, statement.name))
    return tuple(steps)


def _expression(program: Program, first: int, root: int, steps: list[Step]) -> None:
    choices: dict[int, list[int]] = {}
    """The choices that begin at a node, the innermost first."""
    for node in range(first, root + 1):
        if program.operations[node] == "where":
            branches = program.branches[node]
            choices.setdefault(min(branches.condition, branches.then), []).append(node)
    waiting: list[tuple[str, int, int]] = [("nodes", first, root + 1)]
    places: dict[int, int] = {}
    while waiting:
        kind, start, stop = waiting.pop()
        if kind != "nodes":
            _mark(program, kind, start, places, steps)
            continue
        while start < stop:
            if choices.get(start):
                node = choices[start].pop()
                waiting.append(("nodes", node + 1, stop))
                waiting.extend(reversed(_parts(program, node)))
                break
            steps.append(Step(program.operations[start], start, program.arguments[start]))
            start += 1


def _parts(program: Program, node: int) -> list[tuple[str, int, int]]:
    condition, then, otherwise = program.children(node)
    firsts = program.branches[node]
    return [
        ("nodes", firsts.condition, condition + 1),
        (IF, node, 0), ("nodes", firsts.then, then + 1),
        (ELSE, node, 0), ("nodes", firsts.otherwise, otherwise + 1),
        (END, node, 0),
    ]  # fmt: skip


def _mark(program: Program, kind: str, node: int, places: dict[int, int], steps: list[Step]) -> None:
    if kind != IF:
        steps[places[node]] = steps[places[node]]._replace(leap=len(steps))
    places[node] = len(steps)
    steps.append(Step(kind, node, program.arguments[node]))
