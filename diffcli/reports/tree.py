"""The report of a syntax tree."""

from __future__ import annotations

from typing import Any

from diffcli.errors import LimitError, error
from diffcli.language import Program, Statement
from diffcli.language.syntax import CALL, NAME, NUMBER, Key
from diffcli.language.writing.printer import LATEX, number_text, program_text, statement_text
from diffcli.records.blocks import Block, Document, Table, Text, numbers, texts
from diffcli.reports.document import data_of
from diffcli.reports.formats import TREES, Style

DEEPEST = 40
"""Branches are drawn down to this depth; below it all nodes stand in one column, with their depth as a number."""


def tree_report(program: Program, style: Style, most: int | None, max_nodes: int) -> Document:
    """The tree of a program, drawn or as a table of its nodes, as the format has it; its text; its LaTeX."""
    if len(program) > max_nodes:
        message = f"the tree has {len(program)} nodes, more than {max_nodes}"
        raise LimitError([error("too-many-nodes", message, help=["raise it with --max-nodes N"])])
    drawn = style.format.draws == TREES
    blocks: list[Block] = [Text("\n".join(_lines(program, style, most)), "code") if drawn else _table(program, most)]
    text = program_text(program)
    if len(text) <= 2000 or most is None:
        blocks.append(Text(text, "code"))
    latex = [statement_text(program, statement, LATEX) for statement in program.statements] if len(program) <= 100_000 else []
    blocks += [Text(line, "math") for line in latex if len(line) <= 2000 or most is None]
    variables = ", ".join(program.inputs) or "none"
    blocks.append(Text(f"variables: {variables}; nodes: {len(program)}", "dim"))
    return Document(tuple(blocks), _data(program, text, latex))


def _lines(program: Program, style: Style, most: int | None) -> list[str]:
    lines: list[str] = []
    for statement in program.statements:
        lines += _draw(program, statement, style, most)
    if most is not None and len(lines) > most:
        shown = sum("[" in line for line in lines[:most])
        lines = [*lines[:most], f"... {len(program) - shown} more nodes; --full shows all"]
    return lines


def _table(program: Program, most: int | None) -> Table:
    names = {statement.root: statement.name for statement in program.statements}
    columns = (*numbers("node"), *texts("operation", "arguments"), *numbers("start", "stop"), *texts("name"))
    count = len(program) if most is None else min(most, len(program))
    rows = []
    for node in range(count):
        arguments = " ".join(map("".join, zip(_names(program, node), map(str, program.children(node)), strict=True)))
        rows.append((node, _label(program, node), arguments, *program.span(node), names.get(node, "")))
    return Table("nodes", columns, tuple(rows), count, len(program) - count)


def _label(program: Program, node: int) -> str:
    operation, argument = program.operations[node], program.arguments[node]
    if operation == NUMBER:
        assert isinstance(argument, float)
        return f"number {number_text(argument)}"
    if operation == NAME:
        return f"name {argument}"
    if operation == CALL:
        return f"call {program.callees[node]}"
    return f"index {_key(program.keys[node])}" if operation == "index" else operation


def _key(key: Key) -> str:
    """The parts of an index, with a dot for each argument.

    >>> _key(("i", (True, False, False), (False, True, True)))
    '[., .:, :.:.]'
    """
    parts = []
    for part in key:
        if isinstance(part, str):
            parts.append(".")
            continue
        start, stop, step = ("." * given for given in part)
        parts.append(f"{start}:{stop}" + f":{step}" * bool(step))
    return f"[{', '.join(parts)}]"


def _names(program: Program, node: int) -> list[str]:
    """What stands before each argument of a node: the name of a keyword, or nothing."""
    keywords = program.keywords.get(node, ())
    return [""] * (len(program.children(node)) - len(keywords)) + [f"{keyword}=" for keyword in keywords]


def _draw(program: Program, statement: Statement, style: Style, most: int | None) -> list[str]:
    """A line for each node, children under their parent in the order of the arguments."""
    corner, tee, bar = ("└─ ", "├─ ", "│  ") if style.unicode else ("`- ", "|- ", "|  ")
    head = statement.name
    if statement.parameters is not None:
        head += f"({', '.join(statement.parameters)})"
    lines = [f"{head} =" if head else "result"]
    waiting: list[tuple[int, str, bool, int, str]] = [(statement.root, "", True, 0, "")]
    while waiting:
        node, prefix, last, depth, name = waiting.pop()
        span = program.span(node)
        place = f"  depth {depth}" if depth > DEEPEST else ""
        lines.append(f"{prefix}{corner if last else tee}{name}{_label(program, node)}  [{span.start}, {span.stop}){place}")
        inner = prefix + ("   " if last else bar)
        children, names = program.children(node), _names(program, node)
        for position in range(len(children) - 1, -1, -1):
            below = inner if depth < DEEPEST else prefix
            waiting.append((children[position], below, position == len(children) - 1, depth + 1, names[position]))
        if most is not None and len(lines) > most:
            break
    return lines


def _data(program: Program, text: str, latex: list[str]) -> dict[str, Any]:
    nodes = []
    for node, operation in enumerate(program.operations):
        leaf = {NUMBER: "value", NAME: "name"}.get(operation)
        entry: dict[str, Any] = {"id": node, "operation": operation}
        entry |= {leaf: program.arguments[node]} if leaf else {"arguments": program.children(node)}
        for key, known in (("function", program.callees), ("key", program.keys), ("keywords", program.keywords)):
            entry |= {key: known[node]} if node in known else {}
        nodes.append({**entry, "span": program.span(node)})
    statements = [data_of(found, "name parameters root span", name=found.name or None) for found in program.statements]
    return {
        "schema": "diffcli/ast@1", "text": text, "latex": latex, "variables": program.inputs,
        "constants": program.constants, "statements": statements, "nodes": nodes,
    }  # fmt: skip
